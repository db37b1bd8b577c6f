"""Effects that act on the latest message and run again on each render, so that the same message is applied anew."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import Change, changes_of
from halfopen.connections.freshness.facts import Reapplied
from halfopen.connections.updates.applied import handlers_of, runs
from halfopen.connections.updates.relayed import Relay, relays
from halfopen.connections.updates.slots import Slot, setter_slot
from halfopen.connections.updates.writes import Site, writes_in
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes

_GROWS = ("merged", "appended", "counted")
"""Writes that make another value each time: React renders again, and with it the effect runs again."""


def reapplied(view: View) -> Iterator[Reapplied]:
    """The effects on the latest message with a dependency that is new on each render."""
    written: dict[Slot, list[Site]] = {}
    for function in runs(view.program, handlers_of(view, "message")):
        for site in writes_in(view.program, function):
            written.setdefault(site.slot, []).append(site)
    for relay in relays(view, written.items()):
        found = _anew(view, relay)
        if found is None or _remembers(relay) or _takes_away(view, relay):
            continue
        dependency, change = found
        ran = runs(view.program, [relay.effect.callback], later=False)
        grown = next(
            (site for each in ran for site in writes_in(view.program, each) if site.how in _GROWS), None
        )
        acts = _acts(view, relay)
        if grown is None and acts is None:
            continue
        place = relay.effect.call.to(dependency)
        seen = grown.call if grown is not None else acts
        yield Reapplied(
            relay.use.text,
            place.text,
            change.what,
            grown.slot.key if grown is not None else "",
            place.span,
            (
                *change.evidence,
                *((Evidence(seen.span, "done again each time"),) if seen is not None else ()),
            ),
        )


def _anew(view: View, relay: Relay) -> tuple[tree.Expr, Change] | None:
    """The first dependency that is another one on each render."""
    for dependency in relay.effect.dependencies or ():
        for change in changes_of(view.program, relay.effect.call.to(dependency)):
            if change.kind in ("identity", "value"):
                return dependency, change
    return None


def _remembers(relay: Relay) -> bool:
    """Whether the effect keeps in a ref what it has dealt with, and asks it: `if (seen.current === message.id) return`."""
    kept: set[str] = set()
    asked: set[str] = set()
    for node in tree.walk(relay.effect.callback.node.body):
        match node:
            case tree.Assign(targets=targets):
                kept |= {_ref(each) for each in targets}
            case tree.Call(callee=tree.Member(object=inner, name="add" | "set" | "push")):
                kept.add(_ref(inner))
            case tree.If(test=test) | tree.Conditional(test=test):
                asked |= {_ref(each) for each in tree.walk(test) if isinstance(each, tree.Member)}
            case _:
                pass
    return bool((kept & asked) - {""})


def _ref(node: tree.Node) -> str:
    if isinstance(node, tree.Member) and node.name == "current" and isinstance(node.object, tree.Name):
        return node.object.id
    return ""


def _takes_away(view: View, relay: Relay) -> bool:
    """Whether the effect empties the state that holds the message: the next run finds none."""
    return any(
        site.slot == relay.slot and site.how == "cleared"
        for function in runs(view.program, [relay.effect.callback], later=False)
        for site in writes_in(view.program, function)
    )


def _acts(view: View, relay: Relay) -> At[tree.Call] | None:
    """A call of the effect that is made for what it does: no setter, no log, nothing that is only stopped."""
    for node in own_nodes(relay.effect.callback):
        call = node.value if isinstance(node, tree.Do) else None
        if not isinstance(call, tree.Call):
            continue
        at = relay.effect.callback.to(call)
        text = at.to(call.callee).text
        if text.startswith("console.") or setter_slot(view.program, at.to(call.callee)) is not None:
            continue
        if call.arguments and text.rpartition(".")[2] not in ("clearInterval", "clearTimeout"):
            return at
    return None
