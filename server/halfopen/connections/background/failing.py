"""What ends a task: exceptions that leave it, and clauses that only write them down."""

from __future__ import annotations

from halfopen.connections.endpoint_code import EndpointCode, own_tries
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, SENDERS, Throwing, caught_kinds, question
from halfopen.connections.receiving.kinds import blocking_kind
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.control import thrown_kinds
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified

BROKERS = frozenset({"listen", "notifies"})
"""What gives the messages of Redis' pub/sub and of PostgreSQL's NOTIFY, one after the other, until it fails."""
_RESULTS = frozenset({"celery.result.AsyncResult", "celery.Celery().AsyncResult", "rq.job.Job.fetch"})
"""What asks the store of a task queue for the state of a job."""
_OUTSIDE = frozenset({"request", "database", "model", "cloud"})
"""Blocking calls that leave the process."""


def may_fail(
    code: EndpointCode, function: At[tree.Function], sending: frozenset[tree.Node] = frozenset()
) -> bool:
    """Whether an error other than that of the socket, or of what sends to all, leaves a coroutine."""
    throwing = Throwing(code.program, code.sockets)

    def silent(node: tree.Node) -> bool:
        if not isinstance(node, tree.Await):
            return False
        if isinstance(node.value, tree.Call) and any(
            each.node in sending for each in functions(code.program, function.to(node.value.callee))
        ):
            return True
        operations = code.operations(function.to(node))
        return bool(operations) and operations <= SENDERS | {"close", "accept"}

    asked = question(code.program, function, throwing, silent=silent)
    return "error" in thrown_kinds(function.node.body, asked)


def quiet_end(
    code: EndpointCode,
    function: At[tree.Function],
    sending: frozenset[tree.Node] = frozenset(),
    feeds: bool = False,
) -> At[tree.Node] | None:
    """The clause with which an endless feed of the client ends after any failure of its source.

    `feeds`: it is known to feed the clients in another way than by sending.
    """
    body = function.node.body
    operations = code.operations(function.to(body))
    if operations & (RECEIVERS | ITERATORS | {"close"}):
        return None
    if not feeds and not operations & SENDERS and not leads_to(code, function, sending):
        return None
    for statement in own_tries(function):
        for handler in statement.node.handlers:
            clause = statement.to(handler)
            if "*" not in caught_kinds(code.program, clause) or _acts(clause):
                continue
            loop = _source_loop(code, function, statement, clause)
            if loop is not None:
                return clause
    return None


def _acts(clause: At[tree.Handler]) -> bool:
    """Whether a clause raises, closes, or sets something that others may watch."""
    return any(
        isinstance(node, tree.Raise | tree.Assign)
        or (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name
            in ("close", "cancel", "set", "disconnect", "set_exception", "send_json", "send_text")
        )
        for node in tree.walk(clause.node.body, tree.same_function)
    )


def _source_loop(
    code: EndpointCode, function: At[tree.Function], at: At[tree.Try], clause: At[tree.Handler]
) -> tree.Loop | None:
    """The endless loop that the clause ends, where it waits for something other than the socket and a clock."""
    inside = [each for each in tree.walk(at.node.body, tree.same_function) if isinstance(each, tree.Loop)]
    around = [
        each
        for each in at.index.ancestors(at.node)
        if isinstance(each, tree.Loop) and function.node.start <= each.start
    ]
    leaves = any(
        isinstance(node, tree.Return) or (isinstance(node, tree.Jump) and node.kind == "break")
        for node in tree.walk(clause.node.body, tree.same_function)
    )
    # A loop around the clause that goes on begins the loop within it anew.
    for loop in (*(inside if leaves or not around else ()), *(around if leaves else ())):
        # A stream that is iterated has an end of its own, other than the messages of a broker.
        if (loop.kind == "while" and _has_source(code, at.to(loop))) or _is_broker(loop):
            return loop
    return None


def _is_broker(loop: tree.Loop) -> bool:
    """`async for message in pubsub.listen()`."""
    return (
        loop.is_async and isinstance(loop.iterable, tree.Call) and last_name(loop.iterable.callee) in BROKERS
    )


def _has_source(code: EndpointCode, at: At[tree.Loop]) -> bool:
    return any(
        _may_end(code, at.to(node)) and not _is_survived(code, at.to(node), at.node)
        for node in tree.walk(at.node.body, tree.same_function)
    )


def _may_end(code: EndpointCode, at: At[tree.Node]) -> bool:
    """Whether evaluating a node asks something outside of the process, which may fail: not the socket, nor a clock."""
    match at.node:
        case tree.Await(value=tree.Call(callee=callee, arguments=arguments)):
            if code.operations(at) or "asyncio.sleep" in qualified(code.program, at.to(callee)):
                return False
            # A queue's `get()` and an event's `wait()` do not fail.
            return not (isinstance(callee, tree.Member) and callee.name in ("get", "wait") and not arguments)
        case tree.Call(callee=callee):
            names = qualified(code.program, at.to(callee))
            return bool(names & _RESULTS) or any(blocking_kind(each) in _OUTSIDE for each in names)
        case _:
            return False


def is_stopped(code: EndpointCode, at: At[tree.Node], within: tree.Node) -> bool:
    """Whether a clause around a node, inside of `within`, stops every failure of it."""
    return _stopping(code, at, within) is not None


def _is_survived(code: EndpointCode, awaited: At[tree.Node], loop: tree.Loop) -> bool:
    """Whether a clause within the loop stops every failure of what is asked, and the loop goes on."""
    clause = _stopping(code, awaited, loop)
    return clause is not None and not any(
        isinstance(node, tree.Return | tree.Raise) or (isinstance(node, tree.Jump) and node.kind == "break")
        for node in tree.walk(clause.body, tree.same_function)
    )


def _stopping(code: EndpointCode, at: At[tree.Node], within: tree.Node) -> tree.Handler | None:
    """The innermost clause around a node, inside of `within`, that every failure of it ends in."""
    child: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        if ancestor is within:
            return None
        if isinstance(ancestor, tree.Try) and child is ancestor.body:
            for handler in ancestor.handlers:
                if "*" in caught_kinds(code.program, at.to(handler)):
                    return handler
        child = ancestor
    return None


def leads_to(code: EndpointCode, body: At[tree.Function], sending: frozenset[tree.Node]) -> bool:
    """Whether a coroutine sends to the clients of a registry, itself or through what it awaits."""
    return body.node in sending or any(
        callee.node in sending
        for node in own_nodes(body)
        if isinstance(node, tree.Await) and isinstance(node.value, tree.Call)
        for callee in functions(code.program, body.to(node.value.callee))
    )
