"""Which functions of the workspace a call runs, and which calls run a function."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.function_shape import argument_of, name_of_function
from halfopen.semantics.members import members
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Global, Program
from halfopen.semantics.unit import Unit
from halfopen.semantics.values import origins


def functions(program: Program, at: At[tree.Expr]) -> list[At[tree.Function]]:
    """The workspace functions an expression may be: a callee, a callback, a decorator.

    A class that is called runs its constructor; an instance that is called is left out.
    """
    found: list[At[tree.Function]] = []
    for origin in origins(program, at):
        if isinstance(origin, At):
            if isinstance(origin.node, tree.Function):
                found.append(origin.to(origin.node))
            elif isinstance(origin.node, tree.Class):
                for name in ("__init__", "constructor"):
                    for value in members(program, origin.to(origin.node), name):
                        if isinstance(value.node, tree.Function):
                            found.append(value.to(value.node))
    return found


def callbacks(program: Program, at: At[tree.Expr], _depth: int = 0) -> list[At[tree.Function]]:
    """Like `functions`, and where an expression is a parameter, what the callers give for it."""
    found = functions(program, at)
    if _depth > 2:
        return found
    for origin in origins(program, at):
        if isinstance(origin, ParameterOf) and not origin.steps:
            for call in callers(program, origin.function):
                argument = argument_of(call.node, origin.function.node, origin.parameter)
                if argument is not None:
                    found += callbacks(program, call.to(argument), _depth + 1)
    return list(dict.fromkeys(found))


def called(program: Program, callee: At[tree.Expr]) -> list[At[tree.Function]]:
    """What a call runs; for a field that the constructor was given (`self._cancel(...)`), what it was given."""
    found = functions(program, callee)
    of_field = isinstance(callee.node, tree.Member) and isinstance(callee.node.object, tree.Name)
    return found or (callbacks(program, callee) if of_field else [])


def callers(program: Program, function: At[tree.Function]) -> list[At[tree.Call]]:
    """Every call in the workspace that may run a function, by its name or as a member."""
    key = ("callers", function.node)
    return program.queries.search(key, lambda: list(_callers(program, function)))


_COMMON = 120
"""A name in more files than this (`get`, `run`) is not followed to its callers: hardly any would be the function's."""


def _callers(program: Program, function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    name, _ = name_of_function(function)
    program.queries.note(function.unit)
    if name is None:
        return
    search = name
    if name in ("__init__", "constructor"):
        klass = function.index.class_of(function.node)
        if klass is None or klass.name is None:
            return
        search = klass.name
    elif name == "__call__":
        return
    if program.files_with(search, function.unit.language) > _COMMON:
        return
    is_method = function.node.receiver is not None and search == name
    for module, unit in program.units_calling(search, function.unit.language):
        if not is_method or search.encode() in unit.members:
            yield from _calls_in(program, module.path, unit, search, function)
    if not is_method:
        for other in program.imported_as(Global(function.path, search)):
            module = program.module(other.path) if other.name != search else None
            for unit in module.units if module is not None else ():
                if other.name.encode() in unit.called:
                    yield from _calls_in(program, other.path, unit, other.name, function)


def _calls_in(
    program: Program, path: str, unit: Unit, name: str, function: At[tree.Function]
) -> Iterator[At[tree.Call]]:
    """The calls of a unit that run a function under a name."""
    program.queries.note(unit)
    at: At[tree.Node] = At(path, unit, function.node)
    for call in at.index.calls:
        if last_name(call.callee) == name and function in functions(program, at.to(call.callee)):
            yield at.to(call)
