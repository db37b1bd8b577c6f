"""Flags on the screen that only a message takes back."""

from __future__ import annotations

from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import setters_of
from halfopen.connections.presentation.facts import StuckFlag
from halfopen.connections.presentation.running import handlers_of, running
from halfopen.connections.presentation.set_states import is_shown, written_on
from halfopen.semantics import tree
from halfopen.semantics.program import At


def stuck_flags(view: View) -> tuple[StuckFlag, ...]:
    """Flags on the screen that a message takes back, and that neither close nor error does."""
    inside = _functions(view)
    ended = {
        (each.state.at.node, each.state.key)
        for event in ("close", "error")
        for each in written_on(view, event)
    }
    found: dict[tree.Node, StuckFlag] = {}
    for written in written_on(view, "message"):
        state, value = written.state, written.value.node
        if not isinstance(value, tree.Literal) or value.value is not False or state.kind != "state":
            continue
        if (state.at.node, state.key) in ended or state.at.node in found or not is_shown(view, state):
            continue
        sets = [
            each
            for each in setters_of(view.program, state)
            if not any(node in inside for node in each.index.ancestors(each.node)) and _gives(each, True)
        ]
        if sets:
            found[state.at.node] = StuckFlag(
                state.what,
                written.call.span,
                (
                    Evidence(sets[0].span, f"sets {state.what}"),
                    Evidence(written.call.span, "only a message takes it back"),
                ),
            )
    return tuple(found.values())


def _functions(view: View) -> set[tree.Node]:
    """All functions that run on the socket's events."""
    roots = [each for event in ("message", "open", "close", "error") for each in handlers_of(view, event)]
    return {each.function.node for each in running(view, roots)}


def _gives(call: At[tree.Call], value: bool) -> bool:
    arguments = call.node.arguments
    return (
        bool(arguments) and isinstance(arguments[0].value, tree.Literal) and arguments[0].value.value is value
    )
