"""Backwards through Zustand: from an expression that is a store's state to what its initializer gives.

`get().connect`, `useLive.getState().connect`, `const { connect } = useLive()` and
`useLive((s) => s.connect)` are all the function that the initializer's object has under that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import returned
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.stores import initializers, is_store_factory, store_around
from halfopen.semantics.values import origins


def state_displays(program: Program, origin: At[tree.Expr] | ParameterOf) -> Iterator[At[tree.Object]]:
    """The object literals that an origin is, where it is the state of a store; none where it is not."""
    store = (
        _store_selected(program, origin) if isinstance(origin, ParameterOf) else _store_read(program, origin)
    )
    if store is None:
        return
    for initializer in initializers(program, store):
        program.queries.note(initializer.unit)
        for value in returned(initializer):
            for each in origins(program, value):
                if isinstance(each, At) and isinstance(each.node, tree.Object):
                    yield each.to(each.node)


def selectors_of(program: Program, call: At[tree.Call], callee: At[tree.Call]) -> list[At[tree.Function]]:
    """The selectors of `useLive((s) => s.connect)`, whose callee `useLive` is the call that makes a store."""
    if is_store_factory(program, call) or not is_store_factory(program, callee) or not call.node.arguments:
        return []
    return functions(program, call.to(_within_shallow(call.node.arguments[0].value)))


def _store_read(program: Program, at: At[tree.Expr]) -> At[tree.Call] | None:
    """The store whose whole state a call gives: `get()`, `useLive()`, `useLive.getState()`."""
    node = at.node
    if not isinstance(node, tree.Call) or node.arguments:
        return None
    if isinstance(node.callee, tree.Name):
        getter = _store_of_getter(program, at.to(node.callee))
        return getter or _store_that_is(program, at.to(node.callee))
    if isinstance(node.callee, tree.Member) and node.callee.name == "getState":
        return _store_that_is(program, at.to(node.callee.object))
    return None


def _store_that_is(program: Program, at: At[tree.Expr]) -> At[tree.Call] | None:
    for origin in origins(program, at):
        if isinstance(origin, At) and isinstance(origin.node, tree.Call):
            made = origin.to(origin.node)
            if is_store_factory(program, made):
                return made
    return None


def _store_of_getter(program: Program, name: At[tree.Name]) -> At[tree.Call] | None:
    """The store whose initializer's second parameter a name is."""
    binding = name.index.bindings.get(name.node)
    for definition in binding.definitions if binding is not None else ():
        function = name.index.parents.get(definition.node)
        if (
            definition.kind == "parameter"
            and isinstance(function, tree.Function)
            and len(function.parameters) > 1
            and function.parameters[1] is definition.node
        ):
            store = store_around(program, name)
            if store is not None and name.to(function) in initializers(program, store):
                return store
    return None


def _store_selected(program: Program, origin: ParameterOf) -> At[tree.Call] | None:
    """The store whose state a selector or an updater is given as its first parameter."""
    function = origin.function
    if not function.node.parameters or function.node.parameters[0] is not origin.parameter:
        return None
    call = _call_given(function, function.node)
    if call is not None and isinstance(call.callee, tree.Name) and call.callee.id == "useShallow":
        call = _call_given(function, call)
    if call is None:
        return None
    if isinstance(call.callee, tree.Member) and call.callee.name in ("setState", "subscribe"):
        return _store_that_is(program, function.to(call.callee.object))
    if isinstance(call.callee, tree.Name):
        return _store_that_is(program, function.to(call.callee)) or _store_of_setter(
            program, function.to(call.callee)
        )
    return None


def _store_of_setter(program: Program, name: At[tree.Name]) -> At[tree.Call] | None:
    binding = name.index.bindings.get(name.node)
    for definition in binding.definitions if binding is not None else ():
        function = name.index.parents.get(definition.node)
        if (
            definition.kind == "parameter"
            and isinstance(function, tree.Function)
            and function.parameters[0] is definition.node
        ):
            store = store_around(program, name)
            if store is not None and name.to(function) in initializers(program, store):
                return store
    return None


def _call_given(at: At[tree.Function], value: tree.Expr) -> tree.Call | None:
    """The call that an expression is the first argument of."""
    argument = at.index.parents.get(value)
    call = at.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    return call if isinstance(call, tree.Call) and call.arguments[0] is argument else None


def _within_shallow(selector: tree.Expr) -> tree.Expr:
    """The selector that `useShallow(selector)` compares the results of."""
    if (
        isinstance(selector, tree.Call)
        and isinstance(selector.callee, tree.Name)
        and selector.callee.id == "useShallow"
        and selector.arguments
    ):
        return selector.arguments[0].value
    return selector
