"""Statements other than definitions, imports and exports."""

from __future__ import annotations

from typing import Literal as OneOf

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_typescript.expressions import augmented_operator, property_key
from halfopen.semantics.lower_typescript.modules import required
from halfopen.semantics.lower_typescript.reading import (
    NOT_CODE,
    STATEMENTS,
    Reading,
    annotation,
    block,
    block_field,
    do,
    expression,
    expression_of_type,
    field,
    first_part,
    name,
    only_expression,
    opaque,
    statement,
    statements,
    type_text,
)
from halfopen.semantics.tree import (
    Assign,
    Block,
    Case,
    Delete,
    Entry,
    Expr,
    Handler,
    If,
    Item,
    Jump,
    Literal,
    Loop,
    Object,
    Opaque,
    Raise,
    Return,
    Statement,
    Switch,
    Try,
    TypeText,
    With,
)

# --- declarations and assignments --------------------------------------------------------------


def _declaration(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """`const a = 1, b = 2`. A declaration of one name spans the whole statement."""
    kind = node.child_by_field_name("kind")
    declares = "var" if kind is None else "let" if kind.type == "let" else "const"
    declarators = [child for child in node.named_children if child.type == "variable_declarator"]
    if len(declarators) == 1:
        return (_declarator(declarators[0], node, declares, reading),)
    return tuple(_declarator(child, child, declares, reading) for child in declarators)


def _declarator(
    node: SyntaxNode, whole: SyntaxNode, declares: OneOf["const", "let", "var"], reading: Reading
) -> Statement:
    target: Expr | None = None
    value: Expr | None = None
    written: TypeText | None = None
    for child in node.named_children:
        kind = child.type
        if target is None and kind not in NOT_CODE:
            target = expression_of_type(child, kind, reading)
        elif kind == "type_annotation":
            written = annotation(child, reading)
        elif kind not in NOT_CODE:
            value = expression_of_type(child, kind, reading)
    start, end = whole.start_byte - reading.base, whole.end_byte - reading.base
    if target is None:
        target = opaque(node, "missing", reading)
    imported = None if value is None else required(start, end, target, value)
    return imported or Assign(start, end, (target,), value, declares, "", written)


def _lone_declarator(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """A declarator inside an ERROR, its keyword out of sight."""
    return (_declarator(node, node, "let", reading),)


def _expression_statement(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    inner = first_part(node.named_children)
    return () if inner is None else _effect(inner, node, reading)


def _effect(node: SyntaxNode, whole: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """An expression evaluated for its effect, which may be an assignment."""
    kind = node.type
    while kind == "parenthesized_expression":
        inner = first_part(node.named_children)
        if inner is None:
            break
        node, kind = inner, inner.type
    start, end = whole.start_byte - reading.base, whole.end_byte - reading.base
    if kind == "assignment_expression":
        return (_assignment(node, start, end, reading),)
    if kind == "augmented_assignment_expression":
        target, value = field(node, "left", reading), field(node, "right", reading)
        return (Assign(start, end, (target,), value, "", augmented_operator(node)),)
    if kind == "sequence_expression":
        parts = [part for part in node.named_children if part.type not in NOT_CODE]
        return tuple(found for part in parts for found in _effect(part, part, reading))
    if kind == "internal_module":
        return statement(node, reading)
    value = expression_of_type(node, kind, reading)
    if kind == "unary_expression" and isinstance(value, Opaque) and value.kind == "delete":
        return (Delete(start, end, value.children),)
    if kind == "await_expression" and (resource := _awaited_resource(node)) is not None:
        return (_assignment(resource, start, end, reading),)
    return (do(whole, value, reading),)


def _assignment(node: SyntaxNode, start: int, end: int, reading: Reading) -> Statement:
    """`a = b = c`, an assignment to both; the grammar reads `using x = ...` as an assignment too."""
    declares = "const" if node.child(0).type == "using" else ""
    targets: list[Expr] = []
    while True:
        targets.append(field(node, "left", reading))
        following = node.child_by_field_name("right")
        if following is None or following.type != "assignment_expression":
            break
        node = following
    return Assign(start, end, tuple(targets), field(node, "right", reading), declares)


def _awaited_resource(node: SyntaxNode) -> SyntaxNode | None:
    """The assignment in `await using x = ...`."""
    inner = first_part(node.named_children)
    if inner is None or inner.type != "assignment_expression" or inner.child(0).type != "using":
        return None
    return inner


# --- control flow ------------------------------------------------------------------------------


def _if(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """`if` with its `else if` chain, which may be of any length."""
    base = reading.base
    branches: list[tuple[int, int, Expr, Block]] = []
    otherwise: Block | None = None
    while True:
        branches.append(
            (
                node.start_byte - base,
                node.end_byte - base,
                field(node, "condition", reading),
                block_field(node, "consequence", reading),
            )
        )
        clause = node.child_by_field_name("alternative")
        following = None if clause is None else first_part(clause.named_children)
        if following is None:
            break
        if following.type != "if_statement":
            otherwise = block(following, reading)
            break
        node = following
    start, end, test, then = branches.pop()
    result = If(start, end, test, then, otherwise)
    while branches:
        nested = Block(result.start, result.end, (result,), True)
        start, end, test, then = branches.pop()
        result = If(start, end, test, then, nested)
    return (result,)


def _for(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """`for (init; test; update)`: the initialiser and the loop share a block."""
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    first = node.child_by_field_name("initializer")
    before = () if first is None else _initialiser(first, reading)
    condition = node.child_by_field_name("condition")
    update = node.child_by_field_name("increment")
    loop = Loop(
        start,
        end,
        "count",
        None if condition is None else _condition(condition, reading),
        None,
        None,
        None if update is None else expression(update, reading),
        block_field(node, "body", reading),
    )
    return (Block(start, end, (*before, loop), True),) if before else (loop,)


def _initialiser(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    return statement(node, reading) if node.type in STATEMENTS else _effect(node, node, reading)


def _condition(node: SyntaxNode, reading: Reading) -> Expr | None:
    kind = node.type
    if kind == "empty_statement":
        return None
    if kind == "expression_statement":
        inner = first_part(node.named_children)
        return None if inner is None else expression(inner, reading)
    return expression_of_type(node, kind, reading)


def _for_in(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """`for (x of xs)`, `for await`, and `for (k in o)`, whose iterable is `Opaque("keys")` of the object."""
    target = field(node, "left", reading)
    iterable = field(node, "right", reading)
    operator = node.child_by_field_name("operator")
    if operator is not None and operator.type == "in":
        iterable = Opaque(iterable.start, iterable.end, "keys", (iterable,))
    is_async = any(child.type == "await" for child in node.children[:2])
    body = block_field(node, "body", reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return (Loop(start, end, "for", None, target, iterable, None, body, None, is_async),)


def _while(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    runs_first = node.type == "do_statement"
    test, body = field(node, "condition", reading), block_field(node, "body", reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return (Loop(start, end, "while", test, None, None, None, body, None, False, runs_first),)


def _switch(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    subject = field(node, "value", reading)
    body = node.child_by_field_name("body")
    found = [] if body is None else body.named_children
    cases = tuple(_case(child, reading) for child in found if child.type not in NOT_CODE)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return (Switch(start, end, subject, cases, True),)


def _case(node: SyntaxNode, reading: Reading) -> Case:
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    value = node.child_by_field_name("value")
    is_past_colon = False
    inside: list[SyntaxNode] = []
    body_start = end
    for child in node.children:
        if is_past_colon:
            inside.append(child)
        elif child.type == ":":
            is_past_colon = True
            body_start = child.end_byte - reading.base
    body = Block(body_start, end, statements(inside, reading), True)
    return Case(start, end, None if value is None else expression(value, reading), None, body)


def _try(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    body = block_field(node, "body", reading)
    handler = node.child_by_field_name("handler")
    handlers = () if handler is None else (_catch(handler, reading),)
    final = node.child_by_field_name("finalizer")
    finally_block = None if final is None else block_field(final, "body", reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return (Try(start, end, body, handlers, None, finally_block),)


def _catch(node: SyntaxNode, reading: Reading) -> Handler:
    parameter = node.child_by_field_name("parameter")
    target = None if parameter is None else expression(parameter, reading)
    body = block_field(node, "body", reading)
    return Handler(node.start_byte - reading.base, node.end_byte - reading.base, (), target, body)


def _with(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """The long deprecated `with (o) {}`."""
    context = field(node, "object", reading)
    item = Item(context.start, context.end, context, None)
    body = block_field(node, "body", reading)
    return (With(node.start_byte - reading.base, node.end_byte - reading.base, (item,), body),)


def _labelled(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """The statement without its label: a jump to it reads as a jump of the innermost loop."""
    body = node.child_by_field_name("body")
    return () if body is None else statement(body, reading)


def _block(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    return (block(node, reading),)


def _return(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    inner = first_part(node.named_children)
    value = None if inner is None else expression(inner, reading)
    return (Return(node.start_byte - reading.base, node.end_byte - reading.base, value),)


def _throw(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    value = only_expression(node, reading)
    return (Raise(node.start_byte - reading.base, node.end_byte - reading.base, value),)


def _break(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    return (Jump(node.start_byte - reading.base, node.end_byte - reading.base, "break"),)


def _continue(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    return (Jump(node.start_byte - reading.base, node.end_byte - reading.base, "continue"),)


def _nothing(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    return ()


# --- TypeScript's own --------------------------------------------------------------------------


def _type_alias(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    return _type(node, node.child_by_field_name("value"), reading)


def _interface(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """The body as type text; with its `extends` clause before it, if there is one."""
    body = node.child_by_field_name("body")
    clause = next((child for child in node.named_children if child.type == "extends_type_clause"), None)
    if clause is None or body is None:
        return _type(node, body, reading)
    result = _type(node, body, reading)
    text = reading.text(clause.start_byte, body.end_byte)
    value = TypeText(clause.start_byte - reading.base, body.end_byte - reading.base, text)
    return tuple(
        Assign(found.start, found.end, found.targets, value) for found in result if isinstance(found, Assign)
    )


def _type(node: SyntaxNode, value: SyntaxNode | None, reading: Reading) -> tuple[Statement, ...]:
    named = node.child_by_field_name("name")
    if named is None or value is None:
        return ()
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return (Assign(start, end, (name(named, reading),), type_text(value, reading)),)


def _enum(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """A constant object. A member without a value counts on from the one before it."""
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    named = node.child_by_field_name("name")
    target = opaque(node, "missing", reading) if named is None else name(named, reading)
    body = node.child_by_field_name("body")
    entries: list[Entry] = []
    following: int | None = 0
    for child in [] if body is None else body.named_children:
        kind = child.type
        if kind in NOT_CODE:
            continue
        first, last = child.start_byte - reading.base, child.end_byte - reading.base
        written = child.child_by_field_name("name") if kind == "enum_assignment" else child
        key = opaque(child, "missing", reading) if written is None else property_key(written, reading)
        if kind == "enum_assignment":
            value = field(child, "value", reading)
        elif following is None:
            value = Opaque(first, last, "enum")
        else:
            value = Literal(first, last, following)
        counted = value.value if isinstance(value, Literal) else None
        following = counted + 1 if isinstance(counted, int) else None
        entries.append(Entry(first, last, key, value))
    span = node if body is None else body
    value = Object(span.start_byte - reading.base, span.end_byte - reading.base, tuple(entries))
    return (Assign(start, end, (target,), value, "const"),)


def _namespace(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """A namespace's statements as a block, their names visible inside it only."""
    body = node.child_by_field_name("body")
    return () if body is None else (block(body, reading),)


def _ambient(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """`declare ...`, `declare global {...}`: what is declared, without values."""
    return statements((child for child in node.named_children if child.type in STATEMENTS), reading)


STATEMENTS.update(
    {
        "lexical_declaration": _declaration,
        "variable_declaration": _declaration,
        "variable_declarator": _lone_declarator,
        "expression_statement": _expression_statement,
        "if_statement": _if,
        "for_statement": _for,
        "for_in_statement": _for_in,
        "while_statement": _while,
        "do_statement": _while,
        "switch_statement": _switch,
        "try_statement": _try,
        "with_statement": _with,
        "labeled_statement": _labelled,
        "statement_block": _block,
        "return_statement": _return,
        "throw_statement": _throw,
        "break_statement": _break,
        "continue_statement": _continue,
        "empty_statement": _nothing,
        "debugger_statement": _nothing,
        "hash_bang_line": _nothing,
        "type_alias_declaration": _type_alias,
        "interface_declaration": _interface,
        "enum_declaration": _enum,
        "module": _namespace,
        "internal_module": _namespace,
        "ambient_declaration": _ambient,
    }
)
