"""How each side notices that the other is gone: what a client's code says of it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.liveness.client_answers import answers_everything, client_answers
from halfopen.connections.liveness.client_life import ends_itself, is_used_here
from halfopen.connections.liveness.client_sends import message_code, sends_of
from halfopen.connections.liveness.client_timers import Timer, climbs, timer_at
from halfopen.connections.liveness.client_watchdogs import watchdogs_of
from halfopen.connections.liveness.durations import numbers_of
from halfopen.connections.liveness.facts import Heartbeat, Liveness, Message, Watchdog
from halfopen.connections.liveness.library_watch import library_heartbeats, library_watchdogs, watches_alone
from halfopen.connections.liveness.payloads import is_heartbeat_name, is_heartbeat_word, message_of
from halfopen.connections.sharing import told_elsewhere
from halfopen.semantics import tree
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program


def liveness_of_client(site: ClientSite) -> Liveness:
    """The facts of one client."""
    program, view = site.program, site.view
    library = tuple(library_watchdogs(site))
    heartbeats = tuple(library_heartbeats(site))
    if view is None:
        return Liveness(heartbeats, library, detects_silence=watches_alone(site, library))
    messages = message_code(site, view)
    heartbeats += tuple(_heartbeats(program, site, view, messages))
    watchdogs = library + tuple(watchdogs_of(program, view, messages))
    return Liveness(
        heartbeats,
        watchdogs,
        tuple(client_answers(program, site, view, messages)),
        detects_silence=_detects(site, view, watchdogs),
        ends_itself=ends_itself(program, view, messages),
        answers_everything=answers_everything(program, site, view),
        is_used_here=is_used_here(program, view),
    )


def _heartbeats(
    program: Program, site: ClientSite, view: View, messages: list[At[tree.Function]]
) -> Iterator[Heartbeat]:
    """The messages that timers send again and again, each send and timer once."""
    on_message = frozenset(each.node for each in messages)
    seen: set[tuple[tree.Node, tree.Node]] = set()
    for send in sends_of(program, site, view):
        payload = send.node.arguments[0].value if send.node.arguments else None
        for climb in climbs(program, send, send.to(payload) if payload is not None else None):
            timer = timer_at(program, climb, on_message)
            if timer is None or not timer.repeats or (send.node, timer.call.node) in seen:
                continue
            seen.add((send.node, timer.call.node))
            message = _message(program, send, climb.payload)
            if message is None:
                continue
            named = [climb.function, *(_function_of(each) for each in climb.path)]
            is_ping = (
                message.format == "frame"
                or any(map(is_heartbeat_word, message.words))
                or any(is_heartbeat_name(name_of_function(each)[0]) for each in named if each is not None)
            )
            yield Heartbeat(
                message,
                interval_of(program, timer),
                is_ping,
                send.span,
                timer.call.span,
                (
                    Evidence(timer.call.span, "sent again and again by this timer"),
                    Evidence(send.span, f"sends {message.shown}"),
                ),
            )


def _message(program: Program, send: At[tree.Call], payload: At[tree.Expr] | None) -> Message | None:
    """What a send carries; `socket.ping()` of a program's socket is a frame of the protocol, with or without data."""
    if _method(send) == "ping":
        return Message("frame")
    return message_of(program, payload, _method(send)) if payload is not None else None


def _function_of(at: At[tree.Node]) -> At[tree.Function] | None:
    function = at.index.function_of(at.node)
    return at.to(function) if function is not None else None


def _method(send: At[tree.Call]) -> str:
    callee = send.node.callee
    return last_name(callee)


def interval_of(program: Program, timer: Timer) -> Fact[float]:
    """The delay of a timer in seconds; the page's timers count milliseconds."""
    delay = timer.delay
    if delay is None:
        return Unknown("the delay of the timer", (Evidence(timer.call.span, "no delay is given here"),))
    found = numbers_of(program, delay)
    said = Evidence(delay.span, f"the delay: {delay.text[:60]}")
    if not found:
        return Unknown(f"the value of {delay.text[:60]}", (said,))
    confidence = Confidence.HIGH if len(found) == 1 else Confidence.MEDIUM
    return Known(max(found) / 1000, (said,), confidence)


def _detects(site: ClientSite, view: View, watchdogs: tuple[Watchdog, ...]) -> Fact[bool]:
    """Whether the client would notice a server that vanished without a close."""
    told = told_elsewhere(site)
    if told is not None:
        return Unknown("the hook that takes the shared socket's messages", (told,))
    alone = watches_alone(site, ())
    if isinstance(alone, Known) and alone.value:
        return alone
    acting = [each for each in watchdogs if not each.only_when_closed]
    if acting:
        return Known(True, tuple(said for each in acting for said in each.evidence[:1]))
    said = "nothing counts the time since the last message, or waits for an answer"
    return Known(False, (Evidence(view.call.span, said),))
