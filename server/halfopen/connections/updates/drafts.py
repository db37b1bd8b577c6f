"""What a person is typing, which a message clears or replaces: `setText("")` in an effect on what messages renew, an
editor whose whole text each message sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from halfopen.connections.client_release import guards_of
from halfopen.connections.client_view import View
from halfopen.connections.delivery.sends import send_calls
from halfopen.connections.facts import Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.connections.typed import typing_of
from halfopen.connections.updates.applied import runs
from halfopen.connections.updates.comparing import asks_version
from halfopen.connections.updates.facts import LostDraft
from halfopen.connections.updates.overtaken import effect_on, uses
from halfopen.connections.updates.requests import requests_in
from halfopen.connections.updates.slots import Slot
from halfopen.connections.updates.writes import Site, writes_everywhere, writes_in
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.program import At, Program
from halfopen.semantics.react import Effect

_PICKS = frozenset({"find", "at", "get", "findLast"})
_RENEWS = ("merged", "appended", "removed", "counted")
_MOST_USES = 60


def lost_drafts(view: View, sites: Iterable[tuple[Slot, list[Site]]]) -> Iterator[LostDraft]:
    """Each state that is typed into a field and that messages clear or replace."""
    seen: set[Slot] = set()
    listed = list(sites)
    for slot, written in listed:
        found = _replaced(view, slot, written)
        if found is not None and slot not in seen:
            seen.add(slot)
            yield found
    for slot, written in listed:
        renews = next((each for each in written if each.how in _RENEWS), None)
        if renews is None or not is_shipped(slot.home.path):
            continue
        for draft, cleared, effect, field, depends in _cleared(view.program, slot):
            if draft not in seen:
                seen.add(draft)
                yield LostDraft(
                    "cleared",
                    draft.key,
                    depends.text,
                    cleared.call.span,
                    (
                        Evidence(effect.call.span, "the effect runs whenever it is another object"),
                        Evidence(renews.call.span, f"a message makes `{slot.key}` anew"),
                        Evidence(field.span, f"`{draft.key}` is typed here"),
                    ),
                )


def _replaced(view: View, slot: Slot, written: list[Site]) -> LostDraft | None:
    """A state that messages set whole and that a person types, when what is typed goes to the server whole, too."""
    whole = next(
        (
            each
            for each in written
            if each.how == "replaced" and not isinstance(each.value.node, tree.Literal | tree.Template)
        ),
        None,
    )
    if whole is None or any(
        asks_version(each) or is_asked_first(view.program, each.call) for each in written
    ):
        return None
    for site in writes_everywhere(view.program, slot):
        typed = typing_of(view.program, site.call)
        if typed is None or any(site.call.node is each.call.node for each in written):
            continue
        field, handler = typed
        sends = goes_out(view, handler) or next(
            (
                each
                for use in uses(view.program, slot)
                if (effect := effect_on(view.program, use)) is not None
                for each in filter(None, (goes_out(view, effect.callback),))
            ),
            None,
        )
        if sends is not None:
            return LostDraft(
                "replaced",
                slot.key,
                slot.key,
                whole.call.span,
                (Evidence(field.span, "it is typed here"), Evidence(sends.span, "and goes out whole")),
            )
    return None


def goes_out(view: View, handler: At[tree.Function]) -> At[tree.Call] | None:
    """Where a function, or what it schedules, sends over the socket or asks the server to change something."""
    sends = {each.node: each for each in send_calls(view)}
    ran = runs(view.program, [handler])
    for function in ran:
        for node, call in sends.items():
            if function.node.start <= node.start < function.node.end and function.unit is call.unit:
                return call
    return next((each.at for each in requests_in(view.program, ran[:12]) if each.changes), None)


_HOLDS_BACK = ("typing", "focus", "editing", "dirty", "local", "remote", "composing", "active")


def is_asked_first(program: Program, write: At[tree.Call]) -> bool:
    """Whether a write asks whether the person is typing just now."""
    return any(
        any(word in name.lower() for word in _HOLDS_BACK)
        for test in guards_of(program, write)
        for node in tree.walk(test)
        if (
            name := node.id
            if isinstance(node, tree.Name)
            else node.name
            if isinstance(node, tree.Member)
            else ""
        )
    )


def _cleared(
    program: Program, slot: Slot
) -> Iterator[tuple[Slot, Site, Effect, At[tree.Element], At[tree.Expr]]]:
    """The drafts that an effect empties which depends on a whole slot, or on an entry that is picked from it."""
    checked: set[tree.Node] = set()
    for use in _all_uses(program, slot):
        effect = effect_on(program, use)
        if effect is None or effect.call.node in checked or not is_shipped(use.path):
            continue
        checked.add(effect.call.node)
        program.queries.note(use.unit)
        for site in writes_in(program, effect.callback):
            if site.how != "cleared" or site.slot == slot or _is_conditional(site, effect):
                continue
            for setter in writes_everywhere(program, site.slot):
                typed = typing_of(program, setter.call)
                if typed is not None:
                    yield site.slot, site, effect, typed[0], use
                    break


def _all_uses(program: Program, slot: Slot) -> list[At[tree.Expr]]:
    """Where the slot is read, and where an entry is that is looked up in it: `items.find(...) ?? null`."""
    found = list(uses(program, slot))[:_MOST_USES]
    for use in list(found):
        target = _picked(use)
        if target is not None:
            found += aliases_of_target(program, target)
    return found


def _picked(use: At[tree.Expr]) -> At[tree.Expr] | None:
    """The variable that an entry of a list is put into."""
    member = use.parent
    call = use.index.parents.get(member) if isinstance(member, tree.Member) else None
    if not (isinstance(member, tree.Member) and member.name in _PICKS and isinstance(call, tree.Call)):
        return None
    node: tree.Node = call
    parent = use.index.parents.get(call)
    while isinstance(parent, tree.Operation) and parent.operator in ("or", "??"):
        node, parent = parent, use.index.parents.get(parent)
    if isinstance(parent, tree.Assign) and parent.value is node and isinstance(parent.targets[0], tree.Name):
        return use.to(parent.targets[0])
    return None


def _is_conditional(site: Site, effect: Effect) -> bool:
    """Whether a write of an effect stands behind a condition: `if (id !== previous) setText("")`."""
    for ancestor in site.call.index.ancestors(site.call.node):
        if ancestor is effect.callback.node:
            return any(
                isinstance(node, tree.If) and node.start < site.call.node.start
                for node in effect.callback.node.body.statements
            )
        if isinstance(ancestor, tree.If | tree.Conditional | tree.Operation | tree.Switch):
            return True
    return True
