"""Python (tree-sitter-python's grammar) as the neutral tree."""

from __future__ import annotations

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python import (
    aliases,
    displays,
    expressions,
    functions,
    imports,
    patterns,
    strings,
)
from halfopen.semantics.lower_python import statements as simple_and_compound
from halfopen.semantics.lower_python.reading import Reading, statements
from halfopen.semantics.tree import Statement

__all__ = ["lower"]

# Each of these adds the node types that it reads to the dispatch tables in `reading`.
_READERS = (aliases, displays, expressions, functions, imports, patterns, simple_and_compound, strings)


def lower(statement: SyntaxNode, data: bytes, base: int) -> tuple[Statement, ...]:
    """What one top-level statement means.

    `data` is the whole file's UTF-8; offsets in the result are bytes relative to `base`. Nothing that
    tree-sitter can produce raises: what did not parse is a `Failed` or an `Opaque`.
    """
    found: list[Statement] = []
    statements((statement,), Reading(data, base, statement.has_error), found)
    return tuple(found)
