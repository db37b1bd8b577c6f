"""TypeScript, JSX and JavaScript (tree-sitter-typescript's two grammars) as the neutral tree."""

from __future__ import annotations

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_typescript import expressions, functions, jsx, literals, modules, statements
from halfopen.semantics.lower_typescript.modules import commonjs_exports
from halfopen.semantics.lower_typescript.reading import Reading, statement
from halfopen.semantics.tree import Statement

__all__ = ["lower"]

# Each of these adds the node types that it reads to the dispatch tables in `reading`.
_READERS = (expressions, functions, jsx, literals, modules, statements)


def lower(statement_node: SyntaxNode, data: bytes, base: int) -> tuple[Statement, ...]:
    """What one top-level statement means.

    `data` is the whole file's UTF-8; offsets in the result are bytes relative to `base`. Nothing that
    tree-sitter can produce raises: what did not parse is a `Failed` or an `Opaque`.
    """
    found = statement(statement_node, Reading(data, base, statement_node.has_error))
    return commonjs_exports(found) if statement_node.type == "expression_statement" else found
