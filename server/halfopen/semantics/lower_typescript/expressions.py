"""Names, operators, calls and member chains, object and array literals, and destructuring patterns."""

from __future__ import annotations

from sys import intern

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_typescript.literals import number_value, string_value, template
from halfopen.semantics.lower_typescript.reading import (
    COMMENTS,
    EXPRESSIONS,
    NOT_CODE,
    Reading,
    expression,
    expression_of_type,
    field,
    first_part,
    name,
    only_expression,
    opaque,
    type_arguments,
)
from halfopen.semantics.tree import (
    Argument,
    AssignExpr,
    Await,
    Call,
    Conditional,
    Entry,
    Expr,
    Index,
    Literal,
    Member,
    Name,
    Object,
    Opaque,
    Operation,
    Sequence,
    Spread,
    TypeText,
    Yield,
)

# --- member and call chains --------------------------------------------------------------------

_TRANSPARENT = frozenset(
    {
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "instantiation_expression",
    }
)
_LINKS = {
    "member_expression": "object",
    "nested_identifier": "object",
    "subscript_expression": "object",
    "call_expression": "function",
}
"""The chain's node types, each with the field that leads inwards."""

_Link = tuple[SyntaxNode, str, list[SyntaxNode]]


def _chain(node: SyntaxNode, reading: Reading) -> Expr:
    """`a.b(c)[d]!.e`: from the outermost link inwards to what it starts with, then back outwards.

    Fluent code chains hundreds of calls, so the length of a chain takes no stack.
    """
    links: list[_Link] = []
    kind = node.type
    while True:
        if kind in _LINKS:
            parts = node.named_children
            links.append((node, kind, parts))
            inner = parts[0] if parts else None
            if inner is None or (inner_kind := inner.type) in NOT_CODE:
                inner = node.child_by_field_name(_LINKS[kind])
                inner_kind = inner.type if inner is not None else ""
        elif kind in _TRANSPARENT:
            inner = first_part(node.named_children)
            inner_kind = inner.type if inner is not None else ""
        else:
            result = expression_of_type(node, kind, reading)
            break
        if inner is None:
            result = opaque(node, "missing", reading)
            break
        node, kind = inner, inner_kind
    for link, kind, parts in reversed(links):
        if kind == "call_expression":
            result = _call_link(link, parts, result, reading)
        elif kind == "subscript_expression":
            result = _index_link(link, parts, result, reading)
        else:
            result = _member_link(link, parts, result, reading)
    return result


def _member_link(node: SyntaxNode, parts: list[SyntaxNode], inner: Expr, reading: Reading) -> Expr:
    base = reading.base
    if parts[-1].type in NOT_CODE:
        found = node.child_by_field_name("property")
        if found is None:
            return opaque(node, "missing", reading, (inner,))
        member = found
    else:
        member = parts[-1]
    start, end = member.start_byte, member.end_byte
    if start == end:
        return opaque(node, "missing", reading, (inner,))
    optional = len(parts) > 2 and any(part.type == "optional_chain" for part in parts)
    text = intern(reading.text(start, end))
    return Member(node.start_byte - base, node.end_byte - base, inner, text, start - base, optional)


def _index_link(node: SyntaxNode, parts: list[SyntaxNode], inner: Expr, reading: Reading) -> Expr:
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    if len(parts) == 2 and parts[1].type not in NOT_CODE:
        return Index(start, end, inner, expression(parts[1], reading))
    optional = any(part.type == "optional_chain" for part in parts)
    return Index(start, end, inner, field(node, "index", reading), optional)


