"""Functions of every form, their parameters, and classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal as OneOf

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_typescript.expressions import property_key
from halfopen.semantics.lower_typescript.literals import string_value
from halfopen.semantics.lower_typescript.reading import (
    EXPRESSIONS,
    NOT_CODE,
    STATEMENTS,
    Reading,
    annotation,
    block,
    do,
    expression,
    name,
    only_expression,
    opaque,
    statement,
)
from halfopen.semantics.tree import (
    Assign,
    Block,
    Class,
    Expr,
    Function,
    Member,
    Name,
    Parameter,
    Return,
    Statement,
    TypeText,
)

_Kind = OneOf["function", "method", "constructor", "getter", "setter", "static"]

_NAMES = frozenset(
    {"property_identifier", "private_property_identifier", "string", "number", "computed_property_name"}
)
_ANNOTATIONS = frozenset({"type_annotation", "type_predicate_annotation", "asserts_annotation"})
_MODIFIERS = frozenset({"accessibility_modifier", "override_modifier"})


# --- functions ---------------------------------------------------------------------------------


def _function(node: SyntaxNode, reading: Reading) -> Function:
    """`function f() {}` with its generator and async forms, as a declaration or an expression."""
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    named, name_start = None, start
    parameters: tuple[Parameter, ...] = ()
    returns: TypeText | None = None
    body = Block(end, end, (), True)
    is_async = is_generator = False
    for child in node.children:
        kind = child.type
        if kind == "statement_block":
            body = block(child, reading)
        elif kind == "formal_parameters":
            parameters = _parameters(child, reading)
        elif kind == "identifier":
            named = reading.text(child.start_byte, child.end_byte)
            name_start = child.start_byte - base
        elif kind == "async":
            is_async = True
        elif kind == "*":
            is_generator = True
        elif kind in _ANNOTATIONS:
            returns = annotation(child, reading)
    return Function(start, end, named, name_start, parameters, body, is_async, is_generator, returns=returns)


def _arrow(node: SyntaxNode, reading: Reading) -> Function:
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    parameters: tuple[Parameter, ...] = ()
    returns: TypeText | None = None
    body = Block(end, end, (), True)
    is_async = past_arrow = False
    for child in node.children:
        kind = child.type
        if kind in NOT_CODE:
            continue
        if past_arrow:
            body = block(child, reading) if kind == "statement_block" else _returning(child, reading)
        elif kind == "=>":
            past_arrow = True
        elif kind == "formal_parameters":
            parameters = _parameters(child, reading)
        elif kind == "async":
            is_async = True
        elif kind == "identifier":
            parameters = (Parameter(child.start_byte - base, child.end_byte - base, name(child, reading)),)
        elif kind in _ANNOTATIONS:
            returns = annotation(child, reading)
    return Function(start, end, None, start, parameters, body, is_async, False, True, returns=returns)


def _returning(node: SyntaxNode, reading: Reading) -> Block:
    """An arrow's expression body."""
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return Block(start, end, (Return(start, end, expression(node, reading)),), True)


def _method(node: SyntaxNode, reading: Reading, decorators: tuple[Expr, ...] = ()) -> Function:
    """A method of a class or an object, with getters, setters and the constructor."""
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    named: SyntaxNode | None = None
    given: SyntaxNode | None = None
    returns: TypeText | None = None
    body: SyntaxNode | None = None
    kind: _Kind = "method"
    is_async = is_generator = False
    for child in node.children:
        part = child.type
        if named is None and part in _NAMES:
            named = child
        elif part == "statement_block":
            body = child
        elif part == "formal_parameters":
            given = child
        elif part in ("static", "static get"):
            kind = "static"
        elif part == "async":
            is_async = True
        elif part == "*":
            is_generator = True
        elif part == "get" and kind != "static":
            kind = "getter"
        elif part == "set" and kind != "static":
            kind = "setter"
        elif part in _ANNOTATIONS:
            returns = annotation(child, reading)
    method_name = None if named is None else member_name(named, reading)
    if kind == "method" and method_name == "constructor":
        kind = "constructor"
    return Function(
        start,
        end,
        method_name,
        start if named is None else named.start_byte - base,
        () if given is None else _parameters(given, reading),
        _method_body(node, body, given if kind == "constructor" else None, reading),
        is_async,
        is_generator,
        False,
        kind,
        "this",
        decorators,
        returns,
    )


