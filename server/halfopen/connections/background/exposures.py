"""Sends to other clients within a connection's own receive loop, whose failure ends this connection."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Exposure
from halfopen.connections.background.fan_out import is_guarded, unguarded_fan_out
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import RECEIVERS, iterates_messages, socket_method
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes


def exposures(code: EndpointCode) -> Iterator[Exposure]:
    """The broadcasts that a receive loop awaits, with nothing that stops one client's failure."""
    for function in code.functions:
        for loop in own_nodes(function):
            if not isinstance(loop, tree.Loop) or not _receives(code, function.to(loop)):
                continue
            for node in tree.walk(loop.body, tree.same_function):
                if not isinstance(node, tree.Await) or not isinstance(node.value, tree.Call):
                    continue
                call = function.to(node.value)
                send = unguarded_fan_out(code, call)
                if send is not None and not is_guarded(code, function, loop, node):
                    yield Exposure(
                        call.to(node.value.callee).text,
                        call.span,
                        (
                            Evidence(
                                send.span, "a client that is gone makes this send raise, in the sender's loop"
                            ),
                        ),
                    )


def _receives(code: EndpointCode, at: At[tree.Loop]) -> bool:
    if iterates_messages(code.sockets, at.node):
        return True
    return any(
        socket_method(code.sockets, node) in RECEIVERS for node in tree.walk(at.node.body, tree.same_function)
    )