def _call_link(node: SyntaxNode, parts: list[SyntaxNode], callee: Expr, reading: Reading) -> Expr:
    base = reading.base
    types: TypeText | None = None
    if len(parts) == 2 and parts[0].end_byte == parts[1].start_byte:
        optional = False
        given = parts[1]
    else:
        optional = any(part.type == "?." for part in node.children)
        written = node.child_by_field_name("type_arguments")
        types = None if written is None else type_arguments(written, reading)
        given = node.child_by_field_name("arguments")
    arguments = () if given is None else _arguments(given, reading)
    if types is not None and isinstance(callee, Await) and callee.start == node.start_byte - base:
        # The grammar reads `await get<T>(url)` as `(await get)<T>(url)`.
        end = node.end_byte - base
        call = Call(callee.value.start, end, callee.value, arguments, False, optional, types)
        return Await(callee.start, end, call)
    return Call(node.start_byte - base, node.end_byte - base, callee, arguments, False, optional, types)


def _arguments(node: SyntaxNode, reading: Reading) -> tuple[Argument, ...]:
    """The arguments of a call; the template of a tagged template is its one argument."""
    base = reading.base
    if (kind := node.type) != "arguments":
        if kind != "template_string":
            return ()
        whole = template(node, reading)
        return (Argument(whole.start, whole.end, whole),)
    result: list[Argument] = []
    for child in node.named_children:
        kind = child.type
        if kind == "spread_element":
            value, spread = only_expression(child, reading), "*"
        elif kind in COMMENTS:
            continue
        else:
            value, spread = expression_of_type(child, kind, reading), ""
        result.append(Argument(child.start_byte - base, child.end_byte - base, value, None, spread))
    return tuple(result)


def _new(node: SyntaxNode, reading: Reading) -> Expr:
    base = reading.base
    callee = field(node, "constructor", reading)
    given = node.child_by_field_name("arguments")
    written = node.child_by_field_name("type_arguments")
    types = None if written is None else type_arguments(written, reading)
    arguments = () if given is None else _arguments(given, reading)
    return Call(node.start_byte - base, node.end_byte - base, callee, arguments, True, False, types)


def _meta_property(node: SyntaxNode, reading: Reading) -> Expr:
    """`import.meta`; `new.target` has no form of its own."""
    start, end = node.start_byte, node.end_byte
    if not (reading.data.startswith(b"import", start) and reading.data.endswith(b"meta", start, end)):
        return opaque(node, "new.target", reading)
    base = reading.base
    subject = Name(start - base, start - base + len("import"), "import")
    return Member(start - base, end - base, subject, "meta", end - base - len("meta"))


# --- operators ---------------------------------------------------------------------------------

_SPELLING = {"&&": "and", "||": "or", "!": "not", "===": "==", "!==": "!="}
_ASSOCIATIVE = frozenset({"and", "or", "??", "+", "*", "&", "|", "^"})


def operator_name(spelling: str) -> str:
    """The tree's name of a JavaScript operator."""
    return _SPELLING.get(spelling, spelling)


def _binary(node: SyntaxNode, reading: Reading) -> Expr:
    """`a + b + c`, leaning left however long it is; one associative operator is one `Operation`."""
    base = reading.base
    pending: list[tuple[int, str, SyntaxNode | None]] = []
    start = node.start_byte - base
    kind = "binary_expression"
    while kind == "binary_expression":
        parts = node.children
        if len(parts) == 3:
            left, sign, right = parts
        else:
            left = node.child_by_field_name("left")
            sign = node.child_by_field_name("operator")
            right = node.child_by_field_name("right")
        pending.append((node.end_byte - base, "" if sign is None else operator_name(sign.type), right))
        if left is None:
            break
        node, kind = left, left.type
    if kind == "binary_expression":
        result: Expr = Opaque(start, start, "missing")
    else:
        result = expression_of_type(node, kind, reading)
    operands: list[Expr] = [result]
    open_operator, open_end = "", 0
    for end, operator, right in reversed(pending):
        if operator != open_operator or operator not in _ASSOCIATIVE:
            if open_operator:
                operands = [Operation(start, open_end, open_operator, tuple(operands))]
            open_operator = operator
        open_end = end
        operands.append(Opaque(end, end, "missing") if right is None else expression(right, reading))
    return Operation(start, open_end, open_operator, tuple(operands))


