"""The messages that a server sends again and again: by a loop with a pause, or after a silence of the client."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.liveness.durations import numbers_of
from halfopen.connections.liveness.facts import Heartbeat, Message
from halfopen.connections.liveness.payloads import is_heartbeat_name, is_heartbeat_word, message_of
from halfopen.connections.liveness.server_code import ServerCode, method_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import argument_of, name_of_function
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_SLEEPS = frozenset({"asyncio.sleep", "anyio.sleep", "trio.sleep", "gevent.sleep", "time.sleep"})
LIMITS = frozenset(
    {
        "asyncio.wait_for",
        "asyncio.timeout",
        "async_timeout.timeout",
        "anyio.fail_after",
        "anyio.move_on_after",
    }
)
_DEEPEST = 4
_MOST = 60


def heartbeats_of(code: ServerCode) -> Iterator[Heartbeat]:
    """Each periodic send once."""
    seen: set[tuple[tree.Node, tree.Node]] = set()
    steps = 0
    for send in code.sends:
        waiting: list[tuple[At[tree.Call], At[tree.Expr] | None, tuple[At[tree.Function], ...]]] = [
            (send, _payload(send), ())
        ]
        met: set[tree.Node] = set()
        while waiting and steps < _MOST * max(1, len(code.sends)):
            steps += 1
            call, payload, path = waiting.pop(0)
            if call.node in met:
                continue
            met.add(call.node)
            function = code.function_of(call)
            if function is None:
                continue
            code.program.queries.note(call.unit)
            pause = pause_around(code, call)
            if pause is not None:
                if (send.node, pause.node) not in seen:
                    seen.add((send.node, pause.node))
                    yield _heartbeat(code, send, call, payload, pause, (*path, function))
                continue
            if len(path) < _DEEPEST and not _answers_a_message(code, call):
                for caller in callers(code.program, function)[:12]:
                    given = _given_by(code.program, caller, function, payload)
                    waiting.append((caller, given, (*path, function)))


def _payload(send: At[tree.Call]) -> At[tree.Expr] | None:
    for argument in send.node.arguments:
        if argument.name in (None, "text_data", "content", "data", "message"):
            return send.to(argument.value)
    return None


def _given_by(
    program: Program, call: At[tree.Call], function: At[tree.Function], payload: At[tree.Expr] | None
) -> At[tree.Expr] | None:
    """What a call gives for a payload that is its function's parameter."""
    if payload is None:
        return None
    node = payload.node
    while isinstance(node, tree.Call) and node.arguments:
        node = node.arguments[0].value
    for origin in origins(program, payload.to(node)):
        if isinstance(origin, ParameterOf) and origin.function == function and not origin.steps:
            argument = argument_of(call.node, function.node, origin.parameter)
            if argument is not None:
                return call.to(argument)
    return payload


def pause_around(code: ServerCode, call: At[tree.Call]) -> At[tree.Call] | None:
    """The pause of the loop that a call stands in, or the limit on the receive whose time-out it answers."""
    handler: tree.Handler | None = None
    for ancestor in call.index.ancestors(call.node):
        match ancestor:
            case tree.Function():
                return None
            case tree.Handler() if is_timeout(ancestor):
                handler = ancestor
            case tree.Try(body=body) if handler is not None and handler in ancestor.handlers:
                limit = first_call(code, call.to(body), LIMITS)
                if limit is not None and in_loop(call.to(ancestor)):
                    return limit
            case tree.Loop(body=body):
                if _receives(code, body):
                    return None
                pause = first_call(code, call.to(body), _SLEEPS)
                if pause is not None:
                    return pause
            case _:
                pass
    return None


def is_timeout(handler: tree.Handler) -> bool:
    return any(
        "Timeout" in (each.id if isinstance(each, tree.Name) else getattr(each, "name", ""))
        for each in handler.types
    )


def in_loop(at: At[tree.Node]) -> bool:
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Loop):
            return True
    return False


def _receives(code: ServerCode, block: tree.Block) -> bool:
    receives = {each.node for each in code.receives}
    return any(node in receives for node in tree.walk(block, tree.same_function))


def _answers_a_message(code: ServerCode, call: At[tree.Call]) -> bool:
    """Whether a call stands in the loop that receives: what it sends answers a message."""
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Loop) and _receives(code, ancestor.body):
            return True
    return False


def first_call(code: ServerCode, block: At[tree.Block], names: frozenset[str]) -> At[tree.Call] | None:
    for node in tree.walk(block.node, tree.same_function):
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Name | tree.Member)
            and qualified(code.program, block.to(node.callee)) & names
        ):
            return block.to(node)
    return None


def seconds_of_pause(program: Program, pause: At[tree.Call]) -> Fact[float]:
    """The seconds of a pause or a limit."""
    given = [
        argument.value
        for argument in pause.node.arguments
        if argument.name in ("timeout", "delay") or argument.name is None
    ]
    wait_for = len(given) > 1
    at = pause.to(given[1] if wait_for else given[0]) if given else None
    found = numbers_of(program, at) if at is not None else ()
    said = Evidence(pause.span, f"the pause: {' '.join(pause.text.split())[:60]}")
    if at is None or not found:
        return Unknown(f"the value of {at.text[:60] if at is not None else 'the pause'}", (said,))
    return Known(max(found), (said,), Confidence.HIGH if len(found) == 1 else Confidence.MEDIUM)


def _heartbeat(
    code: ServerCode,
    send: At[tree.Call],
    call: At[tree.Call],
    payload: At[tree.Expr] | None,
    pause: At[tree.Call],
    path: tuple[At[tree.Function], ...],
) -> Heartbeat:
    method = method_of(send)
    message = message_of(code.program, payload, method) if payload is not None else None
    words = message.words if message is not None else frozenset[str]()
    is_ping = any(map(is_heartbeat_word, words)) or any(
        is_heartbeat_name(name_of_function(each)[0]) for each in path
    )
    shown = message or Message("unknown")
    return Heartbeat(
        shown,
        seconds_of_pause(code.program, pause),
        is_ping,
        call.span,
        pause.span,
        (Evidence(call.span, f"sends {shown.shown}"), Evidence(pause.span, "again after this pause")),
    )
