"""A second press of a button: a socket that takes the place of the one before, which stays open."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import closers, closure_of, guards_of
from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import Run, climb, socket_handlers
from halfopen.connections.dossier import Leak
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.program import At


def overwritten(view: View) -> Leak | None:
    """A person can have the socket made again, nothing asks whether there is one, and its one place takes the next."""
    creating = view.reach.creating
    kept = _kept(view)
    if creating is None or kept is None or view.reach.effects:
        return None
    runs, passed = climb(view.program, creating, socket_handlers(view))
    pressed = [each for each in runs if each.trigger == "user"]
    if not pressed or len(pressed) < len(runs):
        return None
    if closers(view.socket, closure_of(view.program, passed)) or any(guards_of(view.program, view.call)):
        return None
    if any(_is_withheld(each) for each in pressed) or any(_calls_are_guarded(view, passed)):
        return None
    return Leak(
        "overwritten",
        (
            Evidence(kept.span, "the only place that holds it, and the next one takes it"),
            Evidence(pressed[0].at.span, "a person has it made, as often as they like"),
        ),
    )


def _kept(view: View) -> At[tree.Expr] | None:
    """The variable beyond the function, the ref or the field that the socket is put into."""
    creating = view.reach.creating
    for alias in view.held:
        parent = alias.parent
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