def _unary(node: SyntaxNode, reading: Reading) -> Expr:
    sign = node.child_by_field_name("operator")
    spelling = "" if sign is None else sign.type
    operand = field(node, "argument", reading)
    if spelling == "delete":
        return opaque(node, "delete", reading, (operand,))
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return Operation(start, end, operator_name(spelling), (operand,))


def _ternary(node: SyntaxNode, reading: Reading) -> Expr:
    """`a ? b : c ? d : e`, leaning right however long it is."""
    base = reading.base
    branches: list[tuple[int, int, Expr, Expr]] = []
    while True:
        branches.append(
            (
                node.start_byte - base,
                node.end_byte - base,
                field(node, "condition", reading),
                field(node, "consequence", reading),
            )
        )
        following = node.child_by_field_name("alternative")
        if following is None or following.type != "ternary_expression":
            break
        node = following
    result = field(node, "alternative", reading)
    for start, end, test, then in reversed(branches):
        result = Conditional(start, end, test, then, result)
    return result


def _assignment(node: SyntaxNode, reading: Reading) -> Expr:
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return AssignExpr(start, end, field(node, "left", reading), field(node, "right", reading))


def augmented_operator(node: SyntaxNode) -> str:
    """The operator of `a += b`, as in `Operation`, without its `=`."""
    sign = node.child_by_field_name("operator")
    return "" if sign is None else operator_name(sign.type[:-1])


def _augmented(node: SyntaxNode, reading: Reading) -> Expr:
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    target, value = field(node, "left", reading), field(node, "right", reading)
    return AssignExpr(start, end, target, value, augmented_operator(node))


def _await(node: SyntaxNode, reading: Reading) -> Expr:
    value = only_expression(node, reading)
    return Await(node.start_byte - reading.base, node.end_byte - reading.base, value)


def _yield(node: SyntaxNode, reading: Reading) -> Expr:
    inner = first_part(node.named_children)
    value = None if inner is None else expression(inner, reading)
    is_from = any(part.type == "*" for part in node.children)
    return Yield(node.start_byte - reading.base, node.end_byte - reading.base, value, is_from)


def _comma(node: SyntaxNode, reading: Reading) -> Expr:
    parts = tuple(expression(part, reading) for part in node.named_children if part.type not in NOT_CODE)
    return opaque(node, "sequence", reading, parts)


# --- objects, arrays and patterns --------------------------------------------------------------


def property_key(node: SyntaxNode, reading: Reading) -> Expr:
    """The key before the colon: a constant, or the expression of a computed key."""
    start, end, kind = node.start_byte, node.end_byte, node.type
    if kind == "computed_property_name":
        return only_expression(node, reading)
    value: str | int | float | None
    if kind == "string":
        value = string_value(node, reading)
    elif kind == "number":
        value = number_value(reading.text(start, end))
    else:
        value = intern(reading.text(start, end))
    return Literal(start - reading.base, end - reading.base, value)


def _object(node: SyntaxNode, reading: Reading) -> Expr:
    """An object literal or an object pattern."""
    entries: list[Entry] = []
    for child in node.named_children:
        kind = child.type
        if kind not in NOT_CODE:
            entries.append(_entry(child, kind, reading))
    return Object(node.start_byte - reading.base, node.end_byte - reading.base, tuple(entries))


