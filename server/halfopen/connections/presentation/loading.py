"""How a state comes by newer values than those that messages bring: as the page opens, by hand, or again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from halfopen.connections.client_owner import effect_with_callback
from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import Run, climb, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import changes_of
from halfopen.connections.presentation.facts import Loading
from halfopen.connections.updates.applied import runs
from halfopen.connections.updates.requests import Request, reaches_request, request_of
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes

_NEAR = 3
"""Callers of a setter's function in which the request is looked for whose answer it is given."""
_MOST_CALLED = 12


def loading_of(view: View, setters: Iterable[At[tree.Call]]) -> Loading | None:
    """The requests that fill a state as the page opens or by hand; None where there are none, or code that may renew it.

    What a person changes or saves there themselves is no newer value, and what a message has asked for comes no more
    without messages.
    """
    asking: list[Evidence] = []
    all_kinds: set[str] = set()
    for setter in setters:
        function = setter.index.function_of(setter.node)
        if function is None:
            return None
        found, passed = climb(view.program, setter.to(function), socket_handlers(view))
        kinds = {when_run(view, each) for each in found} - {"not meanwhile"}
        if not kinds:
            continue
        reading = [each for each in _answered(view, setter, passed) if not each.changes]
        if not reading:
            if kinds <= {"by hand"} or _is_update(setter):
                continue
            return None
        if "other" in kinds or any(each.kind == "refresh" for each in reading):
            return None
        all_kinds |= kinds
        when = "by hand" if kinds == {"by hand"} else "as the page or a part of it opens"
        asking.append(Evidence(reading[0].at.span, f"is asked for {when}"))
    if not asking:
        return None
    return Loading(tuple(dict.fromkeys(asking)), all_kinds == {"opening"}, "by hand" in all_kinds)


def _answered(view: View, setter: At[tree.Call], passed: list[At[tree.Function]]) -> list[Request]:
    """The requests whose answer a setter may be given: those before it, or else those of the functions that call it."""
    before: list[Request] = []
    for current in passed[:1]:
        for node in own_nodes(current):
            if isinstance(node, tree.Call) and node.start < setter.node.start:
                found = reaches_request(view.program, current.to(node))
                if found is not None:
                    before.append(found)
    if before or _is_update(setter):
        return before
    return [each for near in passed[1:_NEAR] for each in _asked(view, near)]


def _is_update(setter: At[tree.Call]) -> bool:
    """`setUsers(before => ...)`"""
    return bool(setter.node.arguments) and isinstance(setter.node.arguments[0].value, tree.Function)


def _asked(view: View, function: At[tree.Function]) -> Iterator[Request]:
    """The requests that a function makes itself or through what it calls."""
    for each in runs(view.program, [function])[:_MOST_CALLED]:
        for node in own_nodes(each):
            found = request_of(view.program, each.to(node)) if isinstance(node, tree.Call) else None
            if found is not None:
                yield found


def when_run(view: View, run: Run) -> str:
    """Whether something runs as a component opens, as it is to show something else, by a person's hand, in another way,
    or not at all while no message comes."""
    at = run.at.node
    match run.trigger, at:
        case "effect", tree.Function():
            effect = effect_with_callback(view.program, run.at.to(at))
            if effect is None or effect.dependencies is None:
                return "other"
            changing = any(changes_of(view.program, effect.call.to(each)) for each in effect.dependencies)
            return "choosing" if changing else "opening"
        case "user", tree.Attribute():
            return "by hand"
        case "message" | "nobody", _:
            return "not meanwhile"
        case _:
            return "other"