def _method_body(
    node: SyntaxNode, body: SyntaxNode | None, constructor_parameters: SyntaxNode | None, reading: Reading
) -> Block:
    end = node.end_byte - reading.base
    result = Block(end, end, (), True) if body is None else block(body, reading)
    if constructor_parameters is None:
        return result
    properties = _parameter_properties(constructor_parameters, reading)
    return Block(result.start, result.end, properties + result.statements, True) if properties else result


def _parameter_properties(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """What `constructor(private url: string)` does besides taking an argument: `this.url = url`.

    Every offset is that of the parameter's name, which lies outside the body; `this` has no width.
    """
    found: list[Statement] = []
    for parameter in node.named_children:
        pattern = parameter.child_by_field_name("pattern")
        if pattern is None or pattern.type != "identifier":
            continue
        if not any(part.type in _MODIFIERS or part.type == "readonly" for part in parameter.children):
            continue
        value = name(pattern, reading)
        if isinstance(value, Name):
            start, end = value.start, value.end
            target = Member(start, end, Name(start, start, "this"), value.id, start)
            found.append(Assign(start, end, (target,), Name(start, end, value.id)))
    return tuple(found)


def member_name(node: SyntaxNode, reading: Reading) -> str | None:
    """The name of a class member or a method; None for a computed one."""
    kind = node.type
    if kind == "computed_property_name":
        return None
    if kind == "string":
        return string_value(node, reading)
    return reading.text(node.start_byte, node.end_byte)


def _parameters(node: SyntaxNode, reading: Reading) -> tuple[Parameter, ...]:
    """The parameters; TypeScript's `this: T` is none."""
    found = (_parameter(child, reading) for child in node.named_children if child.type not in NOT_CODE)
    return tuple(parameter for parameter in found if parameter is not None)


def _parameter(node: SyntaxNode, reading: Reading) -> Parameter | None:
    target: Expr | None = None
    default: Expr | None = None
    written: TypeText | None = None
    is_rest = False
    for child in node.named_children:
        kind = child.type
        if kind in NOT_CODE or kind in _MODIFIERS or kind == "decorator":
            continue
        if kind == "type_annotation":
            written = annotation(child, reading)
        elif target is not None:
            default = expression(child, reading)
        elif kind == "this":
            return None
        elif kind == "rest_pattern":
            target, is_rest = only_expression(child, reading), True
        else:
            target = expression(child, reading)
    if target is None:
        target = opaque(node, "missing", reading)
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return Parameter(start, end, target, default, written, "rest" if is_rest else "normal")


def _function_declaration(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    value = _function(node, reading)
    target = _definition_name(value.name, value.name_start, node, reading)
    return (Assign(value.start, value.end, (target,), value, "function"),)


def _function_signature(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """An overload or an ambient function: a name without a value."""
    return _declared_only(node, reading, "function")


def _declared_only(
    node: SyntaxNode, reading: Reading, declares: OneOf["function", "field"]
) -> tuple[Statement, ...]:
    named = node.child_by_field_name("name")
    if named is None:
        return ()
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return (Assign(start, end, (_member_target(named, reading),), None, declares),)


def _definition_name(text: str | None, start: int, node: SyntaxNode, reading: Reading) -> Expr:
    if not text:
        return opaque(node, "missing", reading)
    return Name(start, start + len(text.encode("utf-8", "surrogatepass")), text)


# --- classes -----------------------------------------------------------------------------------


def class_value(node: SyntaxNode, reading: Reading, outer: Sequence[SyntaxNode] = ()) -> Class:
    """A class; `outer` are the decorators before the `export` that it follows."""
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    named, name_start = None, start
    bases: tuple[Expr, ...] = ()
    body = Block(end, end, (), True)
    decorators = [only_expression(decorator, reading) for decorator in outer]
    is_started = False
    for child in node.children:
        kind = child.type
        if kind == "decorator":
            decorators.append(only_expression(child, reading))
        elif not is_started and kind not in NOT_CODE:
            start, is_started = child.start_byte - base, True
            name_start = start
        if kind == "type_identifier":
            named = reading.text(child.start_byte, child.end_byte)
            name_start = child.start_byte - base
        elif kind == "class_heritage":
            bases = _bases(child, reading)
        elif kind == "class_body":
            body = _class_body(child, reading)
    return Class(start, end, named or None, name_start, bases, body, tuple(decorators))


def _class_expression(node: SyntaxNode, reading: Reading) -> Expr:
    return class_value(node, reading)


def _bases(node: SyntaxNode, reading: Reading) -> tuple[Expr, ...]:
    """What the class extends; the interfaces that it implements have no effect at run time."""
    return tuple(
        expression(child, reading)
        for clause in node.named_children
        if clause.type == "extends_clause"
        for child in clause.named_children
        if child.type not in NOT_CODE and child.type != "type_arguments"
    )


def _class_body(node: SyntaxNode, reading: Reading) -> Block:
    found: list[Statement] = []
    decorators: list[SyntaxNode] = []
    for child in node.named_children:
        kind = child.type
        if kind == "decorator":
            decorators.append(child)
        elif kind == "method_definition" and decorators:
            found += _method_declaration(child, reading, decorators)
            decorators = []
        elif kind in STATEMENTS:
            found += statement(child, reading)
    return Block(node.start_byte - reading.base, node.end_byte - reading.base, tuple(found), True)


def _method_declaration(
    node: SyntaxNode, reading: Reading, decorators: Sequence[SyntaxNode] = ()
) -> tuple[Statement, ...]:
    """A method; the assignment begins with its decorators, the function after them."""
    value = _method(node, reading, tuple(only_expression(each, reading) for each in decorators))
    named = node.child_by_field_name("name")
    target = opaque(node, "missing", reading) if named is None else _member_target(named, reading)
    start = decorators[0].start_byte - reading.base if decorators else value.start
    return (Assign(start, value.end, (target,), value, "function"),)


def _method_expression(node: SyntaxNode, reading: Reading) -> Expr:
    return _method(node, reading)


def _signature(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """An abstract method or an overload."""
    return _declared_only(node, reading, "function")


def _member_target(node: SyntaxNode, reading: Reading) -> Expr:
    """The name that a member is bound to: the text inside a quoted one, `Opaque` for a computed one.

    A name that is written with escapes has no width.
    """
    kind = node.type
    if kind == "computed_property_name":
        return opaque(node, "computed", reading, (property_key(node, reading),))
    if kind == "string" and node.end_byte - node.start_byte > 2:
        start, text = node.start_byte + 1, string_value(node, reading)
        end = node.end_byte - 1 if text == reading.text(start, node.end_byte - 1) else start
        return Name(start - reading.base, end - reading.base, text)
    return name(node, reading)


def _field(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """A class field. Its decorators stand before it, evaluated for their effect."""
    base = reading.base
    start: int | None = None
    target: Expr | None = None
    value: Expr | None = None
    written: TypeText | None = None
    found: list[Statement] = []
    for child in node.children:
        kind = child.type
        if kind in NOT_CODE:
            continue
        if kind == "decorator":
            found.append(do(child, only_expression(child, reading), reading))
            continue
        if start is None:
            start = child.start_byte - base
        if target is None:
            if kind in _NAMES:
                target = _member_target(child, reading)
        elif kind == "type_annotation":
            written = annotation(child, reading)
        elif child.is_named:
            value = expression(child, reading)
    if target is None:
        target = opaque(node, "missing", reading)
    begin = node.start_byte - base if start is None else start
    found.append(Assign(begin, node.end_byte - base, (target,), value, "field", "", written))
    return tuple(found)


def _static_block(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    found = node.child_by_field_name("body")
    return () if found is None else (block(found, reading),)


def class_declaration(
    node: SyntaxNode, reading: Reading, outer: Sequence[SyntaxNode] = ()
) -> tuple[Statement, ...]:
    """A class statement, which begins with its decorators; `outer` as in `class_value`."""
    value = class_value(node, reading, outer)
    target = _definition_name(value.name, value.name_start, node, reading)
    start = (outer[0] if outer else node).start_byte - reading.base
    return (Assign(start, value.end, (target,), value, "class"),)


EXPRESSIONS.update(
    {
        "function_expression": _function,
        "generator_function": _function,
        "arrow_function": _arrow,
        "class": _class_expression,
        "method_definition": _method_expression,
    }
)
STATEMENTS.update(
    {
        "function_declaration": _function_declaration,
        "generator_function_declaration": _function_declaration,
        "function_signature": _function_signature,
        "class_declaration": class_declaration,
        "abstract_class_declaration": class_declaration,
        "method_definition": _method_declaration,
        "method_signature": _signature,
        "abstract_method_signature": _signature,
        "public_field_definition": _field,
        "class_static_block": _static_block,
    }
)