def _entry(node: SyntaxNode, kind: str, reading: Reading) -> Entry:
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    if kind in ("pair", "pair_pattern"):
        parts = node.named_children
        if len(parts) == 2 and parts[1].type not in NOT_CODE:
            return Entry(start, end, property_key(parts[0], reading), expression(parts[1], reading))
        key = node.child_by_field_name("key")
        value = field(node, "value", reading)
        return Entry(start, end, None if key is None else property_key(key, reading), value)
    if kind in ("shorthand_property_identifier", "shorthand_property_identifier_pattern"):
        value = name(node, reading)
        key = Literal(start, end, value.id) if isinstance(value, Name) else None
        return Entry(start, end, key, value)
    if kind == "object_assignment_pattern":
        value = _default(node, reading)
        bound = value.target
        key = Literal(bound.start, bound.end, bound.id) if isinstance(bound, Name) else None
        return Entry(start, end, key, value)
    if kind == "method_definition":
        named = node.child_by_field_name("name")
        key = None if named is None else property_key(named, reading)
        return Entry(start, end, key, expression_of_type(node, kind, reading))
    if kind in ("spread_element", "rest_pattern"):
        return Entry(start, end, None, only_expression(node, reading))
    return Entry(start, end, None, expression_of_type(node, kind, reading))


def _default(node: SyntaxNode, reading: Reading) -> AssignExpr:
    """A target with a default: `a = 1` in a pattern."""
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return AssignExpr(start, end, field(node, "left", reading), field(node, "right", reading))


def _array(node: SyntaxNode, reading: Reading) -> Expr:
    """An array literal or an array pattern. An elided item is an `Opaque("hole")`: later ones keep their place."""
    base = reading.base
    named = node.named_children
    parts = [(child, kind) for child in named if (kind := child.type) not in NOT_CODE]
    items: list[Expr] = []
    # More tokens than two brackets and the commas between the items: holes or a trailing comma.
    if node.child_count - len(named) <= len(parts) + 1:
        items = [expression_of_type(child, kind, reading) for child, kind in parts]
    else:
        is_empty = True
        for child in node.children[1:]:
            kind = child.type
            if kind == ",":
                if is_empty:
                    position = child.start_byte - base
                    items.append(Opaque(position, position, "hole"))
                is_empty = True
            elif kind not in NOT_CODE and kind != "]":
                items.append(expression_of_type(child, kind, reading))
                is_empty = False
    return Sequence(node.start_byte - base, node.end_byte - base, tuple(items))


def _spread(node: SyntaxNode, reading: Reading) -> Expr:
    value = only_expression(node, reading)
    return Spread(node.start_byte - reading.base, node.end_byte - reading.base, value)


def _type_assertion(node: SyntaxNode, reading: Reading) -> Expr:
    inner = first_part(reversed(node.named_children))
    return opaque(node, "missing", reading) if inner is None else expression(inner, reading)


def bound_names(target: Expr) -> list[str]:
    """The names that a target binds, in order."""
    found: list[str] = []
    pending = [target]
    while pending:
        current = pending.pop()
        if isinstance(current, Name):
            found.append(current.id)
        elif isinstance(current, Object):
            pending += [entry.value for entry in reversed(current.entries)]
        elif isinstance(current, Sequence):
            pending += reversed(current.items)
        elif isinstance(current, AssignExpr):
            pending.append(current.target)
        elif isinstance(current, Spread):
            pending.append(current.value)
    return found


EXPRESSIONS.update(dict.fromkeys([*_LINKS, *_TRANSPARENT], _chain))
EXPRESSIONS.update(
    dict.fromkeys(["identifier", "this", "super", "import", "private_property_identifier"], name)
)
EXPRESSIONS.update(
    {
        "shorthand_property_identifier": name,
        "shorthand_property_identifier_pattern": name,
        "new_expression": _new,
        "meta_property": _meta_property,
        "type_assertion": _type_assertion,
        "binary_expression": _binary,
        "unary_expression": _unary,
        "update_expression": _unary,
        "ternary_expression": _ternary,
        "assignment_expression": _assignment,
        "augmented_assignment_expression": _augmented,
        "await_expression": _await,
        "yield_expression": _yield,
        "sequence_expression": _comma,
        "object": _object,
        "object_pattern": _object,
        "array": _array,
        "array_pattern": _array,
        "assignment_pattern": _default,
        "object_assignment_pattern": _default,
        "spread_element": _spread,
        "rest_pattern": _spread,
    }
)
