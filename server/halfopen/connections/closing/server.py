"""The close codes that an endpoint sends: where, with what code, why, and whether anybody can see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from halfopen.connections.closing.facts import Close, Closing, Why
from halfopen.connections.closing.order import accept_chains, chain_of, is_before
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.handler_flow import SENDERS, caught_kinds, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.library_clients import argument
from halfopen.connections.reconnection.numbers import number_of
from halfopen.connections.server_site import ServerSite
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.function_shape import argument_of, is_receiver
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves
from halfopen.semantics.names import last_name, method_call
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_NAMED = re.compile(r"(?:^|[._])WS_(\d{4})_")
_LATE = re.compile(r"stale|idle|timed?[ _-]?out|timeout|heartbeat|ping|pong|inactiv|unrespons", re.IGNORECASE)
_REFUSED = re.compile(
    r"auth|token|forbid|denied|invalid|not allowed|limit|too many|expired|missing", re.IGNORECASE
)
_NOTHING_THERE = frozenset({"QueueEmpty", "Empty", "StopIteration", "StopAsyncIteration"})
"""Exceptions that tell of no fault: what handles them is the way on."""
_EXCEPTIONS = ("WebSocketException", "WebSocketDisconnect")


def closing_of_endpoint(site: ServerSite) -> Closing:
    """The facts of one endpoint."""
    if site.handling is not None:
        return _of_function(site.handling)
    return Closing(tuple(_of_methods(site)))


def _of_function(handling: Handling) -> Closing:
    program = handling.program
    accepts = accept_chains(handling)
    found: dict[tree.Node, Close] = {}
    for function in handling.reachable:
        for node in own_nodes(function):
            close = _close(program, handling, function, node)
            if close is not None:
                chain = chain_of(handling, function, node)
                if function.node.name == "close" and isinstance(close.code, Known):
                    close = replace(close, why=_why_called(handling, function) or close.why)
                early, told = is_before(chain, accepts), _told(handling, function.to(node))
                found[node] = replace(close, before_accept=early, told=told)
    for at in _elsewhere(handling):
        if at.node not in found:
            close = _read(program, at)
            # What another request asks for, or a sweep decides, is no refusal unless it says so.
            asked = close.why == "refusal" and not _REFUSED.search(close.reason)
            found[at.node] = replace(close, before_accept=Known(False), why="unknown" if asked else close.why)
    return Closing(tuple(found.values()), silent_errors=tuple(_silent(handling)))


def _told(handling: Handling, close: At[tree.Node]) -> Evidence | None:
    """The message that goes to the client before a close, in the same clause or branch."""
    for ancestor in close.index.ancestors(close.node):
        if isinstance(ancestor, tree.Function):
            return None
        if not isinstance(ancestor, tree.Handler | tree.If):
            continue
        branch = ancestor.body if isinstance(ancestor, tree.Handler) else ancestor
        for node in tree.walk(branch, tree.same_function):
            if (
                isinstance(node, tree.Call)
                and node.end <= close.node.start
                and _sends(handling, close.to(node))
            ):
                return Evidence(close.to(node).span, "the client is told of it here, before the close")
        if isinstance(ancestor, tree.Handler):
            return None
    return None


def _sends(handling: Handling, call: At[tree.Call]) -> bool:
    """Whether a call sends on the client's socket, by itself or in what it hands the socket to."""
    if socket_method(handling.sockets, call.node) in SENDERS:
        return True
    return any(
        isinstance(node, tree.Call) and socket_method(handling.sockets, node) in SENDERS
        for function in functions(handling.program, call.to(call.node.callee))
        if handling.function_at(function.node) is not None
        for node in own_nodes(function)
    )


def _why_called(handling: Handling, function: At[tree.Function]) -> Why | None:
    """Why a project's own `close` is called, by the gravest of its calls."""
    whys = [
        why_of(handling.program, caller.to(node), "")
        for caller in handling.reachable
        for node in own_nodes(caller)
        if isinstance(node, tree.Call)
        and any(each.node is function.node for each in functions(handling.program, caller.to(node.callee)))
    ]
    return next((each for each in ("error", "timeout", "end") if each in whys), None)


