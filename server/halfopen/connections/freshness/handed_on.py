"""Functions of a component that are handed to the hook, class or store that has the socket, and run on its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.client_owner import references
from halfopen.connections.client_view import View
from halfopen.connections.presentation.running import handlers_of, running
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At
from halfopen.semantics.react import Effect, effect_around, react_owner

_ALWAYS_CURRENT = frozenset(
    {"useEffectEvent", "useEvent", "useEventCallback", "useMemoizedFn", "useStableCallback"}
)


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A function that another component's or hook's code runs on an event.

    `effects` hand it over; `hook` has the socket and got it as an argument, None where a class or store did; `root` is
    the socket's handler from which it is run.
    """

    function: At[tree.Function]
    event: str
    root: At[tree.Function]
    effects: tuple[Effect, ...]
    hook: At[tree.Function] | None
    given: At[tree.Expr] | None


def handed_on(view: View) -> Iterator[HandedOn]:
    """The functions of components that run on messages and closes, but for the socket's own handlers."""
    for event in ("message", "close"):
        for root in handlers_of(view, event):
            for each in running(view, [root]):
                owner = react_owner(each.function)
                if not each.chain or owner is None or owner.function.node is each.function.node:
                    continue
                there = react_owner(each.chain[-1])
                if there is not None and there.function == owner.function:
                    continue
                if any(_is_current(view, call) for call in each.chain) or _is_kept_current(each.function):
                    continue
                home = react_owner(root)
                hook = home.function if home is not None and home.function != owner.function else None
                effects = dict[tree.Node, Effect]()
                given: At[tree.Expr] | None = None
                for reference in references(view.program, each.function):
                    if _owner(reference) != owner.function:
                        continue
                    effect = effect_around(view.program, reference)
                    if effect is not None and _owner(effect.call) == owner.function:
                        effects[effect.call.node] = effect
                        given = reference
                for effect in view.reach.effects:
                    if _owner(effect.call) == owner.function:
                        effects[effect.call.node] = effect
                yield HandedOn(each.function, event, root, tuple(effects.values()), hook, given)


def _owner(at: At[tree.Expr]) -> At[tree.Function] | None:
    owner = react_owner(at)
    return owner.function if owner is not None else None


def _is_current(view: View, call: At[tree.Call]) -> bool:
    """Whether what is called is read from a ref at that moment: `latest.current(message)`."""
    callee = call.node.callee
    if any(isinstance(node, tree.Member) and node.name == "current" for node in tree.walk(callee)):
        return True
    for node in tree.walk(callee):
        if isinstance(node, tree.Name):
            for path, unit, definition in view.program.definitions_of(view.program.variable(call.to(node))):
                value = definition.value
                if value is not None and path == call.path and unit is call.unit and _reads_current(value):
                    return True
    return False


def _reads_current(value: tree.Node) -> bool:
    return any(
        (isinstance(inner, tree.Member) and inner.name == "current")
        or (isinstance(inner, tree.Call) and last_name(inner.callee) in _ALWAYS_CURRENT)
        for inner in tree.walk(value, tree.same_function)
    )


def _is_kept_current(function: At[tree.Function]) -> bool:
    """Whether a hook keeps a function current: `useEffectEvent((message) => ...)`."""
    parent = function.parent
    call = function.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    return isinstance(call, tree.Call) and last_name(call.callee) in _ALWAYS_CURRENT
