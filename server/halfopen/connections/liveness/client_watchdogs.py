"""What in a client's code ends or renews a connection that has gone silent."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import (
    closure_of,
    guards_of,
    statements_of,
    tested_names,
    written_names,
)
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.liveness.client_timers import Climb, Timer, climbs, page_event, timer_at
from halfopen.connections.liveness.durations import numbers_of
from halfopen.connections.liveness.facts import Watchdog
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.flow import aliases
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import method_call
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_PLACEHOLDER_NAMES = frozenset(
    {"readyState", "WebSocket", "OPEN", "CONNECTING", "CLOSED", "CLOSING", "current", "socket", "ws"}
)
_HTTP = ("fetch", "axios")


def watchdogs_of(program: Program, view: View, messages: list[At[tree.Function]]) -> Iterator[Watchdog]:
    """The timers and page listeners that close or renew the socket, as far as messages hold them off."""
    on_message = frozenset(each.node for each in messages)
    written = written_names(messages) - _PLACEHOLDER_NAMES
    after_close = _after_close(program, view) - on_message
    seen: set[tree.Node] = set()
    for call, climb in _endings(program, view):
        event = page_event(climb)
        if event is not None:
            outer = climb.end.index.parents.get(climb.end.parent) if climb.end.parent is not None else None
            if outer is not None and outer not in seen:
                seen.add(outer)
                yield _page_watchdog(program, view, climb, call, event)
            continue
        timer = timer_at(program, climb, on_message)
        if timer is None or timer.call.node in seen:
            continue
        if timer.call.index.function_of(timer.call.node) in after_close:
            continue
        held_off = _held_off_by(program, view, timer, climb, call, messages, written)
        if held_off is not None:
            seen.add(timer.call.node)
            yield Watchdog(
                "answer" if _in_repeating(program, view, timer, on_message) else "messages",
                _deadline(program, timer, messages),
                timer.call.span,
                waived_by=tuple(_waived(program, call)),
                evidence=(
                    Evidence(timer.call.span, f"acts when no message {held_off}"),
                    Evidence(call.span, "gives the silent socket up"),
                ),
            )


def _endings(program: Program, view: View) -> Iterator[tuple[At[tree.Call], Climb]]:
    """The calls that close or renew the socket, each with the ways up to where they are handed on."""
    renew = {*view.socket.interface.close, *view.socket.interface.reconnect}
    for alias in view.held:
        called = method_call(alias)
        if called is not None and called[0] in renew:
            for climb in climbs(program, called[1], None):
                yield called[1], climb
    if view.reach.creating is not None:
        for climb in climbs(program, view.call, None):
            yield view.call, climb


def _after_close(program: Program, view: View) -> frozenset[tree.Node]:
    """The functions that run once the socket is closed: a timer that they set makes it anew, and watches nothing."""
    handlers = [
        each for event in ("close", "error") for each in view.socket.handlers(program, view.held, event)
    ]
    return frozenset(each.node for each in closure_of(program, handlers))


def _held_off_by(
    program: Program,
    view: View,
    timer: Timer,
    climb: Climb,
    ending: At[tree.Call],
    messages: list[At[tree.Function]],
    written: frozenset[str],
) -> str | None:
    """How a message keeps a timer from ending the connection, in words; None where none does."""
    tests = [test for each in (ending, *climb.path) for test in guards_of(program, each)]
    if any(tested_names(test) & written for test in tests):
        return "has come that resets what it tests"
    if not _cleared_by(program, timer, messages):
        return None
    on_message = frozenset(each.node for each in messages)
    set_on_message = timer.call.index.function_of(timer.call.node) in on_message
    if set_on_message or timer.repeats or _in_repeating(program, view, timer, on_message):
        return "has come that clears it"
    return None


def _cleared_by(program: Program, timer: Timer, code: list[At[tree.Function]]) -> bool:
    handles = {each.node for each in aliases(program, timer.call)}
    for at in statements_of(code):
        if isinstance(at.node, tree.Call) and at.node.arguments and at.node.arguments[0].value in handles:
            callee = at.node.callee
            name = callee.id if isinstance(callee, tree.Name) else getattr(callee, "name", "")
            if name in ("clearTimeout", "clearInterval"):
                return True
    return False


def _in_repeating(program: Program, view: View, timer: Timer, messages: frozenset[tree.Node]) -> bool:
    """Whether a timer is set by what another repeating timer runs: the deadline of a ping.

    A timer that is set where the socket is made is set again by each reconnection, which asks nothing.
    """
    making = view.call.index.function_of(view.call.node)
    for climb in climbs(program, timer.call, None):
        if any(each.index.function_of(each.node) is making for each in climb.path):
            continue
        outer = timer_at(program, climb, messages)
        if outer is not None and outer.repeats and outer.call.node is not timer.call.node:
            return True
    return False


def _deadline(program: Program, timer: Timer, messages: list[At[tree.Function]]) -> Fact[float]:
    """After how many seconds of silence a watchdog acts: its delay, or what it compares the elapsed time with."""
    delay = _given_on_message(program, timer, messages) or timer.delay
    compared = [
        number
        for node in own_nodes(timer.callback)
        if isinstance(node, tree.Operation) and node.operator in ("<", "<=", ">", ">=")
        for operand in node.operands
        for number in numbers_of(program, timer.callback.to(operand))
        if number >= 500
    ]
    if compared:
        return Known(
            max(compared) / 1000, (Evidence(timer.callback.span, "compares the time since the last message"),)
        )
    found = numbers_of(program, delay) if delay is not None else ()
    if delay is None or not found:
        return Unknown("the delay of the timer", (Evidence(timer.call.span, "the watchdog's timer"),))
    return Known(max(found) / 1000, (Evidence(delay.span, f"the delay: {delay.text[:60]}"),))


def _given_on_message(
    program: Program, timer: Timer, messages: list[At[tree.Function]]
) -> At[tree.Expr] | None:
    """What messages give a function that sets the timer to its parameter; before the socket is open it may be another."""
    on_message = {each.node for each in messages}
    for origin in origins(program, timer.delay) if timer.delay is not None else ():
        if isinstance(origin, ParameterOf) and not origin.steps:
            for call in callers(program, origin.function):
                given = argument_of(call.node, origin.function.node, origin.parameter)
                if given is not None and call.index.function_of(call.node) in on_message:
                    return call.to(given)
    return None


def _waived(program: Program, ending: At[tree.Call]) -> Iterator[Evidence]:
    """The answers of HTTP routes that keep the silent socket: `if (response.ok) return` before it is closed."""
    for test in guards_of(program, ending, 0):
        for node in tree.walk(test):
            if not isinstance(node, tree.Name):
                continue
            for origin in origins(program, ending.to(node)):
                if isinstance(origin, At) and isinstance(origin.node, tree.Call):
                    names = qualified(program, origin.to(origin.node.callee))
                    if any(name.startswith(_HTTP) for name in names):
                        yield Evidence(origin.span, "an answer of this HTTP route keeps the silent socket")
                        return


def _page_watchdog(program: Program, view: View, climb: Climb, ending: At[tree.Call], event: str) -> Watchdog:
    tests = [test for each in (ending, *climb.path) for test in guards_of(program, each)]
    guarded = any("readyState" in tested_names(test) for test in tests)
    return Watchdog(
        "page",
        Unknown("when the page is shown again"),
        climb.end.span,
        only_when_closed=guarded,
        evidence=(Evidence(climb.end.span, f"looks after the socket on {event}"),),
    )
