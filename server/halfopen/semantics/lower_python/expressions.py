"""Names, calls, member chains and operators."""

from __future__ import annotations

from sys import intern
from typing import Literal as OneOf

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python.reading import (
    COMMENTS,
    EXPRESSIONS,
    NOT_CODE,
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
    Argument,
    AssignExpr,
    Await,
    Call,
    Conditional,
    Expr,
    Index,
    Literal,
    Member,
    Name,
    Opaque,
    Operation,
    Sequence,
    Spread,
    Yield,
)

# --- member and call chains --------------------------------------------------------------------

_LINKS = frozenset({"attribute", "call", "subscript"})

_Link = tuple[str, SyntaxNode, list[SyntaxNode]]
"""The type of a chain's node, the node, and its parts."""


def _chain(node: SyntaxNode, reading: Reading) -> Expr:
    """`a.b(c)[d].e`: from the outermost link inwards to what it starts with, then back outwards.

    Fluent code chains hundreds of calls, so the length of a chain takes no stack.
    """
    start = node.start_byte - reading.base
    inner, links = unlinked(node, reading)
    if not links:
        return opaque(node, "missing", reading)
    result = expression(inner, reading)
    if isinstance(result, Spread):
        return _starred(result, linked(result.value.start, result.value, links, reading))
    return linked(start, result, links, reading)


def _starred(star: Spread, value: Expr) -> Expr:
    """In a display the grammar may take `*a.b` for `(*a).b`, and so with every operator: the star that
    was met at the left end belongs to the whole `value`."""
    return Spread(star.start, value.end, value)


def unlinked(node: SyntaxNode, reading: Reading) -> tuple[SyntaxNode, list[_Link]]:
    """What a chain starts with, and its links from the outermost inwards."""
    links: list[_Link] = []
    kind = node.type
    while kind in _LINKS:
        parts = node.named_children
        if len(parts) != 2 or reading.broken:
            parts = parts_of(node)
            if not parts:
                break
        links.append((kind, node, parts))
        node = parts[0]
        kind = node.type
    return node, links


def linked(start: int, result: Expr, links: list[_Link], reading: Reading) -> Expr:
    """`result` with the links of a chain put back on."""
    base = reading.base
    for kind, link, parts in reversed(links):
        if kind == "subscript":
            result = Index(start, link.end_byte - base, result, _key(link, parts, reading))
        elif len(parts) < 2:
            result = Opaque(start, link.end_byte - base, "missing", (result,))
        elif kind == "call":
            given = parts[1]
            result = Call(start, given.end_byte - base, result, _arguments(given, reading))
        else:
            member = parts[1]
            name_start, end = member.start_byte, member.end_byte
            if name_start == end:
                result = Opaque(start, link.end_byte - base, "missing", (result,))
            else:
                name = intern(reading.data[name_start:end].decode("utf-8", "replace"))
                result = Member(start, end - base, result, name, name_start - base)
    return result


def _key(node: SyntaxNode, parts: list[SyntaxNode], reading: Reading) -> Expr:
    """What stands between the brackets: the key of `a[b, c]`, `a[b,]` and `a[*b]` is a tuple."""
    base = reading.base
    end = node.end_byte - base
    keys = expressions(parts[1:], reading)
    if not keys:
        return Opaque(end, end, "missing")
    first, last = keys[0], keys[-1]
    if isinstance(first, Spread):
        return Sequence(first.start, last.end, keys, "tuple")
    may_be_tuple = len(keys) > 1 or b"," in reading.data[first.end + base : end + base]
    if may_be_tuple and any(child.type == "," for child in node.children):
        return Sequence(first.start, last.end, keys, "tuple")
    return first


def _arguments(node: SyntaxNode, reading: Reading) -> tuple[Argument, ...]:
    """The arguments of a call; `f(x for x in y)` has the generator for its only one."""
    if (kind := node.type) != "argument_list":
        value = expression_of_type(node, kind, reading)
        return (Argument(value.start, value.end, value),)
    base = reading.base
    result: list[Argument] = []
    for child in node.named_children:
        kind = child.type
        if kind == "keyword_argument":
            result.append(_keyword(child, reading))
        elif kind in _STARS:
            value = only_expression(child, reading)
            result.append(Argument(child.start_byte - base, child.end_byte - base, value, None, _STARS[kind]))
        elif kind not in COMMENTS:
            value = expression_of_type(child, kind, reading)
            if kind == "parenthesized_expression":
                result.append(Argument(child.start_byte - base, child.end_byte - base, value))
            elif isinstance(value, Spread):
                result.append(Argument(value.start, value.end, value.value, None, "*"))
            else:
                result.append(Argument(value.start, value.end, value))
    return tuple(result)


