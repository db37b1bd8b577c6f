"""`match` statements and their patterns, as expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python.expressions import dotted
from halfopen.semantics.lower_python.reading import (
    COMMENTS,
    MAX_DEPTH,
    STATEMENTS,
    Reading,
    block,
    expression,
    expression_of_type,
    failed,
    no_block,
    only_expression,
    opaque,
)
from halfopen.semantics.tree import (
    Argument,
    AssignExpr,
    Block,
    Call,
    Case,
    Entry,
    Expr,
    Literal,
    Object,
    Opaque,
    Operation,
    Sequence,
    Spread,
    Statement,
    Switch,
)

# --- statements --------------------------------------------------------------------------------


def _match(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    base = reading.base
    subjects: list[Expr] = []
    cases: list[Case] = []
    errors: list[Statement] = []
    for child in node.named_children:
        kind = child.type
        if kind == "block":
            for part in child.named_children:
                if (part_kind := part.type) == "case_clause":
                    cases.append(_case(part, reading))
                elif part_kind not in COMMENTS:
                    errors.append(failed(part, reading))
        elif kind == "ERROR":
            errors.append(failed(child, reading))
        elif kind not in COMMENTS:
            subjects.append(expression_of_type(child, kind, reading))
    start, end = node.start_byte - base, node.end_byte - base
    subject: Expr
    if len(subjects) == 1:
        subject = subjects[0]
    elif subjects:
        subject = Sequence(subjects[0].start, subjects[-1].end, tuple(subjects), "tuple")
    else:
        subject = Opaque(end, end, "missing")
    found += errors
    found.append(Switch(start, end, subject, tuple(cases), False))


def _case(node: SyntaxNode, reading: Reading) -> Case:
    base = reading.base
    guard: Expr | None = None
    body: Block | None = None
    parts: list[SyntaxNode] = []
    is_sequence = False
    for child in node.children:
        kind = child.type
        if kind == "case_pattern":
            parts.append(child)
        elif kind == ",":
            is_sequence = True
        elif kind == "if_clause":
            guard = only_expression(child, reading)
        elif kind == "block":
            body = block(child, reading)
    patterns = _patterns(parts, reading)
    pattern: Expr | None
    if len(patterns) > 1 or (patterns and is_sequence):
        start, end = parts[0].start_byte - base, parts[-1].end_byte - base
        pattern = Sequence(start, end, tuple(patterns), "tuple")
    else:
        pattern = patterns[0] if patterns else opaque(node, "missing", reading)
    if isinstance(pattern, Opaque) and pattern.kind == "wildcard":
        pattern = None
    start, end = node.start_byte - base, node.end_byte - base
    return Case(start, end, pattern, guard, body or no_block(node, reading))


# --- patterns ----------------------------------------------------------------------------------


def _patterns(nodes: Iterable[SyntaxNode], reading: Reading) -> list[Expr]:
    """The patterns among the parts of a pattern; the grammar leaves `-` and `_` as bare tokens there."""
    base = reading.base
    found: list[Expr] = []
    minus: int | None = None
    for node in nodes:
        kind = node.type
        if kind == "-":
            minus = node.start_byte - base
        elif kind == "_":
            found.append(opaque(node, "wildcard", reading))
        elif node.is_named and kind not in COMMENTS:
            pattern = _pattern(node, kind, reading)
            if minus is not None:
                pattern = _negative(minus, pattern)
                minus = None
            found.append(pattern)
    return found


def _pattern(node: SyntaxNode, kind: str, reading: Reading) -> Expr:
    reader = _READERS.get(kind)
    if reader is None:
        return expression(node, reading)
    if reading.depth >= MAX_DEPTH:
        return opaque(node, "too deep", reading)
    reading.depth += 1
    result = reader(node, reading)
    reading.depth -= 1
    return result


def _negative(start: int, pattern: Expr) -> Expr:
    if isinstance(pattern, Literal) and isinstance(pattern.value, int | float):
        return Literal(start, pattern.end, -pattern.value)
    return Opaque(start, pattern.end, "complex")


def _only(node: SyntaxNode, reading: Reading) -> Expr:
    found = _patterns(node.children, reading)
    return found[0] if found else opaque(node, "missing", reading)


def _as(node: SyntaxNode, reading: Reading) -> Expr:
    """`pattern as name`."""
    found = _patterns(node.children, reading)
    if len(found) < 2:
        return _only(node, reading)
    return AssignExpr(node.start_byte - reading.base, node.end_byte - reading.base, found[-1], found[0])


def _union(node: SyntaxNode, reading: Reading) -> Expr:
    found = tuple(_patterns(node.children, reading))
    return Operation(node.start_byte - reading.base, node.end_byte - reading.base, "|", found)


def _list(node: SyntaxNode, reading: Reading) -> Expr:
    found = tuple(_patterns(node.children, reading))
    return Sequence(node.start_byte - reading.base, node.end_byte - reading.base, found)


def _tuple(node: SyntaxNode, reading: Reading) -> Expr:
    """`(a, b)`; `(a)` is only `a`."""
    children = node.children
    found = _patterns(children, reading)
    if len(found) == 1 and not any(child.type == "," for child in children):
        return found[0]
    return Sequence(node.start_byte - reading.base, node.end_byte - reading.base, tuple(found), "tuple")


def _mapping(node: SyntaxNode, reading: Reading) -> Expr:
    entries: list[Entry] = []
    key: Expr | None = None
    for part in _patterns(node.children, reading):
        if isinstance(part, Spread):
            entries.append(Entry(part.start, part.end, None, part.value))
        elif key is None:
            key = part
        else:
            entries.append(Entry(key.start, part.end, key, part))
            key = None
    return Object(node.start_byte - reading.base, node.end_byte - reading.base, tuple(entries))


def _splat(node: SyntaxNode, reading: Reading) -> Expr:
    value = _only(node, reading)
    return Spread(node.start_byte - reading.base, node.end_byte - reading.base, value)


def _class(node: SyntaxNode, reading: Reading) -> Expr:
    """`C(a, b=1)`."""
    callee: Expr | None = None
    arguments: list[Argument] = []
    for child in node.named_children:
        kind = child.type
        if callee is None and kind == "dotted_name":
            callee = dotted(child, reading)
        elif kind not in COMMENTS:
            arguments.append(_argument(child, kind, reading))
    if callee is None:
        callee = opaque(node, "missing", reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return Call(start, end, callee, tuple(arguments))


def _argument(node: SyntaxNode, kind: str, reading: Reading) -> Argument:
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    inner = node.named_children
    if kind == "case_pattern" and inner and inner[0].type == "keyword_pattern":
        children = inner[0].children
        found = _patterns(children[1:], reading)
        if children and found:
            name = reading.text(children[0].start_byte, children[0].end_byte)
            return Argument(start, end, found[0], name)
    return Argument(start, end, _pattern(node, kind, reading))


def _complex(node: SyntaxNode, reading: Reading) -> Expr:
    return opaque(node, "complex", reading)


_READERS: dict[str, Callable[[SyntaxNode, Reading], Expr]] = {
    "case_pattern": _only,
    "as_pattern": _as,
    "union_pattern": _union,
    "list_pattern": _list,
    "tuple_pattern": _tuple,
    "dict_pattern": _mapping,
    "splat_pattern": _splat,
    "class_pattern": _class,
    "keyword_pattern": _only,
    "complex_pattern": _complex,
}
STATEMENTS["match_statement"] = _match
