"""Intervals by which components and hooks send over a socket that lives elsewhere, and that nothing ever clears."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View, is_timer
from halfopen.connections.delivery.sends import send_calls
from halfopen.connections.delivery.triggers import runs_of, socket_handlers
from halfopen.connections.dossier import Leak, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.program import At
from halfopen.semantics.react import Owner, react_owner
from halfopen.semantics.unit import Span


def sending_intervals(view: View, known: frozenset[Span]) -> Iterator[Resource]:
    """One resource for each component whose interval sends and is never cleared; `known` are those told elsewhere."""
    handlers = socket_handlers(view)
    found: dict[tree.Node, tuple[Owner, list[At[tree.Call]]]] = {}
    for send in send_calls(view):
        function = send.index.function_of(send.node)
        if function is None:
            continue
        for run in runs_of(view.program, send.to(function), handlers):
            if run.trigger != "timer" or not isinstance(run.at.node, tree.Call):
                continue
            call = run.at.to(run.at.node)
            owner = react_owner(call)
            if (
                call.span in known
                or owner is None
                or not is_shipped(call.path)
                or not is_timer(view.program, call, "setInterval")
                or _clears_any(owner)
            ):
                continue
            found.setdefault(owner.function.node, (owner, []))[1].append(call)
    for owner, calls in found.values():
        first, *more = sorted(calls, key=lambda each: each.node.start)
        yield Resource(
            "interval",
            "the interval",
            owner.name,
            first.span,
            (
                Leak(
                    "uncleared",
                    (
                        Evidence(owner.function.span, f"nothing in {owner.name} clears an interval"),
                        *(Evidence(each.span, "nor is this one cleared") for each in more),
                    ),
                ),
            ),
        )


def _clears_any(owner: Owner) -> bool:
    """Whether a component clears an interval, or hands out what can: whose handle it is may be hard to follow."""
    return any(
        isinstance(node, tree.Name | tree.Member)
        and (node.id if isinstance(node, tree.Name) else node.name) in ("clearInterval", "clearTimeout")
        for node in tree.walk(owner.function.node.body)
    )
