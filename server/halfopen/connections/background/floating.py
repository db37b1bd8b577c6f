"""A client's asynchronous work whose rejection nobody handles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from halfopen.connections.background.client_code import EVENTS, ClientCode
from halfopen.connections.background.facts import Floating
from halfopen.connections.background.rejections import (
    is_caught,
    makes_request,
    may_fail,
    promise_risk,
    risk_in,
)
from halfopen.connections.client_release import closure_of
from halfopen.connections.facts import Confidence, Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.requests import reaches_request
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, functions
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes

_MOST_SHOWN = 50
_DEPTH = 2
_TIMERS = frozenset({"setTimeout", "setInterval"})


def floating(code: ClientCode) -> Iterator[Floating]:
    """Async handlers, calls without `await`, and chains without `catch`, the message's first."""
    seen: set[tree.Node] = set()
    for event in EVENTS:
        for handler in code.handlers[event]:
            risk = risk_in(code.view.program, handler) if handler.node.is_async else None
            if risk is not None and handler.node not in seen:
                seen.add(handler.node)
                yield _found("handler", event, _name(handler), risk, handler, Confidence.HIGH)
    known = code.everything()
    for function in [*known, *_run_for_users(code, known)]:
        event = code.event_of(function) if function in known else "message"
        timed = [each for each in _timed(function) if each not in known] if event else []
        for inner in (function, *timed) if event else ():
            for node in _dropped(code, inner):
                if node not in seen:
                    seen.add(node)
                    yield from _of_call(code, inner.to(node), event)


def _run_for_users(code: ClientCode, known: list[At[tree.Function]]) -> list[At[tree.Function]]:
    """What the message handlers run of their users: the callback that a hook was given, and what that calls."""
    program = code.view.program
    given = [
        each
        for function in code.runs["message"]
        for node in own_nodes(function)
        if isinstance(node, tree.Call)
        and not any(each in known for each in functions(program, function.to(node.callee)))
        for each in callbacks(program, function.to(node.callee))
        if each not in known and is_shipped(each.path)
    ]
    return [each for each in closure_of(program, given) if each not in known]


def _timed(function: At[tree.Function]) -> Iterator[At[tree.Function]]:
    """What stands inline in a function as what runs after a time: `setTimeout(() => this.connect(), 5000)`."""
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and last_name(node.callee) in _TIMERS and node.arguments:
            first = node.arguments[0].value
            if isinstance(first, tree.Function) and not first.is_async:
                yield function.to(first)


def _found(
    kind: str, event: str, what: str, risk: At[tree.Node], at: At[tree.Node], confidence: Confidence
) -> Floating:
    shown = _shown(risk)
    return Floating(
        kind,  # type: ignore[arg-type]
        event,
        what,
        shown,
        at.span,
        confidence,
        (Evidence(risk.span, f"`{shown}` may reject, and nothing here catches it"),),
    )


def _shown(at: At[tree.Node]) -> str:
    text = " ".join(at.text.split())
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"


def _name(function: At[tree.Function]) -> str:
    return name_of_function(function)[0] or "the handler"


def _dropped(code: ClientCode, function: At[tree.Function]) -> Iterator[tree.Call]:
    """The calls of a function whose result nobody takes."""
    for node in own_nodes(function):
        value: tree.Expr | None = None
        if isinstance(node, tree.Do) or (
            isinstance(node, tree.Return) and _result_is_ignored(code, function)
        ):
            value = node.value
        if isinstance(value, tree.Operation) and value.operator == "void":
            value = value.operands[0]
        if isinstance(value, tree.Operation) and value.operator == "and":
            value = value.operands[-1]
        if isinstance(value, tree.Call):
            yield value


def _result_is_ignored(code: ClientCode, function: At[tree.Function]) -> bool:
    """Whether whoever runs a function drops what it returns: the socket, a timer, `forEach`."""
    if any(function in code.handlers[event] for event in EVENTS):
        return not function.node.is_async
    parent = function.parent
    call = function.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    if not isinstance(call, tree.Call):
        return False
    last = last_name(call.callee)
    return last in _TIMERS or last == "forEach"


