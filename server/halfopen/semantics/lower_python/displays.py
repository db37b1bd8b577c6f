"""Displays, comprehensions, unpacking targets and types."""

from __future__ import annotations

from sys import intern
from typing import Literal as OneOf

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python.reading import (
    COMMENTS,
    EXPRESSIONS,
    Reading,
    expression,
    expression_of_type,
    expressions,
    only_expression,
    opaque,
    pair_of,
    parts_of,
)
from halfopen.semantics.tree import (
    Clause,
    Comprehension,
    Entry,
    Expr,
    Index,
    Member,
    Object,
    Opaque,
    Operation,
    Sequence,
    Spread,
)

# --- displays ----------------------------------------------------------------------------------


def _list(node: SyntaxNode, reading: Reading) -> Expr:
    items = expressions(node.named_children, reading)
    return Sequence(node.start_byte - reading.base, node.end_byte - reading.base, items)


def _tuple(node: SyntaxNode, reading: Reading) -> Expr:
    items = expressions(node.named_children, reading)
    return Sequence(node.start_byte - reading.base, node.end_byte - reading.base, items, "tuple")


def _tuple_target(node: SyntaxNode, reading: Reading) -> Expr:
    """`(a, b)` as a target; `(a)` is only `a`."""
    items = expressions(node.named_children, reading)
    if len(items) == 1 and not any(child.type == "," for child in node.children):
        return items[0]
    return Sequence(node.start_byte - reading.base, node.end_byte - reading.base, items, "tuple")


def _set(node: SyntaxNode, reading: Reading) -> Expr:
    items = expressions(node.named_children, reading)
    return Sequence(node.start_byte - reading.base, node.end_byte - reading.base, items, "set")


def _dictionary(node: SyntaxNode, reading: Reading) -> Expr:
    base = reading.base
    entries: list[Entry] = []
    for child in node.named_children:
        kind = child.type
        if kind in COMMENTS:
            continue
        start, end = child.start_byte - base, child.end_byte - base
        parts = pair_of(child, reading) if kind == "pair" else None
        if parts is not None:
            entries.append(Entry(start, end, expression(parts[0], reading), expression(parts[1], reading)))
        elif kind == "dictionary_splat":
            entries.append(Entry(start, end, None, only_expression(child, reading)))
        else:
            entries.append(Entry(start, end, None, expression_of_type(child, kind, reading)))
    return Object(node.start_byte - base, node.end_byte - base, tuple(entries))


def _spread(node: SyntaxNode, reading: Reading) -> Expr:
    value = only_expression(node, reading)
    return Spread(node.start_byte - reading.base, node.end_byte - reading.base, value)


def _slice(node: SyntaxNode, reading: Reading) -> Expr:
    return opaque(node, "slice", reading, expressions(node.named_children, reading))


# --- comprehensions ----------------------------------------------------------------------------

_COMPREHENSIONS: dict[str, OneOf["list", "set", "dict", "generator"]] = {
    "list_comprehension": "list",
    "set_comprehension": "set",
    "dictionary_comprehension": "dict",
    "generator_expression": "generator",
}


def _comprehension(node: SyntaxNode, reading: Reading) -> Expr:
    base = reading.base
    parts = parts_of(node)
    element: Expr | None = None
    clauses: list[Clause] = []
    conditions: list[Expr] = []
    end = node.end_byte - base
    # From the end: a clause's conditions come after it, and a node never changes once it is made.
    for part in reversed(parts):
        kind = part.type
        if kind == "if_clause":
            if not conditions:
                end = part.end_byte - base
            conditions.append(only_expression(part, reading))
        elif kind == "for_in_clause":
            if not conditions:
                end = part.end_byte - base
            clauses.append(_clause(part, end, tuple(reversed(conditions)), reading))
            conditions = []
        else:
            element = expression_of_type(part, kind, reading)
    if element is None:
        element = opaque(node, "missing", reading)
    return Comprehension(
        node.start_byte - base,
        node.end_byte - base,
        element,
        tuple(reversed(clauses)),
        _COMPREHENSIONS[node.type],
    )


