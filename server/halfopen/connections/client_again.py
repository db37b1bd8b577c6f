"""A second press of a button or visit of a page: a socket that takes the place of the one before, which stays open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from halfopen.connections.client_release import closers, closure_of, guards_of
from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import Run, Trigger, climb, socket_handlers
from halfopen.connections.dossier import Leak
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import Change, changes_of
from halfopen.connections.presentation.mounting import route_of
from halfopen.semantics import tree
from halfopen.semantics.program import At
from halfopen.semantics.stores import store_setter_of


def overwritten(view: View) -> Leak | None:
    """A person or an effect can have the socket made again, nothing asks whether there is one, and its one place takes the next."""
    creating, kept = view.reach.creating, _kept(view)
    if creating is None or kept is None:
        return None
    handlers = socket_handlers(view)
    runs, passed = climb(view.program, creating, handlers)
    again = (_changed(view) or _visited(view)) if view.reach.effects else _pressed(runs)
    if again is None or any(guards_of(view.program, view.call)):
        return None
    way = [each for each in passed if not _is_within(each, handlers.of)]
    if closers(view.socket, closure_of(view.program, way)) or any(_calls_are_guarded(view, way)):
        return None
    takes = Evidence(kept.span, "the only place that holds it, and the next one takes it")
    return Leak("overwritten" if isinstance(again, Run) else "reopened", (takes, _told(again)))


def _pressed(runs: list[Run]) -> Run | None:
    """The button that makes the socket, where nothing else does and it can be pressed at any time."""
    pressed = [each for each in runs if each.trigger == "user"]
    if not pressed or len(pressed) < len(runs) or any(_is_withheld(each) for each in pressed):
        return None
    return pressed[0]


def _changed(view: View) -> Change | None:
    """What makes an effect run again that has a longer-lived owner open the socket, where nothing ever closes it."""
    if view.owner.lifetime == "mount" or closers(view.socket, view.released):
        return None
    for effect in view.reach.effects:
        for dependency in effect.dependencies or ():
            for change in changes_of(view.program, effect.call.to(dependency)):
                if change.kind != "unknown" or change.part:
                    return change
    return None


def _visited(view: View) -> At[tree.Element] | None:
    """The route at each of whose visits an effect has a longer-lived owner open the socket, where nothing ever closes it."""
    if view.owner.lifetime == "mount" or closers(view.socket, view.released):
        return None
    shown = (route_of(view.program, effect.callback) for effect in view.reach.effects)
    return next((each for each in shown if each is not None), None)


def _told(again: Run | Change | At[tree.Element]) -> Evidence:
    if isinstance(again, Run):
        return Evidence(again.at.span, "a person has it made, as often as they like")
    if isinstance(again, At):
        return Evidence(again.span, "each visit of this route has an effect make another")
    return Evidence(again.at.span, f"each change of {again.what} has an effect make another")


def _is_within(function: At[tree.Function], handlers: Mapping[tree.Node, Trigger]) -> bool:
    """Whether a function is a handler of the socket or stands in one: a reconnect, which follows a close."""
    return function.node in handlers or any(
        each in handlers for each in function.index.ancestors(function.node)
    )


def _kept(view: View) -> At[tree.Expr] | None:
    """The variable beyond the function, the ref, the field or the key of a store that the socket is put into."""
    creating = view.reach.creating
    for alias in view.held:
        parent = alias.parent
        if isinstance(parent, tree.Entry) and _is_set_in_store(view, alias.to(parent)):
            return alias
        if creating is None or not isinstance(parent, tree.Assign) or parent.value is not alias.node:
            continue
        if alias.index.function_of(parent) is not creating.node or alias.unit is not creating.unit:
            continue
        for target in parent.targets:
            if isinstance(target, tree.Member) or (
                isinstance(target, tree.Name) and _is_outer(alias.to(target), creating)
            ):
                return alias.to(target)
    return None


def _is_set_in_store(view: View, entry: At[tree.Entry]) -> bool:
    """`set({ socket })` in the function that makes the socket."""
    creating = view.reach.creating
    display = entry.parent
    argument = entry.index.parents.get(display) if isinstance(display, tree.Object) else None
    call = entry.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    return (
        isinstance(call, tree.Call)
        and creating is not None
        and entry.unit is creating.unit
        and entry.index.function_of(call) is creating.node
        and store_setter_of(view.program, entry.to(call)) is not None
    )


def _is_outer(name: At[tree.Name], creating: At[tree.Function]) -> bool:
    """Whether a name is no variable of the function itself."""
    binding = name.index.bindings.get(name.node)
    if binding is None:
        return True
    owner = binding.scope.owner
    while owner is not None and not isinstance(owner, tree.Function):
        owner = name.index.parents.get(owner)
    return owner is not creating.node


def _calls_are_guarded(view: View, passed: list[At[tree.Function]]) -> Iterator[bool]:
    """Whether a function on the way asks something before it calls the next."""
    known = {each.node for each in passed}
    for function in passed:
        for node in tree.walk(function.node.body, tree.same_function):
            if isinstance(node, tree.Call) and node is not view.call.node:
                call = function.to(node)
                if view.reach.enters(view.program, call) and function.node in known:
                    yield any(guards_of(view.program, call, 0))


def _is_withheld(run: Run) -> bool:
    """Whether the button is shown or enabled only at times: `{!live && <button ...>}`, `disabled={live}`."""
    at = run.at
    if isinstance(at.node, tree.Attribute):
        element = at.index.parents.get(at.node)
        if isinstance(element, tree.Element) and any(
            each.name in ("disabled", "hidden", "loading") for each in element.attributes
        ):
            return True
        for ancestor in at.index.ancestors(at.node):
            if isinstance(ancestor, tree.Function):
                return False
            if isinstance(ancestor, tree.Operation | tree.Conditional | tree.If):
                return True
        return False
    return b".disabled" in at.unit.text or b".hidden" in at.unit.text or b"style.display" in at.unit.text
