"""`type X = ...`, and assignments to an attribute of `type(x)`, which the grammar takes for the same."""

from __future__ import annotations

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python.expressions import linked, unlinked
from halfopen.semantics.lower_python.reading import (
    STATEMENTS,
    Reading,
    expression,
    expressions,
    pair_of,
    parts_of,
)
from halfopen.semantics.tree import Argument, Assign, Call, Expr, Index, Name, Sequence, Statement


def _type_alias(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """`type X[T] = ...` is an assignment to `X`."""
    parts = pair_of(node, reading)
    if parts is None:
        return
    left, right = parts
    if reading.data.startswith((b"(", b"["), left.start_byte):
        target = _member_of_type(node, left, reading)
    else:
        target = expression(left, reading)
        if isinstance(target, Index):
            target = target.object
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    found.append(Assign(start, end, (target,), expression(right, reading)))


def _member_of_type(node: SyntaxNode, left: SyntaxNode, reading: Reading) -> Expr:
    """The target `type(x).y`, of which the grammar read `(x).y` as the name of a type alias."""
    start = node.start_byte - reading.base
    inner = parts_of(left) if left.type == "type" else [left]
    first, links = unlinked(inner[0] if inner else left, reading)
    end = first.end_byte - reading.base
    subject = Name(start, start + len("type"), "type")
    values = expressions(first.named_children, reading)
    if first.type == "list":
        key = values[0] if len(values) == 1 else Sequence(subject.end, end, values, "tuple")
        return linked(start, Index(start, end, subject, key), links, reading)
    arguments = tuple(Argument(value.start, value.end, value) for value in values)
    return linked(start, Call(start, end, subject, arguments), links, reading)


STATEMENTS["type_alias_statement"] = _type_alias
