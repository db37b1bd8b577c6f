"""Clients that are given up without being let go: a queue dropped under its handler, a loop that outlives its sends."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import DISCONNECT, SENDERS, caught_kinds, socket_method
from halfopen.connections.handler_reading import reads
from halfopen.connections.handling import Handling
from halfopen.connections.registries import removals_in
from halfopen.connections.sending.broadcasts import deliveries
from halfopen.connections.sending.facts import DroppedSubscriber, SwallowedDeparture
from halfopen.connections.sending.foreign import ends_handler
from halfopen.connections.sending.registered import Entered
from halfopen.connections.sending.waiting import failure_of, time_limit
from halfopen.semantics import tree
from halfopen.semantics.leaving import JUMPS, may_leave
from halfopen.semantics.program import At, Program, own_nodes


def dropped_subscribers(program: Program, registry: Entered) -> Iterator[DroppedSubscriber]:
    """Queues that a broadcast takes out of the registry, while their handlers wait on them without a limit."""
    if registry.held != "queues" or not _waits_for_ever(program, registry.handling):
        return
    putting: dict[At[tree.Function], set[tree.Node]] = {}
    for each in deliveries(program, registry):
        function = each.outer.index.function_of(each.outer.node)
        if function is not None:
            putting.setdefault(each.outer.to(function), set()).add(each.send.node)
    for function, puts in putting.items():
        if ends_handler(function, frozenset(puts)):
            continue
        for removal in removals_in(program, function):
            if removal.container == registry.container:
                yield DroppedSubscriber(
                    removal.node.span,
                    registry.name,
                    (
                        Evidence(removal.node.span, f"the client's queue leaves {registry.name}"),
                        *_waiting(program, registry.handling),
                    ),
                )
                break


def _waiting(program: Program, handling: Handling) -> Iterator[Evidence]:
    queues = handling.queues()
    for function in handling.reachable:
        for node in own_nodes(function):
            if (
                isinstance(node, tree.Call)
                and isinstance(node.callee, tree.Member)
                and node.callee.name == "get"
                and node.callee.object in queues
                and time_limit(program, function.to(node)) is None
            ):
                yield Evidence(function.to(node).span, "its handler waits here, with nothing left to come")
                return


def _waits_for_ever(program: Program, handling: Handling) -> bool:
    return any(True for _ in _waiting(program, handling))


def swallowed_departures(handling: Handling) -> Iterator[SwallowedDeparture]:
    """Sends in an endless loop that goes on after they failed, where nothing reads the socket."""
    program, sockets = handling.program, handling.sockets
    if not sockets.nodes or any(reads(sockets, each.node.body) for each in handling.reachable):
        return
    for function in handling.reachable:
        for node in own_nodes(function):
            if socket_method(sockets, node) not in SENDERS:
                continue
            at = function.to(node)
            loop = _endless(at)
            if loop is None or failure_of(program, at, loop) != "caught":
                continue
            yield SwallowedDeparture(
                at.span,
                not _ends_on_disconnect(program, at, loop),
                (Evidence(function.to(loop).span, "repeats, whatever becomes of the send"),),
            )


def _endless(at: At[tree.Node]) -> tree.Loop | None:
    """The endless loop around a node: `while True`, or a broker's messages."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return None
        if isinstance(ancestor, tree.Loop) and (
            ancestor.is_async
            or (
                ancestor.kind == "while"
                and isinstance(ancestor.test, tree.Literal)
                and bool(ancestor.test.value)
            )
        ):
            return ancestor
    return None


def _ends_on_disconnect(program: Program, at: At[tree.Node], loop: tree.Loop) -> bool:
    """Whether a clause for `WebSocketDisconnect` before the general one leaves the loop."""
    for ancestor in at.index.ancestors(at.node):
        if ancestor is loop:
            return False
        if isinstance(ancestor, tree.Try):
            for handler in ancestor.handlers:
                kinds = caught_kinds(program, at.to(handler))
                if kinds == DISCONNECT:
                    return may_leave(handler.body, JUMPS)
    return False