def _clause(node: SyntaxNode, end: int, conditions: tuple[Expr, ...], reading: Reading) -> Clause:
    start = node.start_byte
    base = reading.base
    parts = parts_of(node)
    target = expression(parts[0], reading) if parts else opaque(node, "missing", reading)
    iterables = expressions(parts[1:], reading)
    if len(iterables) == 1:
        iterable = iterables[0]
    elif iterables:
        iterable = Sequence(iterables[0].start, iterables[-1].end, iterables, "tuple")
    else:
        iterable = Opaque(target.end, target.end, "missing")
    is_async = reading.data.startswith(b"async", start)
    return Clause(start - base, end, target, iterable, conditions, is_async)


# --- types -------------------------------------------------------------------------------------


def _generic_type(node: SyntaxNode, reading: Reading) -> Expr:
    """`list[int]` in an annotation, in the form it has elsewhere."""
    parts = pair_of(node, reading)
    if parts is None:
        return only_expression(node, reading)
    base = reading.base
    subject = expression(parts[0], reading)
    keys = tuple(expression(part, reading) for part in parts_of(parts[1]))
    end = node.end_byte - base
    key: Expr
    if len(keys) == 1:
        key = keys[0]
    elif keys:
        key = Sequence(keys[0].start, keys[-1].end, keys, "tuple")
    else:
        key = Opaque(end, end, "missing")
    return Index(node.start_byte - base, end, subject, key)


def _union_type(node: SyntaxNode, reading: Reading) -> Expr:
    """`A | B | C` in an annotation, leaning left however long it is."""
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    pending: list[SyntaxNode] = []
    kind = "union_type"
    while kind == "union_type":
        parts = pair_of(node, reading)
        if parts is None:
            return opaque(node, "error", reading)
        pending.append(parts[1])
        node, kind = _unwrapped_type(parts[0])
    operands: list[Expr] = []
    for part in (node, *reversed(pending)):
        operand = expression(part, reading)
        # `list[A] | B | C` comes as `list[A] | (B | C)`, though without the brackets.
        if (
            isinstance(operand, Operation)
            and operand.operator == "|"
            and _unwrapped_type(part)[1] in ("binary_operator", "union_type")
        ):
            operands += operand.operands
        else:
            operands.append(operand)
    return Operation(start, end, "|", tuple(operands))


def _unwrapped_type(node: SyntaxNode) -> tuple[SyntaxNode, str]:
    """The expression in a `type` node, with its own type."""
    kind = node.type
    while kind == "type":
        inner = parts_of(node)
        if not inner:
            break
        node, kind = inner[0], inner[0].type
    return node, kind


def _member_type(node: SyntaxNode, reading: Reading) -> Expr:
    parts = pair_of(node, reading)
    if parts is None:
        return only_expression(node, reading)
    base = reading.base
    inner = expression(parts[0], reading)
    name_start, end = parts[1].start_byte, parts[1].end_byte
    name = intern(reading.text(name_start, end))
    return Member(node.start_byte - base, end - base, inner, name, name_start - base)


EXPRESSIONS.update(dict.fromkeys(_COMPREHENSIONS, _comprehension))
EXPRESSIONS.update(dict.fromkeys(["type", "as_pattern_target"], only_expression))
# A `pair` on its own is the element of a dict comprehension.
EXPRESSIONS.update(
    dict.fromkeys(["tuple", "expression_list", "pattern_list", "tuple_expression", "pair"], _tuple)
)
EXPRESSIONS.update(
    dict.fromkeys(
        [
            "list_splat",
            "list_splat_pattern",
            "dictionary_splat",
            "dictionary_splat_pattern",
            "splat_type",
        ],
        _spread,
    )
)
EXPRESSIONS.update(
    {
        "list": _list,
        "list_pattern": _list,
        "tuple_pattern": _tuple_target,
        "set": _set,
        "dictionary": _dictionary,
        "slice": _slice,
        # `a[b:c]` in an annotation; the bounds of type parameters are not read.
        "constrained_type": _slice,
        "generic_type": _generic_type,
        "union_type": _union_type,
        "member_type": _member_type,
    }
)
