"""Slots of state: one `useState`, or one key of a Zustand store; and which slot an expression is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import state_hook
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.names import last_name
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.stores import initializers, is_shallow, is_store_factory, store_around
from halfopen.semantics.values import origins

_DEEPEST = 6
_ELEMENT_OF = frozenset({"find", "get", "at", "findLast"})
_ITERATES = frozenset({"forEach", "map", "filter", "some", "every", "find", "findIndex", "reduce"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A piece of state that is set as a whole: a React state, or a key of a store's state.

    `home` is the hook's call or the store's; `key` the state's name. `is_store` tells which.
    """

    home: At[tree.Call]
    key: str
    is_store: bool


def react_slot(program: Program, name: At[tree.Name], part: int) -> Slot | None:
    """The React state that a name is the value (part 0) or the setter (part 1) of."""
    hook = state_hook(program, name)
    if hook is None or hook[1] != part:
        return None
    parent = hook[0].parent
    target = parent.targets[0] if isinstance(parent, tree.Assign) else None
    first = target.items[0] if isinstance(target, tree.Sequence) and target.items else None
    written = last_name(hook[0].node.callee)
    if not isinstance(first, tree.Name) or written != "useState":
        return None
    return Slot(hook[0], first.id, is_store=False)


def setter_slot(program: Program, callee: At[tree.Expr], depth: int = 0) -> Slot | None:
    """The React state that a callee sets; a setter handed on as a parameter is followed to where it comes from."""
    if not isinstance(callee.node, tree.Name):
        return None
    slot = react_slot(program, callee.to(callee.node), 1)
    if slot is not None or depth > 3:
        return slot
    for origin in origins(program, callee):
        if not isinstance(origin, ParameterOf):
            continue
        for call in callers(program, origin.function):
            if origin.steps:
                continue
            given = argument_of(call.node, origin.function.node, origin.parameter)
            found = setter_slot(program, call.to(given), depth + 1) if given is not None else None
            if found is not None:
                return found
    return None


def stores_behind(program: Program, at: At[tree.Expr]) -> Iterator[At[tree.Call]]:
    """The stores that an expression is (`useStore`)."""
    for origin in origins(program, at):
        if (
            isinstance(origin, At)
            and isinstance(origin.node, tree.Call)
            and is_store_factory(program, origin.to(origin.node))
        ):
            yield origin.to(origin.node)


def uses_immer(program: Program, store: At[tree.Call]) -> bool:
    """Whether a store's initializer stands within the immer middleware."""
    waiting = [store.to(argument.value) for argument in store.node.arguments[:1]]
    while waiting:
        at = waiting.pop()
        if not isinstance(at.node, tree.Call):
            continue
        if any(
            isinstance(origin, External) and origin.name.rpartition(".")[2] == "immer"
            for origin in origins(program, at.to(at.node.callee))
        ):
            return True
        waiting += [at.to(argument.value) for argument in at.node.arguments[:1]]
    return False


def state_of(program: Program, at: At[tree.Expr], depth: int = 0) -> At[tree.Call] | None:
    """The store whose whole state an expression is: `get()`, `useStore.getState()`, `set`'s parameter."""
    if depth > _DEEPEST:
        return None
    match at.node:
        case tree.Call(callee=callee, arguments=arguments):
            if isinstance(callee, tree.Member) and callee.name == "getState":
                return next(stores_behind(program, at.to(callee.object)), None)
            if isinstance(callee, tree.Name):
                store = _initializer_parameter(program, at.to(callee), 1)
                if store is not None:
                    return store
                if not arguments:
                    return next(stores_behind(program, at.to(callee)), None)
            return None
        case tree.Name() as name:
            for path, unit, definition in program.definitions_of(program.variable(at.to(name))):
                here: At[tree.Node] = At(path, unit, definition.target)
                if definition.kind == "value" and definition.value is not None and not definition.steps:
                    found = state_of(program, here.to(definition.value), depth + 1)
                    if found is not None:
                        return found
                if definition.kind == "parameter" and not definition.steps:
                    found = _received_state(program, At(path, unit, definition.node))
                    if found is not None:
                        return found
            return None
        case _:
            return None


def _initializer_parameter(program: Program, name: At[tree.Name], position: int) -> At[tree.Call] | None:
    """The store whose initializer's parameter (0 sets, 1 gets) a name is."""
    store = store_around(program, name)
    if store is None:
        return None
    binding = name.index.bindings.get(name.node)
    for initializer in initializers(program, store):
        parameters = initializer.node.parameters
        if position < len(parameters) and any(
            definition.node is parameters[position] for definition in (binding.definitions if binding else ())
        ):
            return store
    return None


def _received_state(program: Program, parameter: At[tree.Node]) -> At[tree.Call] | None:
    """The store whose state the parameter of an updater or selector receives; not with immer, whose drafts may be changed."""
    function = parameter.parent
    if (
        not isinstance(function, tree.Function)
        or not function.parameters
        or function.parameters[0] is not parameter.node
    ):
        return None
    argument = parameter.index.parents.get(function)
    call = parameter.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if not isinstance(call, tree.Call) or call.arguments[0] is not argument:
        return None
    if is_shallow(call):
        outer = parameter.index.parents.get(call)
        call = parameter.index.parents.get(outer) if isinstance(outer, tree.Argument) else None
        if not isinstance(call, tree.Call):
            return None
    store = store_set_by(program, parameter.to(call))
    if store is not None:
        return None if uses_immer(program, store) else store
    return next(stores_behind(program, parameter.to(call.callee)), None)