def _close(
    program: Program, handling: Handling, function: At[tree.Function], node: tree.Node
) -> Close | None:
    if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and node.callee.name == "close":
        if not handling.sockets.is_socket(node.callee.object) or _is_forgotten(function.to(node)):
            return None
        return _read(program, function.to(node))
    if isinstance(node, tree.Raise) and isinstance(node.value, tree.Call):
        call = function.to(node.value)
        name = last_name(node.value.callee)
        if name in _EXCEPTIONS and any(
            each.endswith(name) for each in qualified(program, call.to(call.node.callee))
        ):
            return _read(program, call, raised=name)
    return None


def _is_forgotten(call: At[tree.Call]) -> bool:
    """Whether a call in a coroutine is neither awaited nor handed on: `websocket.close()` alone closes nothing."""
    function = call.index.function_of(call.node)
    return function is not None and function.is_async and isinstance(call.parent, tree.Do)


def _elsewhere(handling: Handling) -> Iterator[At[tree.Call]]:
    """Closes of the endpoint's sockets by code that does not run for it: a manager's sweep, a shutdown."""
    parameter = next((each for each in handling.root.node.parameters if _is_held(handling, each)), None)
    if parameter is None:
        return
    for alias in aliases_of_target(handling.program, handling.root.to(parameter.target)):
        called = method_call(alias)
        if called is None or called[0] != "close" or not is_shipped(alias.path):
            continue
        if not _is_forgotten(called[1]):
            yield called[1]


def _is_held(handling: Handling, parameter: tree.Parameter) -> bool:
    target = parameter.target
    return isinstance(target, tree.Name) and any(
        isinstance(node, tree.Name) and node.id == target.id for node in handling.sockets.nodes
    )


def _read(program: Program, call: At[tree.Call], raised: str = "") -> Close:
    given = argument(call, 0, "code")
    reason = argument(call, 1, "reason")
    text = _text(program, reason) if reason is not None else ""
    code: Fact[int] = Known(1000)
    if given is not None:
        number = _given_code(program, given)
        code = Unknown("the expression of the close code") if number is None else Known(number)
    why = why_of(program, call, text)
    shown = str(code.value) if isinstance(code, Known) else given.text if given is not None else ""
    evidence = (Evidence(call.span, f"closes with {shown}" + (f" ({text})" if text else "")),)
    return Close(
        code,
        why,
        call.span,
        given is None,
        is_raised=bool(raised),
        is_sent=raised != "WebSocketDisconnect",
        reason=text,
        evidence=evidence,
    )


def _given_code(program: Program, at: At[tree.Expr]) -> int | None:
    """The code of a close in a function that takes it as a parameter: what all its callers give, and its default only
    where one gives none."""
    function = at.index.function_of(at.node)
    binding = at.index.bindings.get(at.node) if isinstance(at.node, tree.Name) else None
    defined = [each.node for each in binding.definitions] if binding is not None else []
    parameter = next(
        (each for each in (function.parameters if function is not None else ()) if defined == [each]), None
    )
    calls = callers(program, at.to(function)) if function is not None and parameter is not None else []
    if function is None or parameter is None or not calls:
        return code_of(program, at)
    codes: set[int | None] = set()
    for call in calls:
        given = argument_of(call.node, function, parameter)
        if given is not None:
            codes.add(code_of(program, call.to(given)))
        else:
            codes.add(code_of(program, at.to(parameter.default)) if parameter.default is not None else None)
    return codes.pop() if len(codes) == 1 else None


def code_of(program: Program, at: At[tree.Expr]) -> int | None:
    """A close code: a number, a constant of the project, or one of `starlette.status`."""
    for name in sorted(qualified(program, at)):
        match = _NAMED.search(name)
        if match is not None:
            return int(match[1])
    number = number_of(program, at)
    return int(number) if number is not None and 0 < number < 10_000 else None


def _text(program: Program, at: At[tree.Expr]) -> str:
    for origin in (at, *origins(program, at)):
        if (
            isinstance(origin, At)
            and isinstance(origin.node, tree.Literal)
            and isinstance(origin.node.value, str)
        ):
            return origin.node.value
        if isinstance(origin, At) and isinstance(origin.node, tree.Template):
            return "".join(part for part in origin.node.parts if isinstance(part, str)).strip(" :")
    return ""


