"""Functions that their callers give the answer to a request: `apply(await listDocuments())`, `list().then(apply)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.requests import reaches_request
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of
from halfopen.semantics.unit import Unit
from halfopen.semantics.values import origins

_DEPTH = 3


def answers_given(program: Program, function: At[tree.Function]) -> list[At[tree.Call]]:
    """The calls that give a function the answer to a request, or hand it on to be given that."""
    key = ("answers given", function.node)
    return program.queries.search(key, lambda: list(_given(program, function)))


def _given(program: Program, function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    program.queries.note(function.unit)
    for call in callers(program, function):
        if is_shipped(call.path) and any(
            _is_answer(program, call.to(each.value)) for each in call.node.arguments
        ):
            yield call
    for call in _handed_on(program, function):
        asked = call.node.callee.object if isinstance(call.node.callee, tree.Member) else None
        if isinstance(asked, tree.Call) and is_shipped(call.path) and _asks(program, call.to(asked)):
            yield call


def _is_answer(program: Program, given: At[tree.Expr]) -> bool:
    """`await listDocuments()`, or a name that was given it."""
    for source in (given, *(each for each in origins(program, given) if isinstance(each, At))):
        for node in tree.walk(source.node, tree.same_function):
            asked = node.value if isinstance(node, tree.Await) else None
            if isinstance(asked, tree.Call) and _asks(program, source.to(asked)):
                return True
    return _is_awaited_name(program, given)


def _is_awaited_name(program: Program, given: At[tree.Expr]) -> bool:
    if not isinstance(given.node, tree.Name):
        return False
    return any(
        isinstance(definition.value, tree.Await)
        and isinstance(definition.value.value, tree.Call)
        and _asks(program, At(path, unit, definition.value.value))
        for path, unit, definition in program.definitions_of(program.variable(given.to(given.node)))
    )


def _asks(program: Program, call: At[tree.Call]) -> bool:
    found = reaches_request(program, call, _DEPTH)
    return found is not None and found.kind == "fetch"


def _handed_on(program: Program, function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    """Where a promise is to call a function: `.then(applySnapshot)`, `.then(useStore.getState().applySnapshot)`."""
    name, _ = name_of_function(function)
    if name is None:
        return
    for module, unit in program.units_calling("then", function.unit.language, beside=name):
        for call, value in _continuations(unit).get(name, ()):
            at = At(module.path, unit, call)
            if function in functions(program, at.to(value)):
                yield at


def _continuations(unit: Unit) -> Mapping[str, Sequence[tuple[tree.Call, tree.Expr]]]:
    """The calls of `then` that are given a function by its name, by that name."""

    def found() -> Mapping[str, Sequence[tuple[tree.Call, tree.Expr]]]:
        by_name: dict[str, list[tuple[tree.Call, tree.Expr]]] = {}
        for call in index_of(unit).calls:
            if isinstance(call.callee, tree.Member) and call.callee.name == "then":
                for argument in call.arguments:
                    name = last_name(argument.value)
                    if name:
                        by_name.setdefault(name, []).append((call, argument.value))
        return by_name

    return unit.derived("continuations by name", found)
