"""When an endpoint sends something, in words: before live messages, when the client asks, or each time."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.handler_flow import SENDERS
from halfopen.connections.handling import Handling
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.program import At

_ASKING = ("subscri", "join", "sync", "snapshot", "init", "state", "resume", "replay", "history")
"""Parts of the message types with which a client asks for the state."""
EACH_TIME = "sends the whole state each time"


def when_sent(handling: Handling, function: At[tree.Function], send: tree.Node) -> str | None:
    """When a send happens, in words, or None where it answers something else or forwards live messages."""
    inside_endless = False
    for ancestor in function.index.ancestors(send):
        if isinstance(ancestor, tree.Handler):
            return None
        if isinstance(ancestor, tree.If | tree.Case) and _asks(ancestor):
            return "sends the state where the client asks for it"
        if isinstance(ancestor, tree.Loop) and (
            ancestor.is_async or (ancestor.kind == "while" and isinstance(ancestor.test, tree.Literal))
        ):
            if ancestor.is_async or _waits_for_messages(handling, ancestor):
                return None
            inside_endless = True
        if isinstance(ancestor, tree.Function):
            break
    if inside_endless:
        return EACH_TIME
    if function.node is handling.root.node:
        return "sends the state before live messages"
    for caller, call in _callers_within(handling, function):
        when = when_sent(handling, caller, call)
        if when is not None:
            return when
    return None


def _callers_within(
    handling: Handling, function: At[tree.Function]
) -> Iterator[tuple[At[tree.Function], tree.Call]]:
    for call in callers(handling.program, function):
        inside = call.index.function_of(call.node)
        found = handling.function_at(inside) if inside is not None else None
        if found is not None and _position(handling, found) < _position(handling, function):
            yield found, call.node


def _position(handling: Handling, function: At[tree.Function]) -> int:
    return next((number for number, each in enumerate(handling.reachable) if each.node is function.node), 0)


def _asks(test: tree.If | tree.Case) -> bool:
    compared = test.test if isinstance(test, tree.If) else test.pattern
    return compared is not None and any(
        isinstance(node, tree.Literal)
        and isinstance(node.value, str)
        and any(part in node.value.lower() for part in _ASKING)
        and "unsub" not in node.value.lower()
        for node in tree.walk(compared)
    )


def _waits_for_messages(handling: Handling, loop: tree.Loop) -> bool:
    """Whether a loop takes messages from the client, a queue or a broker, instead of asking for the state."""
    for node in tree.walk(loop.body, tree.same_function):
        if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member):
            if handling.sockets.is_socket(node.callee.object) and node.callee.name not in SENDERS:
                return True
            if node.callee.name in ("get_message", "xread", "listen", "getone"):
                return True
            if node.callee.name == "get" and node.callee.object in handling.queues():
                return True
    return False