def why_of(program: Program, call: At[tree.Call], reason: str) -> Why:
    """Why a close is sent, by where it stands and what it says."""
    if _LATE.search(reason):
        return "timeout"
    child: tree.Node = call.node
    refused = bool(_REFUSED.search(reason))
    for ancestor in call.index.ancestors(call.node):
        match ancestor:
            case tree.Handler(types=types):
                attempt = call.index.parents.get(ancestor)
                if isinstance(attempt, tree.Try) and _closes_too(attempt.body, call.node):
                    return "own"
                names = {last_name(each) for each in types}
                if names & {"TimeoutError", "asyncio.TimeoutError"}:
                    return "timeout"
                if "WebSocketDisconnect" in names and len(names) == 1:
                    return "own"
                if not names or not names <= _NOTHING_THERE:
                    return "refusal" if refused else "error"
            case tree.Try(final=final) if final is child:
                return "end"
            case tree.Function(name=name):
                if _LATE.search(name or ""):
                    return "timeout"
                return "refusal" if refused or _is_conditional(call) else "unknown"
            case _:
                pass
        child = ancestor
    return "unknown"


def _closes_too(body: tree.Block, call: tree.Call) -> bool:
    """Whether what failed was a close of the same socket: its handler makes sure of it."""
    if not isinstance(call.callee, tree.Member):
        return False
    return any(
        isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name == "close"
        and last_name(node.callee.object) == last_name(call.callee.object)
        for node in tree.walk(body)
    )


def _is_conditional(call: At[tree.Call]) -> bool:
    """Whether a close is followed by the way out, under a condition: the usual form of a refusal."""
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.If):
            return leaves(ancestor.then, OUT_OF_FUNCTION)
    return False


def _silent(handling: Handling) -> Iterator[Evidence]:
    """The handlers of errors in the endpoint's own function that end it without a close."""
    program, root = handling.program, handling.root
    for node in own_nodes(root):
        if not isinstance(node, tree.Try) or not _last_of(root.node.body, node):
            continue
        around = root.index.ancestors(node)
        if any(isinstance(each, tree.Loop | tree.Try) and each.start > root.node.start for each in around):
            continue
        final = list(tree.walk(node.final)) if node.final is not None else []
        for handler in node.handlers:
            if "*" not in caught_kinds(program, root.to(handler)):
                continue
            inside = [*tree.walk(handler.body), *final]
            if any(isinstance(each, tree.Raise) for each in inside) or _closes(handling, root, inside):
                continue
            yield Evidence(root.to(handler).span, "an error ends the connection here, and no close says so")


def _last_of(body: tree.Block, node: tree.Node) -> bool:
    """Whether nothing of a function follows a statement."""
    if not body.statements:
        return False
    last = body.statements[-1]
    if isinstance(last, tree.With):
        return _last_of(last.body, node)
    return last.start <= node.start


def _closes(handling: Handling, root: At[tree.Function], nodes: list[tree.Node]) -> bool:
    """Whether one of the nodes closes the socket, itself or in what it calls with it."""
    for node in nodes:
        if not isinstance(node, tree.Call):
            continue
        if isinstance(node.callee, tree.Member) and node.callee.name == "close":
            if not _is_forgotten(root.to(node)):
                return True
            continue
        for function in functions(handling.program, root.to(node.callee)):
            if any(
                isinstance(each, tree.Call)
                and isinstance(each.callee, tree.Member)
                and each.callee.name == "close"
                and handling.sockets.is_socket(each.callee.object)
                for each in own_nodes(function)
            ):
                return True
    return False


def _of_methods(site: ServerSite) -> Iterator[Close]:
    """The closes of a class of handlers: `self.close(code)` of Channels, `websocket.close(code)` of Starlette."""
    for name, method in site.methods:
        accepted: int | None = next(
            (
                node.start
                for node in own_nodes(method)
                if isinstance(node, tree.Call) and last_name(node.callee) == "accept"
            ),
            None,
        )
        opening = name in ("connect", "websocket_connect", "on_connect", "open")
        for node in own_nodes(method):
            if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Member):
                continue
            owner = node.callee.object
            is_own = isinstance(owner, tree.Name) and (
                is_receiver(method.to(owner), owner.id) or owner.id in ("websocket", "ws", "socket")
            )
            if node.callee.name == "close" and is_own:
                before = opening and (accepted is None or node.start < accepted) and name != "open"
                yield replace(_read(site.program, method.to(node)), before_accept=Known(before))


__all__ = ["closing_of_endpoint", "code_of"]
