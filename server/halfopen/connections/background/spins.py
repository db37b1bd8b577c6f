"""Loops that go on when their socket is gone: each receive or send then fails at once, turn after turn.

After the first disconnect every further receive and send of Starlette raises without waiting
(RuntimeError; domain facts of Starlette 1.10, websockets.py). A loop that stops this within a turn has
no point left at which it waits: the whole process stands still.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Spin
from halfopen.connections.caught import head_of
from halfopen.connections.endpoint_code import EndpointCode, own_tries
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import (
    DISCONNECT,
    ITERATORS,
    RECEIVERS,
    SENDERS,
    caught_kinds,
    socket_method,
)
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.leaving import may_leave
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified

_CLOSED = frozenset({"RuntimeError", "WebSocketDisconnected"})
"""What a receive or send raises once the disconnect was seen."""
_STATES = frozenset({"client_state", "application_state"})


def spins(code: EndpointCode) -> Iterator[Spin]:
    """The loops of an endpoint's own functions that outlive the socket and never wait."""
    for function in code.functions:
        if not code.sockets.mentions(function.node.body):
            continue
        for statement in own_tries(function):
            found = _spin(code, statement)
            if found is not None:
                yield found


def _spin(code: EndpointCode, at: At[tree.Try]) -> Spin | None:
    loop = _loop_around(at)
    if loop is None or not _endless(loop):
        return None
    operation = _first_operation(code, at)
    if operation is None:
        return None
    if operation in ITERATORS:
        first: At[tree.Handler] | None = None  # they end quietly on the first disconnect
    else:
        first = _stopping(code, at, "disconnect")
        if first is None or may_leave(first.node.body):
            return _spin_after_a_send(code, at, loop, operation)
    closed = _stopping(code, at, "closed")
    if closed is None or may_leave(closed.node.body) or _ends_elsewhere(code, at, closed, loop):
        return None
    said = "this clause stops the error of a socket that is gone, and the loop goes on"
    return Spin(
        operation,
        not _waits_each_turn(code, at, closed, loop),
        head_of(closed),
        (Evidence(head_of(closed), said), Evidence(at.to(loop).span, "the loop has no other way out")),
    )


def _spin_after_a_send(code: EndpointCode, at: At[tree.Try], loop: tree.Loop, operation: str) -> Spin | None:
    """A loop that ends with the disconnect, and stops a failing send before: the socket is closed for sending then.

    `receive_text` and its like raise RuntimeError on such a socket, and never come to see the disconnect; the plain
    `receive` does (starlette 1.10 websockets.py: `application_state`).
    """
    closed = _stopping(code, at, "closed")
    if operation not in RECEIVERS - {"receive"} or closed is None or may_leave(closed.node.body):
        return None
    if _let_through(code, closed.to(closed.node.body)) & SENDERS or _ends_elsewhere(code, at, closed, loop):
        return None
    swallowed = next(_swallowed_sends(code, at, closed), None)
    if swallowed is None:
        return None
    return Spin(
        operation,
        not _waits_each_turn(code, at, closed, loop),
        head_of(closed),
        (
            Evidence(swallowed.span, "a send that fails in here is stopped, and closes the socket"),
            Evidence(
                head_of(closed), f"this clause stops what `{operation}` then raises, and the loop goes on"
            ),
        ),
        swallowed.span,
    )


def _swallowed_sends(
    code: EndpointCode, at: At[tree.Try], closed: At[tree.Handler]
) -> Iterator[At[tree.Node]]:
    """The sends to this socket within a turn whose failure goes no further: in a `try` there, or in what is called."""
    for part in (at.node.body, closed.node.body):
        for node in tree.walk(part, tree.same_function):
            if isinstance(node, tree.Try):
                stops = _swallows_a_send(code, at.to(node))
            else:
                stops = isinstance(node, tree.Call) and _stops_a_send(code, at.to(node))
            if stops:
                yield at.to(node)


def _stops_a_send(code: EndpointCode, call: At[tree.Call], depth: int = 2) -> bool:
    """Whether a function that is called stops the failure of its send, itself or in what it calls outside a `try`."""
    for function in functions(code.program, call.to(call.node.callee)):
        tries = own_tries(function)
        if any(_swallows_a_send(code, each) for each in tries):
            return True
        if depth and not tries:
            calls = [each for each in own_nodes(function) if isinstance(each, tree.Call)]
            if any(_stops_a_send(code, function.to(each), depth - 1) for each in calls):
                return True
    return False


def _swallows_a_send(code: EndpointCode, at: At[tree.Try]) -> bool:
    if not _let_through(code, at.to(at.node.body)) & SENDERS:
        return False
    clause = _stopping(code, at, "closed")
    first = _stopping(code, at, "disconnect")
    if clause is None or first is None or first.node is not clause.node:
        return False
    return not may_leave(clause.node.body)