_STARS: dict[str, OneOf["*", "**"]] = {"list_splat": "*", "dictionary_splat": "**"}


def _keyword(node: SyntaxNode, reading: Reading) -> Argument:
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    parts = pair_of(node, reading)
    if parts is None:
        return Argument(start, end, opaque(node, "missing", reading))
    name, value = parts
    return Argument(
        start,
        end,
        expression(value, reading),
        intern(reading.text(name.start_byte, name.end_byte)) or None,
    )


def dotted(node: SyntaxNode, reading: Reading) -> Expr:
    """`a.b.c` where the grammar has a `dotted_name`."""
    base = reading.base
    start = node.start_byte - base
    result: Expr | None = None
    for part in node.named_children:
        if part.type == "identifier":
            if result is None:
                result = expression(part, reading)
            else:
                name_start, end = part.start_byte, part.end_byte
                name = intern(reading.text(name_start, end))
                result = Member(start, end - base, result, name, name_start - base)
    return opaque(node, "missing", reading) if result is None else result


def parenthesized(node: SyntaxNode, reading: Reading) -> Expr:
    """Brackets have no form of their own, and any number of them takes no stack."""
    kind = "parenthesized_expression"
    while kind == "parenthesized_expression":
        for child in node.named_children:
            if (kind := child.type) not in NOT_CODE:
                node = child
                break
        else:
            return opaque(node, "missing", reading)
    return expression_of_type(node, kind, reading)


# --- operators ---------------------------------------------------------------------------------

_OPERATIONS = frozenset({"binary_operator", "boolean_operator"})
_ASSOCIATIVE = frozenset({"and", "or", "+", "*", "&", "|", "^"})


def _operation(node: SyntaxNode, reading: Reading) -> Expr:
    """`a + b + c`, leaning left however long it is; one associative operator is one `Operation`."""
    base = reading.base
    start = node.start_byte - base
    pending: list[tuple[str, SyntaxNode]] = []
    kind = node.type
    while kind in _OPERATIONS:
        parts = node.children
        if len(parts) != 3 or reading.broken:
            parts = [part for part in parts if part.type not in NOT_CODE]
            if len(parts) < 3:
                break
        pending.append((parts[1].type, parts[2]))
        node = parts[0]
        kind = node.type
    if not pending:
        return opaque(node, "error", reading, expressions(node.named_children, reading))
    first = expression_of_type(node, kind, reading)
    star = first if isinstance(first, Spread) else None
    if star is not None:
        first = star.value
        start = first.start
    operands: list[Expr] = [first]
    open_operator = ""
    end = first.end
    for operator, right in reversed(pending):
        if open_operator and (operator != open_operator or operator not in _ASSOCIATIVE):
            operands = [Operation(start, end, open_operator, tuple(operands))]
        open_operator = operator
        operands.append(expression(right, reading))
        end = right.end_byte - base
    result = Operation(start, end, open_operator, tuple(operands))
    return result if star is None else _starred(star, result)


def _unary(node: SyntaxNode, reading: Reading) -> Expr:
    start = node.start_byte
    operator = "not" if node.type == "not_operator" else reading.text(start, start + 1)
    operand = only_expression(node, reading)
    return Operation(start - reading.base, node.end_byte - reading.base, operator, (operand,))


_COMPARISONS = {
    operator: operator for operator in ("<", "<=", "==", "!=", ">=", ">", "in", "not in", "is", "is not")
} | {"<>": "!="}


def _comparison(node: SyntaxNode, reading: Reading) -> Expr:
    """`a < b < c` is `a < b and b < c`."""
    operators: list[str] = []
    operands: list[SyntaxNode] = []
    for child in node.children:
        kind = child.type
        operator = _COMPARISONS.get(kind)
        if operator is not None:
            operators.append(operator)
        elif kind not in NOT_CODE:
            operands.append(child)
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    values = [expression(operand, reading) for operand in operands]
    if len(values) != len(operators) + 1 or not operators:
        return opaque(node, "error", reading, tuple(values))
    star = values[0] if isinstance(values[0], Spread) else None
    if star is not None:
        values[0] = star.value
        start = star.value.start
    result = _pairs(start, end, operators, operands, values, reading)
    return result if star is None else _starred(star, result)


