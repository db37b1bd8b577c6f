"""What a member of a class's instances may be: its methods and fields, and what its methods assign to it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.class_shape import fields_of, is_abstract, is_property, member_table
from halfopen.semantics.declared_types import declared_classes
from halfopen.semantics.function_shape import returned
from halfopen.semantics.instances import classes_of
from halfopen.semantics.mentions import may_define_member
from halfopen.semantics.origin import Origin
from halfopen.semantics.overrides import implementations
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins

_COMMON_MEMBERS = frozenset(
    {"get", "set", "toString", "join", "create", "build", "open", "connect", "value", "current"}
)
"""Names of methods that many things have beside the classes of the program."""


def instance_members(program: Program, origin: Origin, name: str) -> Iterator[Origin]:
    """What a member of the instances that an origin gives may be."""
    for klass in classes_of(program, origin):
        yield from _class_member(program, klass, name)


def _class_member(program: Program, klass: At[tree.Class], name: str) -> Iterator[Origin]:
    """A member of an instance; of an abstract method what implements it, of a field also what it is declared as."""
    found: list[Origin] = []
    for value in members(program, klass, name):
        if isinstance(value.node, tree.Function) and is_abstract(value.node):
            implementing = implementations(program, klass, name)
            if implementing:
                found += implementing
                continue
        if isinstance(value.node, tree.Function) and is_property(value.node):
            given = [each for part in returned(value.to(value.node)) for each in origins(program, part)]
            if given:
                found += given
                continue
        found += origins(program, value)
    yield from found
    declared = fields_of(klass).get(name)
    if declared is not None and not any(each for origin in found for each in classes_of(program, origin)):
        yield from declared_classes(program, klass.to(declared))


def members(
    program: Program, klass: At[tree.Class], name: str, _seen: frozenset[tree.Node] = frozenset()
) -> list[At[tree.Expr]]:
    """The values of a class's member: its method or field, and what its methods assign to it.

    Base classes of the workspace are looked at where the class itself defines nothing.
    """
    program.queries.note(klass.unit)
    if klass.node in _seen:
        return []
    found: list[At[tree.Expr]] = []
    table = member_table(klass)
    for value in table.get(name, ()):
        found.append(klass.to(value))
    if not found:
        for base in klass.node.bases:
            for origin in origins(program, klass.to(base)):
                if isinstance(origin, At) and isinstance(origin.node, tree.Class):
                    found += members(program, origin.to(origin.node), name, _seen | {klass.node})
    return found


def fields_given(
    program: Program, call: At[tree.Call], argument: tree.Argument
) -> Iterator[tuple[At[tree.Class], str]]:
    """The field that an argument fills where a call makes an instance of a class that only declares its fields."""
    if call.unit.language != "python":
        return
    for origin in origins(program, call.to(call.node.callee)):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Class):
            continue
        klass = origin.to(origin.node)
        names = list(fields_of(klass))
        if argument.name is not None:
            if argument.name in names and not members(program, klass, "__init__"):
                yield klass, argument.name
            continue
        positional = [each for each in call.node.arguments if each.name is None]
        place = positional.index(argument)
        if place < len(names) and not members(program, klass, "__init__"):
            yield klass, names[place]


def only_method(program: Program, language: str, name: str) -> At[tree.Function] | None:
    """The method of that name, where the program has one class that defines it: types would say no more."""
    if name in _COMMON_MEMBERS:
        return None
    found = program.queries.search(
        ("methods named", language, name), lambda: _methods_named(program, language, name)
    )
    return found[0] if len(found) == 1 else None


def _methods_named(program: Program, language: str, name: str) -> list[At[tree.Function]]:
    """The methods of that name; from the second one on nobody asks for more."""
    found: list[At[tree.Function]] = []
    for module, unit in program.units_with(name, language):
        if len(found) > 1:
            break
        if not may_define_member(unit, name):
            continue
        program.queries.note(unit)
        for klass in index_of(unit).classes:
            for statement in klass.body.statements:
                if not isinstance(statement, tree.Assign) or not isinstance(statement.value, tree.Function):
                    continue
                if any(isinstance(each, tree.Name) and each.id == name for each in statement.targets):
                    found.append(At(module.path, unit, statement.value))
    return found
