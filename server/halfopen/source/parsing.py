"""Parsing with tree-sitter: whole, again after edits, and never without end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfopen.source.languages import Language, parser_of

if TYPE_CHECKING:
    import tree_sitter

MAX_FILE_BYTES = 2_000_000
"""Larger files are left out: they are generated, and no one reads findings in them."""

PARSE_SECONDS = 3.0
"""The longest that one parse may take."""

_CHUNK = 64 * 1024


class ParseTooSlow(Exception):
    """The parser did not end within its time; the file is pathological."""


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A stretch of bytes that the grammar could not read. `missing` names a token it expected there."""

    start: int
    end: int
    missing: str | None = None


def parse(data: bytes, language: Language, old: tree_sitter.Tree | None = None) -> tree_sitter.Tree:
    """The syntax tree of a text; `old` is the edited tree of the text before, reused where it still holds.

    Raises ParseTooSlow.
    """
    parser = parser_of(language)
    if len(data) <= _CHUNK:
        return parser.parse(data, old) if old is not None else parser.parse(data)
    deadline = time.monotonic() + PARSE_SECONDS

    def read(offset: int, _: object) -> bytes:
        return data[offset : offset + _CHUNK]

    def too_late(_offset: int, _has_error: bool) -> bool:
        return time.monotonic() > deadline

    try:
        if old is not None:
            return parser.parse(read, old, progress_callback=too_late)
        return parser.parse(read, progress_callback=too_late)
    except ValueError as error:
        parser.reset()
        raise ParseTooSlow(f"parsing took longer than {PARSE_SECONDS:g} s") from error


def syntax_problems(tree: tree_sitter.Tree, most: int = 20) -> list[SyntaxProblem]:
    """The first stretches that could not be read, in order; only subtrees with an error are entered."""
    found: list[SyntaxProblem] = []
    stack = [tree.root_node]
    while stack and len(found) < most:
        node = stack.pop()
        if node.is_missing:
            found.append(SyntaxProblem(node.start_byte, node.end_byte, node.type))
        elif node.type == "ERROR":
            found.append(SyntaxProblem(node.start_byte, node.end_byte))
        elif node.has_error:
            stack.extend(reversed(node.children))
    return found
