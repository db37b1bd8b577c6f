"""Queues that outlive a connection and are emptied for it before anything of them is sent."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.registries import Container, container_of
from halfopen.connections.sending.facts import Drained
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes

_COPIES = frozenset({"list", "tuple"})


def drained_queues(handling: Handling) -> Iterator[Drained]:
    """`for message in queue.drain(): await websocket.send_json(message)`, each loop once."""
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Loop) or node.iterable is None or not _sends(handling, node):
                continue
            taken = _taken(handling.program, function.to(node.iterable))
            if taken is not None and not _puts_back(function, node, taken[0]):
                queue, emptied = taken
                said = Evidence(emptied.span, "everything is taken out here, sent or not")
                yield Drained(function.to(node.iterable).span, queue.text, (said,))


def _sends(handling: Handling, loop: tree.Loop) -> bool:
    return any(
        socket_method(handling.sockets, each) in SENDERS for each in tree.walk(loop.body, tree.same_function)
    )


def _taken(program: Program, given: At[tree.Expr]) -> tuple[At[tree.Expr], At[tree.Node]] | None:
    """The queue that outlives the connection, and where the method that hands out its messages empties it."""
    call = given.node.value if isinstance(given.node, tree.Await) else given.node
    if not isinstance(call, tree.Call) or not isinstance(call.callee, tree.Member):
        return None
    queue = given.to(call.callee.object)
    if container_of(program, queue) is None:
        return None
    for method in functions(program, given.to(call.callee)):
        emptied = _emptying(program, method)
        if emptied is not None:
            return queue, emptied
    return None


def _emptying(program: Program, method: At[tree.Function]) -> At[tree.Node] | None:
    """`messages = list(self._queue); self._queue.clear(); return messages`."""
    program.queries.note(method.unit)
    copied: set[Container] = set()
    for node in own_nodes(method):
        if isinstance(node, tree.Assign) and isinstance(node.value, tree.Call):
            held = _copied(program, method.to(node.value))
            if held is not None:
                copied.add(held)
    if not copied or not any(
        isinstance(node, tree.Return) and node.value is not None for node in own_nodes(method)
    ):
        return None
    for node in own_nodes(method):
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name == "clear"
            and container_of(program, method.to(node.callee.object)) in copied
        ):
            return method.to(node)
    return None


def _copied(program: Program, call: At[tree.Call]) -> Container | None:
    callee, arguments = call.node.callee, call.node.arguments
    if isinstance(callee, tree.Name) and callee.id in _COPIES and arguments:
        return container_of(program, call.to(arguments[0].value))
    if isinstance(callee, tree.Member) and callee.name == "copy":
        return container_of(program, call.to(callee.object))
    return None


def _puts_back(function: At[tree.Function], loop: tree.Loop, queue: At[tree.Expr]) -> bool:
    """Whether a clause around the sends, or a `finally`, uses the queue again: what was not sent returns to it."""
    tries = [each for each in function.index.ancestors(loop) if isinstance(each, tree.Try)]
    tries += [each for each in tree.walk(loop.body, tree.same_function) if isinstance(each, tree.Try)]
    for each in tries:
        for block in (*(handler.body for handler in each.handlers), each.final):
            for node in tree.walk(block) if block is not None else ():
                if isinstance(node, tree.Name | tree.Member) and function.to(node).text == queue.text:
                    return True
    return False
