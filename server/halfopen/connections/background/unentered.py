"""Rooms that no client enters: `sio.enter_room(sid, room)` without `await`.

Since python-socketio 5.10 `enter_room` and `leave_room` of an `AsyncServer` are coroutine functions, as `emit`,
`save_session` and the others are; up to 5.9 the two were plain functions, and an `await` of what they gave raised. So a
workspace that awaits one of them has the newer library.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Task
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.event_handlers import EventServer
from halfopen.connections.facts import Confidence, Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes

_ALWAYS = frozenset({"emit", "send", "save_session", "close_room", "disconnect", "call"})
_SINCE_5_10 = frozenset({"enter_room", "leave_room"})
_FEEDING = frozenset({"emit", "send", "call", "enter_room"})
"""Without these a client gets nothing."""


def unentered(code: EndpointCode, events: EventServer) -> Iterator[Task]:
    """The calls, as statements of a coroutine function, whose coroutine nothing awaits."""
    calls = [
        (function.to(node), name)
        for function in code.functions
        if is_shipped(function.path)
        for node in own_nodes(function)
        if isinstance(node, tree.Call) and (name := events.method(node)) is not None
    ]
    newer = next((call for call, name in calls if name in _SINCE_5_10 and _is_awaited(call)), None)
    for call, name in sorted(calls, key=lambda each: each[1] not in _ALWAYS):
        if not isinstance(call.parent, tree.Do) or not events.on_loop:
            continue
        if name in _ALWAYS:
            said = Evidence(call.span, "makes a coroutine, and nothing awaits it")
            yield _task(call, name, Confidence.HIGH, said)
        elif name in _SINCE_5_10:
            said = Evidence(call.span, "makes a coroutine since python-socketio 5.10, and nothing awaits it")
            yield _task(call, name, Confidence.HIGH if newer is not None else Confidence.LOW, said)


def _is_awaited(call: At[tree.Call]) -> bool:
    return isinstance(call.parent, tree.Await)


def _task(call: At[tree.Call], name: str, confidence: Confidence, said: Evidence) -> Task:
    what = call.to(call.node.callee).text
    return Task(what, "never-awaited", name in _FEEDING, call.span, confidence, (said,))
