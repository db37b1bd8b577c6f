"""Zustand stores: `create` in its forms, and who reads and writes a store's state.

A store is made by `create(initializer)`, `create<T>()(initializer)`, `createStore(...)`, or a middleware
around the initializer (`devtools(persist(immer((set, get) => ...)))`). The initializer's first two
parameters set and get the state; the third is the store itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from halfopen.semantics import tree
from halfopen.semantics.names import bound_to
from halfopen.semantics.program import At, External, Program, Variable
from halfopen.semantics.values import origins

Reader: TypeAlias = At[tree.Call | tree.Parameter]
"""An expression that is a store's state, or a selector's parameter that receives it."""

_FACTORIES = frozenset({"create", "createStore", "createWithEqualityFn"})


def is_store_factory(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call makes a Zustand store (`create(...)`, `create<T>()(...)`)."""
    callee = call.node.callee
    if isinstance(callee, tree.Call):
        return not callee.arguments and is_store_factory(program, call.to(callee))
    return any(
        isinstance(origin, External)
        and origin.module.startswith("zustand")
        and origin.name in (*_FACTORIES, "default")
        for origin in origins(program, call.to(callee))
    )


def initializers(program: Program, store: At[tree.Call]) -> list[At[tree.Function]]:
    """The functions that make a store's state: the initializer within its middleware, and its slices."""
    found: list[At[tree.Function]] = []
    waiting: list[At[tree.Expr]] = [store.to(argument.value) for argument in store.node.arguments[:1]]
    while waiting:
        at = waiting.pop()
        for origin in origins(program, at):
            if not isinstance(origin, At):
                continue
            if isinstance(origin.node, tree.Function):
                found.append(origin.to(origin.node))
                waiting += _slices(origin.to(origin.node))
            elif isinstance(origin.node, tree.Call) and origin.node.arguments:
                waiting.append(origin.to(origin.node.arguments[0].value))
    return list(dict.fromkeys(found))


def _slices(initializer: At[tree.Function]) -> list[At[tree.Expr]]:
    """`(...a) => ({...createSlice(...a)})`: the slice creators."""
    creators = initializer.unit.derived(
        ("slices", initializer.node),
        lambda: tuple(
            node.value.callee
            for node in tree.walk(initializer.node.body, tree.same_function)
            if isinstance(node, tree.Entry) and node.key is None and isinstance(node.value, tree.Call)
        ),
    )
    return [initializer.to(each) for each in creators]


def store_around(program: Program, at: At[tree.Node]) -> At[tree.Call] | None:
    """The store whose initializer a node stands in."""
    for node in at.index.ancestors(at.node):
        if isinstance(node, tree.Call) and is_store_factory(program, at.to(node)):
            return at.to(node)
    return None


def store_setter_of(program: Program, call: At[tree.Call]) -> list[Reader] | None:
    """Everyone who reads the store that this call writes; None where the call sets no store.

    `set(...)` of the initializer, `useStore.setState(...)` and `api.setState(...)`.
    """
    store = _store_written(program, call)
    return None if store is None else list(readers(program, store))


def _store_written(program: Program, call: At[tree.Call]) -> At[tree.Call] | None:
    callee = call.node.callee
    if isinstance(callee, tree.Name):
        function, position = _parameter_position(call.to(callee))
        if function is not None and position == 0:
            store = store_around(program, call)
            if store is not None and call.to(function) in initializers(program, store):
                return store
        return None
    if isinstance(callee, tree.Member) and callee.name == "setState":
        for origin in origins(program, call.to(callee.object)):
            if (
                isinstance(origin, At)
                and isinstance(origin.node, tree.Call)
                and is_store_factory(program, origin.to(origin.node))
            ):
                return origin.to(origin.node)
    return None


def _parameter_position(name: At[tree.Name]) -> tuple[tree.Function | None, int]:
    binding = name.index.bindings.get(name.node)
    for definition in binding.definitions if binding else ():
        function = name.index.parents.get(definition.node)
        if definition.kind == "parameter" and isinstance(function, tree.Function):
            for position, parameter in enumerate(function.parameters):
                if parameter is definition.node:
                    return function, position
    return None, -1


def readers(program: Program, store: At[tree.Call]) -> Iterator[Reader]:
    """Expressions that are the store's state (`get()`, `useStore()`, `useStore.getState()`), and selector
    parameters that receive it (`useStore((s) => ...)`, `set((s) => ...)`)."""
    for initializer in initializers(program, store):
        parameters = initializer.node.parameters
        for call in initializer.index.calls:
            if not isinstance(call.callee, tree.Name):
                continue
            function, position = _parameter_position(initializer.to(call.callee))
            if function is initializer.node and position == 1:
                yield initializer.to(call)
            elif function is initializer.node and position == 0 and parameters:
                yield from _selector(program, initializer.to(call))
    for variable in store_names(program, store):
        for read in program.reads(variable):
            parent = read.parent
            if isinstance(parent, tree.Call) and parent.callee is read.node:
                yield from state_readers(program, read.to(parent), read)
            elif isinstance(parent, tree.Member) and parent.name in ("getState", "setState", "subscribe"):
                call = read.index.parents.get(parent)
                if isinstance(call, tree.Call) and call.callee is parent:
                    if parent.name == "getState":
                        yield read.to(call)
                    else:
                        yield from _selector(program, read.to(call))


def store_names(program: Program, store: At[tree.Call]) -> list[Variable]:
    """The variables that hold the store."""
    return bound_to(program, store)


def state_readers(program: Program, call: At[tree.Call], callee: At[tree.Expr]) -> Iterator[Reader]:
    """For `useStore(...)`: the call itself without a selector, else the selector's parameter.

    `create<T>()(initializer)` calls no store: it makes one.
    """
    if is_store_factory(program, call) or not any(
        isinstance(origin, At)
        and isinstance(origin.node, tree.Call)
        and is_store_factory(program, origin.to(origin.node))
        for origin in origins(program, callee)
    ):
        return
    if call.node.arguments:
        yield from _selector(program, call)
    else:
        yield call


def _selector(program: Program, call: At[tree.Call]) -> Iterator[Reader]:
    for argument in call.node.arguments[:1]:
        for origin in origins(program, call.to(_within_shallow(argument.value))):
            if isinstance(origin, At) and isinstance(origin.node, tree.Function) and origin.node.parameters:
                yield origin.to(origin.node.parameters[0])


def _within_shallow(selector: tree.Expr) -> tree.Expr:
    """The selector that `useShallow(selector)` compares the results of."""
    if is_shallow(selector) and isinstance(selector, tree.Call) and selector.arguments:
        return selector.arguments[0].value
    return selector


def is_shallow(node: tree.Node | None) -> bool:
    """Whether a node is a call of Zustand's `useShallow`."""
    return (
        isinstance(node, tree.Call) and isinstance(node.callee, tree.Name) and node.callee.id == "useShallow"
    )
