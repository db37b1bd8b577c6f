"""Sends to many clients, one after the other, that nothing guards: one client that is gone ends them."""

from __future__ import annotations

from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.handler_flow import SENDERS, caught_kinds
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, own_nodes


def unguarded_fan_out(code: EndpointCode, call: At[tree.Call], depth: int = 0) -> At[tree.Node] | None:
    """The send of a called function that goes to each of many clients and that no clause guards."""
    for function in functions(code.program, call.to(call.node.callee)):
        for loop in own_nodes(function):
            if not isinstance(loop, tree.Loop) or loop.kind != "for":
                continue
            for node in tree.walk(loop.body, tree.same_function):
                if not isinstance(node, tree.Await):
                    continue
                sends = code.operations(function.to(node)) & SENDERS
                if sends and not is_guarded(code, function, function.node.body, node):
                    return function.to(node)
        if depth < 2:
            for node in own_nodes(function):
                if isinstance(node, tree.Await) and isinstance(node.value, tree.Call):
                    found = unguarded_fan_out(code, function.to(node.value), depth + 1)
                    if found is not None and not is_guarded(code, function, function.node.body, node):
                        return found
    return None


def is_guarded(code: EndpointCode, function: At[tree.Function], within: tree.Node, node: tree.Node) -> bool:
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
