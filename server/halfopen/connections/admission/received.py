"""What the client sent, and what is made of it."""

from __future__ import annotations

from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, iterates_messages
from halfopen.connections.handling import Handling
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.program import At, own_nodes


def carries(function: At[tree.Function], node: tree.Node, received: set[tree.Node]) -> bool:
    """Whether an expression is made of a received message: itself, a part, or a variable taken from it."""
    for each in tree.walk(node, tree.same_function):
        if each in received:
            return True
        if isinstance(each, tree.Name):
            binding = function.index.bindings.get(each)
            for definition in binding.definitions if binding is not None else ():
                value = definition.value
                if value is not None and any(
                    inner in received or _parses(inner, received) for inner in tree.walk(value)
                ):
                    return True
                if value is not None and _from_message(function, value, received):
                    return True
    return False


def _parses(node: tree.Node, received: set[tree.Node]) -> bool:
    return isinstance(node, tree.Call) and any(each.value in received for each in node.arguments)


def _from_message(function: At[tree.Function], value: tree.Expr, received: set[tree.Node]) -> bool:
    """`data = json.loads(raw)`; `content = data.get("content")`: one variable further back."""
    for each in tree.walk(value, tree.same_function):
        if isinstance(each, tree.Name):
            binding = function.index.bindings.get(each)
            for definition in binding.definitions if binding is not None else ():
                if definition.value is not None and any(
                    inner in received or _parses(inner, received) for inner in tree.walk(definition.value)
                ):
                    return True
    return False


def received_from(handling: Handling) -> set[tree.Node]:
    """The expressions that are what the client sent."""
    found: set[tree.Node] = set()
    for function in handling.reachable[:12]:
        for node in own_nodes(function):
            if (
                isinstance(node, tree.Call)
                and isinstance(node.callee, tree.Member)
                and node.callee.name in RECEIVERS | ITERATORS
                and handling.sockets.is_socket(node.callee.object)
            ):
                found |= {each.node for each in aliases(handling.program, function.to(node))}
            elif (
                isinstance(node, tree.Loop)
                and node.iterable is not None
                and iterates_messages(handling.sockets, node)
            ):
                found.add(
                    node.iterable
                )  # what the loop's variable is given: `async for message in websocket`
    return found
