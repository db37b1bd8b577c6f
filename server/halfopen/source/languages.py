"""Which files are code, and the grammar for each."""

from __future__ import annotations

import enum
import posixpath
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter


class Language(enum.Enum):
    """A grammar. Plain JavaScript is read with the TSX grammar, of which it is a subset."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"
    TSX = "tsx"

    @property
    def family(self) -> str:
        """ "python", or "typescript" for every dialect of JavaScript."""
        return "python" if self is Language.PYTHON else "typescript"


_ENDINGS = {
    ".py": Language.PYTHON,
    ".pyi": Language.PYTHON,
    ".ts": Language.TYPESCRIPT,
    ".mts": Language.TYPESCRIPT,
    ".cts": Language.TYPESCRIPT,
    ".tsx": Language.TSX,
    ".js": Language.TSX,
    ".jsx": Language.TSX,
    ".mjs": Language.TSX,
    ".cjs": Language.TSX,
}


def language_of(path: str) -> Language | None:
    """The language of a file by its ending, None where it is not code that is read."""
    return _ENDINGS.get(posixpath.splitext(path)[1].lower())


@cache
def grammar_of(language: Language) -> tree_sitter.Language:
    """The grammar of a language, loaded when first asked for."""
    import tree_sitter

    if language is Language.PYTHON:
        import tree_sitter_python

        return tree_sitter.Language(tree_sitter_python.language())
    import tree_sitter_typescript

    if language is Language.TYPESCRIPT:
        return tree_sitter.Language(tree_sitter_typescript.language_typescript())
    return tree_sitter.Language(tree_sitter_typescript.language_tsx())
