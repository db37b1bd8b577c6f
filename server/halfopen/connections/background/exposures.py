"""Sends to other clients within a connection's own receive loop, whose failure ends this connection."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Exposure
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, SENDERS, caught_kinds, socket_method
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
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
                send = _unguarded_fan_out(code, call)
                if send is not None and not _is_guarded(code, function, loop, node):
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
    if at.node.iterable is not None and socket_method(code.sockets, at.node.iterable) in ITERATORS:
        return True
    return any(
        socket_method(code.sockets, node) in RECEIVERS for node in tree.walk(at.node.body, tree.same_function)
    )


def _unguarded_fan_out(code: EndpointCode, call: At[tree.Call], depth: int = 0) -> At[tree.Node] | None:
    """The send of a called function that goes to each of many clients and that no clause guards."""
    for function in functions(code.program, call.to(call.node.callee)):
        for loop in own_nodes(function):
            if not isinstance(loop, tree.Loop) or loop.kind != "for":
                continue
            for node in tree.walk(loop.body, tree.same_function):
                if not isinstance(node, tree.Await):
                    continue
                sends = code.operations(function.to(node)) & SENDERS
                if sends and not _is_guarded(code, function, function.node.body, node):
                    return function.to(node)
        if depth < 2:
            for node in own_nodes(function):
                if isinstance(node, tree.Await) and isinstance(node.value, tree.Call):
                    found = _unguarded_fan_out(code, function.to(node.value), depth + 1)
                    if found is not None and not _is_guarded(code, function, function.node.body, node):
                        return found
    return None


def _is_guarded(code: EndpointCode, function: At[tree.Function], within: tree.Node, node: tree.Node) -> bool:
    """Whether a clause around a node, inside of `within`, stops any error."""
    for ancestor in function.index.ancestors(node):
        if ancestor is within or isinstance(ancestor, tree.Function):
            return False
        if (
            isinstance(ancestor, tree.Try)
            and ancestor.body.start <= node.start < ancestor.body.end
            and any("*" in caught_kinds(code.program, function.to(each)) for each in ancestor.handlers)
        ):
            return True
    return False