def _loop_around(at: At[tree.Try]) -> tree.Loop | None:
    """The loop in whose turn the `try` runs, where nothing between them stops or ends it."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Loop):
            return ancestor
        if isinstance(ancestor, tree.Function | tree.Handler):
            return None
    return None


def _endless(loop: tree.Loop) -> bool:
    """`while True`; a condition may become false by what the clause calls."""
    return loop.kind == "while" and isinstance(loop.test, tree.Literal) and bool(loop.test.value)


def _first_operation(code: EndpointCode, at: At[tree.Try]) -> str | None:
    """The receive or send that each turn comes to first, with nothing to wait for before it."""
    for statement in at.node.body.statements:
        if isinstance(statement, tree.If | tree.Switch):
            if _waits(code, at.to(statement)):
                return None
            continue
        if isinstance(statement, tree.Loop):
            method = socket_method(code.sockets, statement.iterable) if statement.iterable else None
            return method if method in ITERATORS else None
        if isinstance(statement, tree.Try) and statement.handlers:
            # The inner clauses decide about what it holds.
            if _waits(code, at.to(statement.body)) or code.operations(at.to(statement.body)):
                return None
            continue
        operations = _let_through(code, at.to(statement))
        for family in (RECEIVERS, SENDERS):
            if operations & family:
                return sorted(operations & family)[0]
        if _waits(code, at.to(statement)):
            return None
    return None


def _let_through(code: EndpointCode, at: At[tree.Node]) -> frozenset[str]:
    """The statement's uses of the socket whose failure arrives here: called functions stop none of it."""
    found: set[str] = set()
    for node in tree.walk(at.node, tree.same_function):
        if not isinstance(node, tree.Call):
            continue
        method = socket_method(code.sockets, node)
        if method is not None:
            found.add(method)
            continue
        for function in functions(code.program, at.to(node.callee)):
            if not own_tries(function):
                found |= code.operations(function.to(function.node.body))
    return frozenset(found)


def _waits(code: EndpointCode, at: At[tree.Node]) -> bool:
    """Whether code awaits anything but the socket: then a turn lets others run."""
    return any(
        isinstance(node, tree.Await | tree.Loop)
        and (not isinstance(node, tree.Loop) or node.is_async)
        and not code.operations(at.to(node))
        for node in tree.walk(at.node, tree.same_function)
    )


def _stopping(code: EndpointCode, at: At[tree.Try], kind: str) -> At[tree.Handler] | None:
    """The clause that stops the first disconnect, or the error of a receive after it."""
    for handler in at.node.handlers:
        clause = at.to(handler)
        kinds = caught_kinds(code.program, clause)
        if "*" in kinds or (kind == "disconnect" and kinds & DISCONNECT):
            return clause
        if kind == "closed" and _names_closed(code, clause):
            return clause
    return None


def _names_closed(code: EndpointCode, clause: At[tree.Handler]) -> bool:
    for kind in clause.node.types:
        names = qualified(code.program, clause.to(kind))
        written = (
            kind.id if isinstance(kind, tree.Name) else kind.name if isinstance(kind, tree.Member) else ""
        )
        if {each.rpartition(".")[2] for each in names or {written}} & _CLOSED:
            return True
    return False


def _begins_anew(clause: At[tree.Handler]) -> bool:
    """Whether a clause ends with `continue`: what follows the `try` then does not run."""
    last = clause.node.body.statements[-1:]
    return any(isinstance(each, tree.Jump) and each.kind == "continue" for each in last)


def _ends_elsewhere(code: EndpointCode, at: At[tree.Try], closed: At[tree.Handler], loop: tree.Loop) -> bool:
    """Whether the rest of a failing turn may leave the loop, or asks for the socket's state."""
    rest = [
        each
        for each in loop.body.statements
        if each.end <= at.node.start or (each.start >= at.node.end and not _begins_anew(closed))
    ]
    if any(may_leave(each) for each in rest):
        return True
    if any(_let_through(code, at.to(each)) for each in rest):
        return True  # what the rest does with the socket fails too, and nothing in the loop stops it
    return any(
        isinstance(node, tree.Member) and node.name in _STATES
        for each in (*rest, at.node.body)
        for node in tree.walk(each, tree.same_function)
    )


def _waits_each_turn(code: EndpointCode, at: At[tree.Try], clause: At[tree.Handler], loop: tree.Loop) -> bool:
    """Whether a failing turn still waits for something: in the clause, or in the loop around the `try`."""
    skips = any(
        isinstance(each, tree.Jump) and each.kind == "continue"
        for each in tree.walk(clause.node.body, tree.same_function)
    )
    outside = [
        each
        for each in loop.body.statements
        if each.end <= at.node.start or (each.start >= at.node.end and not skips)
    ]
    if at.node.final is not None:
        outside.append(at.node.final)
    return any(_waits(code, at.to(each)) for each in (clause.node.body, *outside))
