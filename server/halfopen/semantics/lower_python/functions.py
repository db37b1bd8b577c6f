"""Functions, lambdas, classes, their parameters and decorators."""

from __future__ import annotations

from typing import Literal as OneOf

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python.reading import (
    COMMENTS,
    EXPRESSIONS,
    NOT_CODE,
    STATEMENTS,
    Reading,
    block,
    expression,
    expression_of_type,
    no_block,
    only_expression,
    opaque,
    parts_of,
)
from halfopen.semantics.tree import (
    Assign,
    Block,
    Class,
    Expr,
    Function,
    Member,
    Name,
    Opaque,
    Parameter,
    Return,
    Spread,
    Statement,
)

# --- parameters --------------------------------------------------------------------------------

_Kind = OneOf["normal", "positional", "keyword", "rest", "keyword_rest"]
_STARS: dict[str, _Kind] = {"list_splat_pattern": "rest", "dictionary_splat_pattern": "keyword_rest"}


def _parameters(node: SyntaxNode, reading: Reading) -> tuple[Parameter, ...]:
    children = node.named_children
    kinds = [child.type for child in children]
    # Everything before a "/" is positional; everything after a "*" or "*args" is by keyword.
    positional_until = kinds.index("positional_separator") if "positional_separator" in kinds else 0
    plain: _Kind = "normal"
    found: list[Parameter] = []
    for position, (child, kind) in enumerate(zip(children, kinds, strict=True)):
        if kind == "keyword_separator":
            plain = "keyword"
        elif kind not in NOT_CODE and kind != "positional_separator":
            parameter = _parameter(
                child, kind, "positional" if position < positional_until else plain, reading
            )
            found.append(parameter)
            if parameter.kind == "rest":
                plain = "keyword"
    return tuple(found)


def _parameter(node: SyntaxNode, kind: str, plain: _Kind, reading: Reading) -> Parameter:
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    if kind == "identifier":
        return Parameter(start, end, expression_of_type(node, kind, reading), None, None, plain)
    if kind in _STARS:
        return Parameter(start, end, only_expression(node, reading), None, None, _STARS[kind])
    default: Expr | None = None
    annotation: Expr | None = None
    target: Expr | None = None
    for part in node.named_children:
        part_kind = part.type
        if part_kind in NOT_CODE:
            continue
        if target is None:
            if part_kind in _STARS:
                plain = _STARS[part_kind]
                target = only_expression(part, reading)
            else:
                target = expression_of_type(part, part_kind, reading)
            if kind == "tuple_pattern":
                target = expression_of_type(node, kind, reading)
                break
        elif part_kind == "type":
            annotation = expression_of_type(part, part_kind, reading)
        else:
            default = expression_of_type(part, part_kind, reading)
    if target is None:
        target = opaque(node, "missing", reading)
    return Parameter(start, end, target, default, annotation, plain)


# --- functions ---------------------------------------------------------------------------------


def _lambda(node: SyntaxNode, reading: Reading) -> Expr:
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    parameters: tuple[Parameter, ...] = ()
    outer, body = reading.yields, None
    reading.yields = False
    for part in parts_of(node):
        kind = part.type
        if kind == "lambda_parameters":
            parameters = _parameters(part, reading)
        else:
            body = expression_of_type(part, kind, reading)
    if body is None:
        body = Opaque(end, end, "missing")
    is_generator, reading.yields = reading.yields, outer
    result = Return(body.start, body.end, body)
    block = Block(body.start, body.end, (result,))
    return Function(start, end, None, start, parameters, block, False, is_generator)


