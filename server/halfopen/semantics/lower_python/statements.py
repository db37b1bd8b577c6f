"""Statements other than definitions, `match` and imports."""

from __future__ import annotations

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python.expressions import as_pattern
from halfopen.semantics.lower_python.reading import (
    COMMENTS,
    EXPRESSIONS,
    NOT_CODE,
    STATEMENTS,
    Reading,
    block,
    block_in,
    expression,
    expression_of_type,
    expressions,
    no_block,
    only_expression,
    opaque,
    pair_of,
    parts_of,
    statements,
)
from halfopen.semantics.tree import (
    Argument,
    Assign,
    AssignExpr,
    Block,
    Call,
    Delete,
    Do,
    Expr,
    Handler,
    If,
    Item,
    Jump,
    Loop,
    Name,
    Opaque,
    Operation,
    Outer,
    Raise,
    Return,
    Sequence,
    Statement,
    Try,
    With,
)


def _missing(node: SyntaxNode, reading: Reading) -> Opaque:
    end = node.end_byte - reading.base
    return Opaque(end, end, "missing")


# --- simple statements -------------------------------------------------------------------------


def _expression_statement(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    parts = node.named_children
    if len(parts) != 1:
        parts = parts_of(node)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    if len(parts) == 1:
        kind = parts[0].type
        reader = _ASSIGNMENTS.get(kind)
        if reader is not None:
            reader(parts[0], reading, found)
        else:
            value = expression_of_type(parts[0], kind, reading)
            if reading.data.endswith(b",", 0, end + reading.base):
                value = Sequence(start, end, (value,), "tuple")
            found.append(Do(start, end, value))
    elif parts:
        found.append(Do(start, end, Sequence(start, end, expressions(parts, reading), "tuple")))


def _assignment(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """`a = b = value`, however many targets there are, and `a: annotation = value`."""
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    targets: list[Expr] = []
    annotation: Expr | None = None
    value: Expr | None = None
    pending: SyntaxNode | None = node
    while pending is not None:
        parts = pending.named_children
        pending = None
        for position, part in enumerate(parts):
            kind = part.type
            if kind in NOT_CODE:
                continue
            if position == 0 or not targets:
                targets.append(expression_of_type(part, kind, reading))
            elif kind == "type":
                annotation = expression_of_type(part, kind, reading)
            elif kind == "assignment":
                pending = part
            else:
                value = expression_of_type(part, kind, reading)
    found.append(Assign(start, end, tuple(targets), value, annotation=annotation))


def _augmented(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    target, operator, value = _augmented_parts(node, reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    found.append(Assign(start, end, (target,), value, operator=operator))


def _augmented_parts(node: SyntaxNode, reading: Reading) -> tuple[Expr, str, Expr]:
    target: Expr | None = None
    value: Expr | None = None
    operator = ""
    for child in node.children:
        kind = child.type
        if kind.endswith("="):
            operator = kind[:-1]
        elif kind in NOT_CODE:
            continue
        elif target is None:
            target = expression_of_type(child, kind, reading)
        else:
            value = expression_of_type(child, kind, reading)
    return target or _missing(node, reading), operator, value or _missing(node, reading)


def _augmented_expression(node: SyntaxNode, reading: Reading) -> Expr:
    """`b += c` in `a = b += c`, which is no Python."""
    target, operator, value = _augmented_parts(node, reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return AssignExpr(start, end, target, value, operator)


def _assignment_expression(node: SyntaxNode, reading: Reading) -> Expr:
    """`b = c` where only a fragment of a statement is left."""
    parts = pair_of(node, reading)
    if parts is None:
        return only_expression(node, reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return AssignExpr(start, end, expression(parts[0], reading), expression(parts[1], reading))


_ASSIGNMENTS = {"assignment": _assignment, "augmented_assignment": _augmented}


def _return(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    value = None
    for child in node.named_children:
        kind = child.type
        if kind not in NOT_CODE:
            value = expression_of_type(child, kind, reading)
    found.append(Return(node.start_byte - reading.base, node.end_byte - reading.base, value))


def _raise(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """`raise value from cause`: the cause is left out."""
    value = None
    for child in node.children:
        kind = child.type
        if kind == "from":
            break
        if kind != "raise" and kind not in NOT_CODE:
            value = expression_of_type(child, kind, reading)
    found.append(Raise(node.start_byte - reading.base, node.end_byte - reading.base, value))


def _assert(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """`assert test, message` is `if not test: raise AssertionError(message)`.

    The name is written nowhere: it has no width, at the statement's start.
    """
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    values = expressions(node.named_children, reading)
    test: Expr = values[0] if values else _missing(node, reading)
    message = tuple(Argument(value.start, value.end, value) for value in values[1:])
    error = Call(start, end, Name(start, start, "AssertionError"), message)
    raising = Block(start, end, (Raise(start, end, error),))
    found.append(If(start, end, Operation(test.start, test.end, "not", (test,)), raising, None))


def _delete(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    targets: list[Expr] = []
    pending = list(reversed(expressions(node.named_children, reading)))
    while pending:
        target = pending.pop()
        if isinstance(target, Sequence):
            pending += reversed(target.items)
        else:
            targets.append(target)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    found.append(Delete(start, end, tuple(targets)))


def _jump(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    kind = "break" if node.type == "break_statement" else "continue"
    found.append(Jump(node.start_byte - reading.base, node.end_byte - reading.base, kind))


def _pass(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """Nothing."""


def _outer(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    names = tuple(
        reading.text(child.start_byte, child.end_byte)
        for child in node.named_children
        if child.type == "identifier"
    )
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    found.append(Outer(start, end, names, node.type == "global_statement"))


def _print(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """Python 2's `print a, b` and `exec code in scope`, as the calls they became."""
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    keyword = "print" if node.type == "print_statement" else "exec"
    arguments: list[Argument] = []
    for value in expressions(node.named_children, reading):
        arguments.append(Argument(value.start, value.end, value))
    callee = Name(start, start + len(keyword), keyword)
    found.append(Do(start, end, Call(start, end, callee, tuple(arguments))))


# --- branches and loops ------------------------------------------------------------------------


def _if(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """`if`, any number of `elif`s, `else`: each branch is the `otherwise` of the one before it."""
    base = reading.base
    end = node.end_byte - base
    branches = [node]
    otherwise: Block | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "elif_clause":
            branches.append(child)
        elif kind == "else_clause":
            otherwise = block_in(child, reading)
    for branch in reversed(branches):
        start = branch.start_byte - base
        test, then = _condition_and_block(branch, reading)
        statement = If(start, end, test, then, otherwise)
        otherwise = Block(start, end, (statement,))
        if branch is node:
            found.append(statement)


def _condition_and_block(node: SyntaxNode, reading: Reading) -> tuple[Expr, Block]:
    test: Expr | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "block":
            return test or _missing(node, reading), block(child, reading)
        if test is None and kind not in NOT_CODE:
            test = expression_of_type(child, kind, reading)
    return test or _missing(node, reading), no_block(node, reading)


def _while(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    test, body = _condition_and_block(node, reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    otherwise = _else_of(node, reading)
    found.append(Loop(start, end, "while", test, None, None, None, body, otherwise))


def _else_of(node: SyntaxNode, reading: Reading) -> Block | None:
    for child in node.named_children:
        if child.type == "else_clause":
            return block_in(child, reading)
    return None


def _for(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    head: list[Expr] = []
    body: Block | None = None
    otherwise: Block | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "block":
            body = block(child, reading)
        elif kind == "else_clause":
            otherwise = block_in(child, reading)
        elif kind not in NOT_CODE:
            head.append(expression_of_type(child, kind, reading))
    start, end = node.start_byte, node.end_byte - reading.base
    is_async = reading.data.startswith(b"async", start)
    target = head[0] if head else _missing(node, reading)
    iterable = head[1] if len(head) > 1 else _missing(node, reading)
    body = body or no_block(node, reading)
    start -= reading.base
    found.append(Loop(start, end, "for", None, target, iterable, None, body, otherwise, is_async))


# --- try and with ------------------------------------------------------------------------------


def _try(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    body: Block | None = None
    handlers: list[Handler] = []
    otherwise: Block | None = None
    final: Block | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "block":
            body = block(child, reading)
        elif kind in ("except_clause", "except_group_clause"):
            handlers.append(_handler(child, reading))
        elif kind == "else_clause":
            otherwise = block_in(child, reading)
        elif kind == "finally_clause":
            final = block_in(child, reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    found.append(Try(start, end, body or no_block(node, reading), tuple(handlers), otherwise, final))


def _handler(node: SyntaxNode, reading: Reading) -> Handler:
    """One `except`, also with several types without brackets, and `except*`."""
    types: list[Expr] = []
    target: Expr | None = None
    body: Block | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "block":
            body = block(child, reading)
        elif kind == "as_pattern":
            caught, target = as_pattern(child, reading)
            types.append(caught)
        elif kind not in NOT_CODE:
            types.append(expression_of_type(child, kind, reading))
    flat: list[Expr] = []
    for caught in types:
        flat += caught.items if isinstance(caught, Sequence) else (caught,)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return Handler(start, end, tuple(flat), target, body or no_block(node, reading))


def _with(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    items: list[Item] = []
    body: Block | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "with_clause":
            for part in child.named_children:
                if part.type not in NOT_CODE:
                    _with_items(part, reading, items)
        elif kind == "block":
            body = block(child, reading)
    start, end = node.start_byte, node.end_byte - reading.base
    is_async = reading.data.startswith(b"async", start)
    body = body or no_block(node, reading)
    found.append(With(start - reading.base, end, tuple(items), body, is_async))


def _with_items(node: SyntaxNode, reading: Reading, items: list[Item]) -> None:
    """`value as target`. Brackets around one item are its own, around several they are the `with`'s."""
    kind = node.type
    while kind in ("with_item", "parenthesized_expression"):
        parts = parts_of(node)
        if not parts:
            break
        node, kind = parts[0], parts[0].type
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    if kind == "as_pattern":
        items.append(Item(start, end, *as_pattern(node, reading)))
    elif kind == "tuple":
        for part in node.named_children:
            if part.type not in COMMENTS:
                _with_items(part, reading, items)
    elif kind in ("with_item", "parenthesized_expression"):
        items.append(Item(start, end, opaque(node, "missing", reading), None))
    else:
        items.append(Item(start, end, expression_of_type(node, kind, reading), None))


def _module(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    statements(node.named_children, reading, found)


EXPRESSIONS["assignment"] = _assignment_expression
EXPRESSIONS["augmented_assignment"] = _augmented_expression
STATEMENTS.update(_ASSIGNMENTS)
STATEMENTS.update(
    {
        "module": _module,
        "block": _module,
        "expression_statement": _expression_statement,
        "return_statement": _return,
        "raise_statement": _raise,
        "assert_statement": _assert,
        "delete_statement": _delete,
        "pass_statement": _pass,
        "break_statement": _jump,
        "continue_statement": _jump,
        "global_statement": _outer,
        "nonlocal_statement": _outer,
        "print_statement": _print,
        "exec_statement": _print,
        "if_statement": _if,
        "while_statement": _while,
        "for_statement": _for,
        "try_statement": _try,
        "with_statement": _with,
    }
)
