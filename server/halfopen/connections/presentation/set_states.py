"""The states of React or of a store that the handlers of an event set, and whether they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from halfopen.connections.client_view import View
from halfopen.connections.freshness.changes import Change
from halfopen.connections.presentation.display import Reach, reach_of_target, reach_of_use
from halfopen.connections.presentation.running import handlers_of, running
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import state_hook
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At
from halfopen.semantics.stores import readers, store_around, store_setter_of
from halfopen.semantics.values import origins


@dataclass(frozen=True, slots=True)
class Written:
    """A state that a handler sets, with the call that does so, what it is given, and the calls that lead there."""

    state: Change
    call: At[tree.Call]
    value: At[tree.Expr]
    chain: tuple[At[tree.Call], ...] = ()


def written_on(view: View, event: str) -> Iterator[Written]:
    """The states that the handlers of an event set."""
    for current in running(view, handlers_of(view, event)):
        for at in current.nodes():
            if isinstance(at.node, tree.Call):
                for each in states_set_by(view, at.to(at.node)):
                    yield replace(each, chain=current.chain)


def states_set_by(view: View, call: At[tree.Call]) -> Iterator[Written]:
    """The states of React or of a store that a call sets."""
    if not call.node.arguments:
        return
    callee, value = call.node.callee, call.to(call.node.arguments[0].value)
    if isinstance(callee, tree.Name):
        for hook in _hooks_set_by(view, call.to(callee)):
            name = _state_name(hook)
            if name is not None:
                yield Written(Change("state", name, hook), call, value)
    store = store_around(view.program, call) if store_setter_of(view.program, call) is not None else None
    for state in _new_states(view, value) if store is not None else ():
        for entry in state.node.entries:
            if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str) and store is not None:
                yield Written(
                    Change("store", entry.key.value, store, entry.key.value), call, state.to(entry.value)
                )


def _new_states(view: View, value: At[tree.Expr]) -> Iterator[At[tree.Object]]:
    """`set({ ... })`, `set((state) => ({ ... }))`."""
    if isinstance(value.node, tree.Object):
        yield value.to(value.node)
    for function in functions(view.program, value):
        for state in returned(function):
            if isinstance(state.node, tree.Object):
                yield state.to(state.node)


def _hooks_set_by(view: View, name: At[tree.Name]) -> Iterator[At[tree.Call]]:
    """The `useState` calls whose setter a name is, also where a hook was handed the setter."""
    hook = state_hook(view.program, name)
    if hook is not None:
        if hook[1] == 1:
            yield hook[0]
        return
    for origin in origins(view.program, name):
        if not isinstance(origin, ParameterOf) or origin.steps:
            continue
        for call in callers(view.program, origin.function):
            given = argument_of(call.node, origin.function.node, origin.parameter)
            if isinstance(given, tree.Name):
                hook = state_hook(view.program, call.to(given))
                if hook is not None and hook[1] == 1:
                    yield hook[0]


def _state_name(hook: At[tree.Call]) -> str | None:
    target = target_of_hook(hook)
    return target.text if target is not None else None


def target_of_hook(hook: At[tree.Node]) -> At[tree.Expr] | None:
    parent = hook.parent
    if (
        isinstance(parent, tree.Assign)
        and isinstance(parent.targets[0], tree.Sequence)
        and parent.targets[0].items
    ):
        return hook.to(parent.targets[0].items[0])
    return None


def is_shown(view: View, state: Change) -> bool:
    if state.kind == "state":
        target = target_of_hook(state.at)
        return target is not None and reach_of_target(view.program, target).reach is Reach.SHOWN
    store = state.at.node
    if not isinstance(store, tree.Call):
        return False
    for reader in readers(view.program, state.at.to(store)):
        for use in _reads_of_key(reader, state.key):
            if reach_of_use(view.program, use).reach is Reach.SHOWN:
                return True
    return False


def _reads_of_key(reader: At[tree.Call | tree.Parameter], key: str) -> Iterator[At[tree.Expr]]:
    """Where a store's reader takes a name out of the state."""
    node = reader.node
    if isinstance(node, tree.Parameter):
        function = reader.index.parents.get(node)
        if isinstance(function, tree.Function):
            for each in tree.walk(function.body):
                if isinstance(each, tree.Member) and each.name == key and isinstance(each.object, tree.Name):
                    yield reader.to(each)
        return
    parent = reader.parent
    if isinstance(parent, tree.Member) and parent.name == key:
        yield reader.to(parent)
    if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Object):
        for entry in parent.targets[0].entries:
            if (
                isinstance(entry.key, tree.Literal)
                and entry.key.value == key
                and isinstance(entry.value, tree.Name)
            ):
                binding = reader.index.bindings.get(entry.value)
                for read in binding.reads if binding is not None else ():
                    yield reader.to(read)