def _pairs(
    start: int,
    end: int,
    operators: list[str],
    operands: list[SyntaxNode],
    values: list[Expr],
    reading: Reading,
) -> Expr:
    base = reading.base
    if len(operators) == 1:
        return Operation(start, end, operators[0], tuple(values))
    pairs: list[Expr] = []
    left, left_start = values[0], start
    for operator, operand, right in zip(operators, operands[1:], values[1:], strict=True):
        pairs.append(Operation(left_start, operand.end_byte - base, operator, (left, right)))
        left, left_start = _again(right), operand.start_byte - base
    return Operation(start, end, "and", tuple(pairs))


def _again(operand: Expr) -> Expr:
    """The second mention of the `b` in `a < b < c`, which is evaluated only once.

    A plain name, member or constant is copied. Anything else is not: it would be read as happening
    twice, and nested comparisons would double at each level.
    """
    links: list[Member] = []
    inner = operand
    while isinstance(inner, Member):
        links.append(inner)
        inner = inner.object
    copy: Expr
    if isinstance(inner, Name):
        copy = Name(inner.start, inner.end, inner.id)
    elif isinstance(inner, Literal):
        copy = Literal(inner.start, inner.end, inner.value)
    else:
        return Opaque(operand.start, operand.end, "repeated")
    for link in reversed(links):
        copy = Member(link.start, link.end, copy, link.name, link.name_start)
    return copy


def _conditional(node: SyntaxNode, reading: Reading) -> Expr:
    """`a if b else c if d else e`, leaning right however long it is."""
    base = reading.base
    branches: list[tuple[int, int, Expr, Expr]] = []
    kind = "conditional_expression"
    while kind == "conditional_expression":
        parts = node.named_children
        if len(parts) != 3 or reading.broken:
            parts = parts_of(node)
            if len(parts) < 3:
                break
        then, test = expression(parts[0], reading), expression(parts[1], reading)
        branches.append((node.start_byte - base, node.end_byte - base, test, then))
        node = parts[2]
        kind = node.type
    if kind == "conditional_expression":
        return opaque(node, "error", reading, expressions(node.named_children, reading))
    result = expression_of_type(node, kind, reading)
    star: Spread | None = None
    for start, end, test, then in reversed(branches):
        if isinstance(then, Spread):
            star, then = then, then.value
            start = then.start
        result = Conditional(start, end, test, then, result)
    return result if star is None else _starred(star, result)


def _await(node: SyntaxNode, reading: Reading) -> Expr:
    value = only_expression(node, reading)
    return Await(node.start_byte - reading.base, node.end_byte - reading.base, value)


def _yield(node: SyntaxNode, reading: Reading) -> Expr:
    reading.yields = True
    value = None
    is_from = False
    for child in node.children:
        kind = child.type
        if kind == "from":
            is_from = True
        elif kind != "yield" and kind not in NOT_CODE:
            value = expression_of_type(child, kind, reading)
    return Yield(node.start_byte - reading.base, node.end_byte - reading.base, value, is_from)


def _walrus(node: SyntaxNode, reading: Reading) -> Expr:
    parts = pair_of(node, reading)
    if parts is None:
        return opaque(node, "error", reading)
    target, value = expression(parts[0], reading), expression(parts[1], reading)
    return AssignExpr(node.start_byte - reading.base, node.end_byte - reading.base, target, value)


def as_pattern(node: SyntaxNode, reading: Reading) -> tuple[Expr, Expr | None]:
    """The value and the target of `value as target`."""
    parts = parts_of(node)
    value = expression(parts[0], reading) if parts else opaque(node, "missing", reading)
    return value, only_expression(parts[1], reading) if len(parts) > 1 else None


def _as(node: SyntaxNode, reading: Reading) -> Expr:
    """`value as target` where Python has none: only in code that does not run."""
    value, target = as_pattern(node, reading)
    if target is None:
        return value
    return AssignExpr(node.start_byte - reading.base, node.end_byte - reading.base, target, value)


EXPRESSIONS.update(dict.fromkeys(_LINKS, _chain))
EXPRESSIONS.update(dict.fromkeys(_OPERATIONS, _operation))
EXPRESSIONS.update(dict.fromkeys(["not_operator", "unary_operator"], _unary))
EXPRESSIONS.update(
    {
        "identifier": expression,
        "dotted_name": dotted,
        "parenthesized_expression": parenthesized,
        "comparison_operator": _comparison,
        "conditional_expression": _conditional,
        "await": _await,
        "yield": _yield,
        "named_expression": _walrus,
        "as_pattern": _as,
    }
)