def store_set_by(program: Program, call: At[tree.Call]) -> At[tree.Call] | None:
    """The store that a call sets: `set(...)` of the initializer, `useStore.setState(...)`."""
    callee = call.node.callee
    if isinstance(callee, tree.Name):
        return _initializer_parameter(program, call.to(callee), 0)
    if isinstance(callee, tree.Member) and callee.name == "setState":
        return next(stores_behind(program, call.to(callee.object)), None)
    return None


def slot_of(program: Program, at: At[tree.Expr], depth: int = 0) -> Slot | None:
    """The slot whose present value, or a part of it, an expression is. A copy is none."""
    if depth > _DEEPEST:
        return None
    match at.node:
        case tree.Member(object=inner, name=name):
            store = state_of(program, at.to(inner))
            if store is not None:
                return Slot(store, name, is_store=True)
            return slot_of(program, at.to(inner), depth + 1)
        case tree.Index(object=inner):
            return slot_of(program, at.to(inner), depth + 1)
        case tree.Call(callee=tree.Member(object=inner, name=name)) if name in _ELEMENT_OF:
            return slot_of(program, at.to(inner), depth + 1)
        case tree.Call(callee=callee, arguments=(first, *_)):
            return _selected(program, at.to(callee), at.to(first.value), depth)
        case tree.Operation(operator="or" | "??", operands=(first, *_)):
            return slot_of(program, at.to(first), depth + 1)
        case tree.Name() as name:
            return _named(program, at.to(name), depth)
        case _:
            return None


def _selected(program: Program, callee: At[tree.Expr], selector: At[tree.Expr], depth: int) -> Slot | None:
    """`useStore((state) => state.items)`."""
    if next(stores_behind(program, callee), None) is None:
        return None
    for function in functions(program, selector):
        for value in returned(function):
            return slot_of(program, value, depth + 1)
    return None


def _named(program: Program, name: At[tree.Name], depth: int) -> Slot | None:
    slot = react_slot(program, name, 0)
    if slot is not None:
        return slot
    for path, unit, definition in program.definitions_of(program.variable(name)):
        here: At[tree.Node] = At(path, unit, definition.target)
        if definition.kind in ("value", "element") and definition.value is not None:
            value = here.to(definition.value)
            step = definition.steps[0] if definition.steps else None
            store = state_of(program, value) if isinstance(step, str) else None
            if store is not None and isinstance(step, str):
                return Slot(store, step, is_store=True)
            found = _picked(program, value, step) if isinstance(step, str) else None
            if found is None and not definition.steps:
                found = slot_of(program, value, depth + 1)
            if found is not None:
                return found
        elif definition.kind == "parameter" and not definition.steps:
            found = _iterated(program, At(path, unit, definition.node), depth)
            if found is not None:
                return found
    return None


def _picked(program: Program, value: At[tree.Expr], step: str) -> Slot | None:
    """`const { items } = useStore(useShallow((state) => ({ items: state.items })))`."""
    if not isinstance(value.node, tree.Call) or not value.node.arguments:
        return None
    if next(stores_behind(program, value.to(value.node.callee)), None) is None:
        return None
    selector = value.node.arguments[0].value
    if isinstance(selector, tree.Call) and selector.arguments:
        selector = selector.arguments[0].value
    for function in functions(program, value.to(selector)):
        for result in returned(function):
            for entry in result.node.entries if isinstance(result.node, tree.Object) else ():
                if isinstance(entry.key, tree.Literal) and entry.key.value == step:
                    return slot_of(program, result.to(entry.value), 1)
    return None


def _iterated(program: Program, parameter: At[tree.Node], depth: int) -> Slot | None:
    """The element that an iteration over a slot hands to a callback, and the state that an updater receives."""
    function = parameter.parent
    if not isinstance(function, tree.Function) or function.parameters[0] is not parameter.node:
        return None
    argument = parameter.index.parents.get(function)
    call = parameter.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if not isinstance(call, tree.Call) or not call.arguments or call.arguments[0] is not argument:
        return None
    callee = call.callee
    if isinstance(callee, tree.Member) and callee.name in _ITERATES - {"reduce"}:
        return slot_of(program, parameter.to(callee.object), depth + 1)
    return setter_slot(program, parameter.to(callee))


def initial_value(program: Program, slot: Slot) -> At[tree.Expr] | None:
    """What a slot holds at first."""
    if not slot.is_store:
        arguments = slot.home.node.arguments
        return slot.home.to(arguments[0].value) if arguments else None
    for initializer in initializers(program, slot.home):
        for value in returned(initializer):
            found = _under(program, value, slot.key)
            if found is not None:
                return found
    return None


def _under(program: Program, at: At[tree.Expr], key: str, depth: int = 0) -> At[tree.Expr] | None:
    """What an object has under a key, by itself or through what is spread into it (`{ ...EMPTY, rename }`)."""
    entries = at.node.entries if isinstance(at.node, tree.Object) else ()
    for entry in entries:
        if isinstance(entry.key, tree.Literal) and entry.key.value == key:
            return at.to(entry.value)
    for entry in entries if depth < _DEEPEST_SPREAD else ():
        for origin in origins(program, at.to(entry.value)) if entry.key is None else ():
            found = _under(program, origin, key, depth + 1) if isinstance(origin, At) else None
            if found is not None:
                return found
    return None


_DEEPEST_SPREAD = 2


def actions(program: Program, at: At[tree.Expr]) -> list[At[tree.Function]]:
    """The functions that a store keeps at the key which an expression reads."""
    slot = slot_of(program, at)
    if slot is None or not slot.is_store:
        return []
    value = initial_value(program, slot)
    return functions(program, value) if value is not None else []