def _of_call(code: ClientCode, call: At[tree.Call], event: str) -> Iterator[Floating]:
    program = code.view.program
    callee = call.node.callee
    if isinstance(callee, tree.Member) and callee.name in ("then", "finally"):
        if event == "connect" and not _leads_to_socket(code, call):
            if not _is_beside(code, call) or not makes_request(program, _root_call(call)):
                return
            event = "beside"
        if not is_caught(call.node):
            risk = _risk_of_chain(code, call)
            if risk is not None:
                yield _found("chain", event, _shown(_root(call)), risk, call, Confidence.MEDIUM)
        return
    if isinstance(callee, tree.Member) and callee.name == "catch":
        return
    found = callbacks(program, call.to(callee))
    if not found and makes_request(program, call):
        if event != "connect" or _is_beside(code, call):
            yield _found(
                "request",
                "beside" if event == "connect" else event,
                _shown(call),
                call,
                call,
                Confidence.HIGH,
            )
        return
    if not found or not all(map(_gives_promise, repeat(program), found)):
        return
    if event == "connect" and not any(_connects(code, each) for each in found):
        if not _is_beside(code, call) or reaches_request(program, call, _DEPTH) is None:
            return
        event = "beside"
    for each in found:
        risk = promise_risk(program, each)
        if risk is not None:
            kind = "promise" if _connects(code, each) and not each.node.is_async else "call"
            yield _found(kind, event, _name(each), risk, call, Confidence.MEDIUM)
            return


def _gives_promise(program: Program, function: At[tree.Function]) -> bool:
    return function.node.is_async or promise_risk(program, function) is not None


def _root_call(call: At[tree.Call]) -> At[tree.Call]:
    root = _root(call)
    return root.to(root.node) if isinstance(root.node, tree.Call) else call


def _is_beside(code: ClientCode, call: At[tree.Call]) -> bool:
    """Whether a call stands in the function that makes the socket, or in the effect that has it made."""
    function = call.index.function_of(call.node)
    reach = code.view.reach
    if function is None:
        return False
    if reach.creating is not None and function is reach.creating.node:
        return True
    return any(each.callback.node is function for each in reach.effects)


def _connects(code: ClientCode, function: At[tree.Function]) -> bool:
    """Whether a function is part of making the socket, and not a far caller of it."""
    reach = code.view.reach
    home = reach.creating.path if reach.creating is not None else code.view.call.path
    return function.node in reach.functions and function.path == home


def _leads_to_socket(code: ClientCode, call: At[tree.Call]) -> bool:
    """Whether a chain makes the socket, or starts what makes it."""
    reach, held = code.view.reach.functions, code.view.socket.nodes
    return any(
        (isinstance(node, tree.Function) and node in reach) or node in held for node in tree.walk(call.node)
    )


def _root(call: At[tree.Call]) -> At[tree.Expr]:
    """What a chain begins with."""
    current: tree.Expr = call.node
    while (
        isinstance(current, tree.Call)
        and isinstance(current.callee, tree.Member)
        and current.callee.name in ("then", "finally", "catch")
    ):
        current = current.callee.object
    return call.to(current)


def _risk_of_chain(code: ClientCode, call: At[tree.Call]) -> At[tree.Node] | None:
    """What of a chain may reject: where it begins, or one of its steps."""
    program = code.view.program
    root = _root(call)
    if isinstance(root.node, tree.Call):
        found = functions(program, call.to(root.node.callee))
        begins_resolved = isinstance(root.node.callee, tree.Member) and root.node.callee.name == "resolve"
        if (not found and not begins_resolved) or any(may_fail(program, each) for each in found):
            return call.to(root.node)
    current: tree.Expr = call.node
    while (
        isinstance(current, tree.Call)
        and isinstance(current.callee, tree.Member)
        and current is not root.node
    ):
        for argument in current.arguments[:1]:
            for step in callbacks(program, call.to(argument.value)):
                if may_fail(program, step):
                    return risk_in(program, step) or call.to(argument.value)
        current = current.callee.object
    return None
