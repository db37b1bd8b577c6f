"""Whether anything would tell a handler that its client has left."""

from __future__ import annotations

from collections.abc import Iterable

from halfopen.connections.dossier import Leak, LeakKind, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import (
    ITERATORS,
    RECEIVERS,
    SENDERS,
    Sockets,
    iterates_messages,
    socket_method,
)
from halfopen.connections.handling import Handling
from halfopen.connections.ticking import PAUSES, is_fed_by_a_clock
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.leaving import JUMPS, may_leave
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified


def reads(sockets: Sockets, root: tree.Node) -> bool:
    """Whether code receives: by a call, or by going over the socket's messages."""
    return any(
        socket_method(sockets, node) in RECEIVERS | ITERATORS or iterates_messages(sockets, node)
        for node in tree.walk(root)
    )


def sends_each_turn(handling: Handling, loop: tree.Loop) -> bool:
    """Each turn sends unconditionally and waits only for a sleep: the first send after the client left ends it.

    A send whose failure is caught and passed over does not end anything.
    """
    program, root = handling.program, handling.root
    sends = False
    statements = list(loop.body.statements)
    while statements:
        statement = statements.pop(0)
        if isinstance(statement, tree.Try):
            swallowed = any(not may_leave(handler.body, JUMPS) for handler in statement.handlers)
            if not swallowed:
                statements = [*statement.body.statements, *statements]
            continue
        if isinstance(statement, tree.If | tree.Loop | tree.With | tree.Switch):
            continue
        for node in tree.walk(statement, tree.same_function):
            if isinstance(node, tree.Await) and isinstance(node.value, tree.Call):
                if socket_method(handling.sockets, node.value) in SENDERS or (
                    handling.sockets.mentions(node.value) and functions(program, root.to(node.value.callee))
                ):
                    sends = True
                elif isinstance(node.value.callee, tree.Member) and node.value.callee.name in (
                    "get",
                    "get_message",
                    "wait",
                    "listen",
                ):
                    return False
    return sends and not loop.is_async and _gives_way(handling, loop)


def _gives_way(handling: Handling, loop: tree.Loop) -> bool:
    """Whether a loop waits for anything but its sends: these alone go on without a pause, and no close is seen."""
    for node in tree.walk(loop.body, tree.same_function):
        if isinstance(node, tree.Await) and socket_method(handling.sockets, node.value) not in SENDERS:
            return True
        if isinstance(node, tree.Loop | tree.With) and node.is_async:
            return True
    return False


def unread_handler(handling: Handling, resources: list[Resource]) -> Resource | None:
    """A handler that never receives, and whose endless loop can go on without a send either."""
    root = handling.root
    if any(reads(handling.sockets, function.node.body) for function in handling.reachable):
        return None
    if leaves_workspace(handling.program, handling.sockets, handling.reachable):
        return None
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Loop):
                continue
            endless = node.kind == "while" and (
                not isinstance(node.test, tree.Literal) or bool(node.test.value)
            )
            if not (endless or node.is_async) or sends_each_turn(handling, node):
                continue
            if node.is_async and not _may_wait(function.to(node), handling):
                continue
            if only_pauses(handling, function.to(node)):
                doing = "this loop does nothing but wait, and nothing ends it"
            elif not handling.sockets.mentions(node.body) or is_fed_by_a_clock(handling, function.to(node)):
                continue
            else:
                doing = "this loop can go on without a send that would end it"
            accept = _accepting(handling)
            kinds: LeakKind = "unread"
            leak = Leak(kinds, (Evidence(function.to(node).span, doing),))
            return Resource("handler", handling.name, handling.name, (accept or root).span, (leak,))
    return None


def only_pauses(handling: Handling, loop: At[tree.Loop]) -> bool:
    """Whether the endpoint's own loop keeps it open by sleeping: nothing in it sends, receives, leaves or is waited for."""
    if loop.index.function_of(loop.node) is not handling.root.node or may_leave(loop.node.body):
        return False
    if not (isinstance(loop.node.test, tree.Literal) and loop.node.test.value):
        return False
    awaited = [
        each.value for each in tree.walk(loop.node.body, tree.same_function) if isinstance(each, tree.Await)
    ]
    return bool(awaited) and all(
        isinstance(each, tree.Call) and qualified(handling.program, loop.to(each.callee)) & PAUSES
        for each in awaited
    )


_LISTENING = frozenset(
    {
        "listen",
        "subscribe",
        "messages",
        "iter_messages",
        "watch",
        "changes",
        "notifications",
        "consume",
        "events",
    }
)


def _may_wait(loop: At[tree.Loop], handling: Handling) -> bool:
    """Whether what an `async for` goes over can leave the loop waiting, with nothing to send, without an end.

    A generator of the project that ends, or that yields in each turn of its own loop, does not; of other calls
    only those of a broker are known to.
    """
    source = loop.node.iterable
    if not isinstance(source, tree.Call):
        return True
    generators = functions(handling.program, loop.to(source.callee))
    if not generators:
        return isinstance(source.callee, tree.Member) and source.callee.name in _LISTENING
    return any(_waits_without_end(handling, each) for each in generators)


def _waits_without_end(handling: Handling, generator: At[tree.Function]) -> bool:
    handling.program.queries.note(generator.unit)
    for node in own_nodes(generator):
        if not isinstance(node, tree.Loop):
            continue
        if node.is_async and _may_wait(generator.to(node), handling):
            return True
        if node.kind == "while" and not _yields_each_turn(node):
            return True
    return False


def _yields_each_turn(loop: tree.Loop) -> bool:
    return any(
        isinstance(node, tree.Yield)
        for statement in loop.body.statements
        if isinstance(statement, tree.Do)
        for node in tree.walk(statement, tree.same_function)
    )


def _accepting(handling: Handling) -> At[tree.Node] | None:
    for node in own_nodes(handling.root):
        if socket_method(handling.sockets, node) == "accept":
            return handling.root.to(node)
    return None


_HARMLESS = (
    *("logging", "str", "id", "print", "repr", "hash", "isinstance", "len"),
    *("set", "list", "dict", "collections", "weakref"),
)
"""Where names begin to which a socket can be given and which do not receive from it: containers only keep it."""


def leaves_workspace(program: Program, sockets: Sockets, functions_: Iterable[At[tree.Function]]) -> bool:
    """Whether the socket is handed to code that cannot be read here, which may receive from it."""
    for function in functions_:
        for node in tree.walk(function.node.body):
            if not isinstance(node, tree.Call) or functions(program, function.to(node.callee)):
                continue
            if not any(sockets.is_socket(each.value) for each in node.arguments):
                continue
            if any(not name.startswith(_HARMLESS) for name in qualified(program, function.to(node.callee))):
                return True
    return False
