"""Expressions in place of others."""

from __future__ import annotations

import libcst as cst

from halfopen.edits.changes import FileChanges, Replacement
from halfopen.edits.python.source import read


def replace(text: bytes, span: tuple[int, int], code: str) -> FileChanges:
    """See `halfopen.edits.python.replace_expression`."""
    source = read(text)
    statement = source.around(span[0]) if source is not None else None
    node = statement.innermost(cst.BaseExpression, span) if statement is not None else None
    if statement is None or node is None or statement.span(node) != span:
        return ()
    before, _, behind = code.partition("{}")
    return (Replacement(span[0], span[0], before), Replacement(span[1], span[1], behind))