def _definition(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    _define(node, node.start_byte - reading.base, (), reading, found)


def _decorated(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    start = node.start_byte - reading.base
    decorators: list[Expr] = []
    for child in node.named_children:
        kind = child.type
        if kind == "decorator":
            decorators.append(only_expression(child, reading))
        elif kind == "class_definition":
            _define_class(child, start, tuple(decorators), reading, found)
        elif kind == "function_definition":
            _define(child, start, tuple(decorators), reading, found)


def _define(
    node: SyntaxNode, start: int, decorators: tuple[Expr, ...], reading: Reading, found: list[Statement]
) -> None:
    """Append the assignment of a function to its name; `start` is where its decorators begin."""
    base = reading.base
    own_start, end = node.start_byte, node.end_byte - base
    target: Expr | None = None
    parameters: tuple[Parameter, ...] = ()
    returns: Expr | None = None
    body: Block | None = None
    is_method, outer_yields = reading.in_class, reading.yields
    for child in node.named_children:
        kind = child.type
        if kind == "identifier":
            target = expression_of_type(child, kind, reading)
        elif kind == "parameters":
            parameters = _parameters(child, reading)
        elif kind == "type":
            returns = expression_of_type(child, kind, reading)
        elif kind == "block":
            reading.in_class, reading.yields = False, False
            body = block(child, reading)
    is_generator = body is not None and reading.yields
    reading.in_class, reading.yields = is_method, outer_yields
    if target is None:
        target = Opaque(own_start - base, own_start - base, "missing")
    name = target.id if isinstance(target, Name) else None
    kind = _method_kind(name, decorators) if is_method else "function"
    receiver = _receiver(parameters) if is_method and kind != "static" else None
    function = Function(
        own_start - base,
        end,
        name,
        target.start,
        parameters,
        body or no_block(node, reading),
        reading.data.startswith(b"async", own_start),
        is_generator,
        kind=kind,
        receiver=receiver,
        decorators=decorators,
        returns=returns,
    )
    found.append(Assign(start, end, (target,), function, "function"))


_MethodKind = OneOf["method", "constructor", "getter", "setter", "static", "class"]
_BY_DECORATOR: dict[str, _MethodKind] = {
    "staticmethod": "static",
    "classmethod": "class",
    "property": "getter",
    "cached_property": "getter",
    "abstractproperty": "getter",
    "setter": "setter",
}
_BY_NAME: dict[str | None, _MethodKind] = {
    "__init__": "constructor",
    "__new__": "class",
    "__init_subclass__": "class",
    "__class_getitem__": "class",
}
"""The names whose kind the language fixes. (`__new__` is a static method that is given its class.)"""


def _method_kind(name: str | None, decorators: tuple[Expr, ...]) -> _MethodKind:
    for decorator in decorators:
        if isinstance(decorator, Name):
            kind = _BY_DECORATOR.get(decorator.id)
        elif isinstance(decorator, Member):
            kind = _BY_DECORATOR.get(decorator.name)
        else:
            kind = None
        if kind is not None:
            return kind
    return _BY_NAME.get(name, "method")


def _receiver(parameters: tuple[Parameter, ...]) -> str | None:
    if parameters and parameters[0].kind in ("normal", "positional"):
        target = parameters[0].target
        if isinstance(target, Name):
            return target.id
    return None


# --- classes -----------------------------------------------------------------------------------


def _class(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    _define_class(node, node.start_byte - reading.base, (), reading, found)


def _define_class(
    node: SyntaxNode, start: int, decorators: tuple[Expr, ...], reading: Reading, found: list[Statement]
) -> None:
    base = reading.base
    own_start, end = node.start_byte - base, node.end_byte - base
    target: Expr | None = None
    bases: tuple[Expr, ...] = ()
    body: Block | None = None
    outer = reading.in_class
    for child in node.named_children:
        kind = child.type
        if kind == "identifier":
            target = expression_of_type(child, kind, reading)
        elif kind == "argument_list":
            bases = _bases(child, reading)
        elif kind == "block":
            reading.in_class = True
            body = block(child, reading)
            reading.in_class = outer
    if target is None:
        target = Opaque(own_start, own_start, "missing")
    name = target.id if isinstance(target, Name) else None
    value = Class(own_start, end, name, target.start, bases, body or no_block(node, reading), decorators)
    found.append(Assign(start, end, (target,), value, "class"))


def _bases(node: SyntaxNode, reading: Reading) -> tuple[Expr, ...]:
    """The base classes, without `metaclass=...` and other keywords, which are none."""
    found: list[Expr] = []
    for child in node.named_children:
        kind = child.type
        if kind == "list_splat":
            start, end = child.start_byte - reading.base, child.end_byte - reading.base
            found.append(Spread(start, end, only_expression(child, reading)))
        elif kind not in COMMENTS and kind not in ("keyword_argument", "dictionary_splat"):
            found.append(expression(child, reading))
    return tuple(found)


EXPRESSIONS["lambda"] = _lambda
STATEMENTS.update(
    {
        "function_definition": _definition,
        "class_definition": _class,
        "decorated_definition": _decorated,
    }
)
