"""A state that holds the latest message, and the effects that act on it: they run for each message, after a render."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from halfopen.connections.client_view import View
from halfopen.connections.messages.received import LATEST
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.overtaken import uses
from halfopen.connections.updates.slots import Slot
from halfopen.connections.updates.writes import Site, writes_everywhere
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.react import Effect, effect_of


@dataclass(frozen=True, slots=True)
class Relay:
    """An effect that depends on the latest message. `use` is the dependency; `slot` the state, None for a library's."""

    effect: Effect
    use: At[tree.Expr]
    slot: Slot | None


def relays(view: View, sites: Iterable[tuple[Slot, list[Site]]]) -> list[Relay]:
    """The effects that run because a message changed the state that holds the latest one."""
    found: dict[tree.Node, Relay] = {}
    made = {effect.call.node for effect in view.reach.effects}
    for slot, written in sites:
        if _holds_latest(view.program, slot, written):
            for use in uses(view.program, slot):
                _keep(view.program, found, made, use, slot)
    for use in _latest(view):
        _keep(view.program, found, made, use, None)
    return list(found.values())


def _holds_latest(program: Program, slot: Slot, written: list[Site]) -> bool:
    """Whether a state is set to what came, and by messages alone: what else sets it only empties it."""
    if any(each.how not in ("replaced", "cleared") for each in written):
        return False
    by_message = {each.call.node for each in written}
    return any(each.how == "replaced" and _is_of_message(each.value) for each in written) and all(
        each.how == "cleared" or each.call.node in by_message for each in writes_everywhere(program, slot)
    )


def _is_of_message(value: At[tree.Expr], depth: int = 0) -> bool:
    """Whether an expression is the message or a part of it: `JSON.parse(event.data)`, `message.payload`, a parameter."""
    node = value.node
    while isinstance(node, tree.Member | tree.Index):
        node = node.object
    match node:
        case tree.Call(callee=callee):
            return last_name(callee) == "parse"
        case tree.Name():
            binding = value.index.bindings.get(node)
            for definition in binding.definitions if binding is not None and depth < _DEEPEST else ():
                if definition.kind == "parameter":
                    return True
                if definition.value is not None and _is_of_message(value.to(definition.value), depth + 1):
                    return True
            return False
        case _:
            return False


_DEEPEST = 3


def _keep(
    program: Program,
    found: dict[tree.Node, Relay],
    made: Container[tree.Node],
    use: At[tree.Expr],
    slot: Slot | None,
) -> None:
    effect = _effect_on(program, use)
    if effect is not None and effect.call.node not in made and is_shipped(use.path) and _reads(effect, use):
        program.queries.note(use.unit)
        found.setdefault(effect.call.node, Relay(effect, use, slot))


def _effect_on(program: Program, use: At[tree.Expr]) -> Effect | None:
    """The effect whose dependencies hold a use, or a part of it (`[lastMessage?.id]`)."""
    node, items = use.node, use.parent
    while isinstance(items, tree.Member) and items.object is node:
        node, items = items, use.index.parents.get(items)
    argument = use.index.parents.get(items) if isinstance(items, tree.Sequence) else None
    call = use.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if isinstance(call, tree.Call) and len(call.arguments) > 1 and call.arguments[1] is argument:
        return effect_of(program, use.to(call))
    return None


def _reads(effect: Effect, use: At[tree.Expr]) -> bool:
    """Whether the effect works with what it depends on: one that only scrolls down acts on no message."""
    return isinstance(use.node, tree.Name) and any(
        isinstance(node, tree.Name) and node.id == use.node.id
        for node in tree.walk(effect.callback.node.body)
    )


def _latest(view: View) -> Iterator[At[tree.Expr]]:
    """The uses of `lastMessage` and `lastJsonMessage`, which a library's hook gives."""
    for alias in aliases(view.program, view.call):
        parent = alias.parent
        if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Object):
            for entry in parent.targets[0].entries:
                if isinstance(entry.key, tree.Literal) and entry.key.value in LATEST:
                    yield from aliases_of_target(view.program, alias.to(entry.value))
