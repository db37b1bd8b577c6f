"""What an endpoint enters in containers: its socket, what holds it, or a queue of this connection."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.handling import Handling
from halfopen.connections.passing_objects import is_passing
from halfopen.connections.registries import Registration, registrations_in
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.values import origins

_ASKING = frozenset({"get", "pop", "index", "count", "id", "hash", "str", "repr", "type"})
"""What is given the socket and gives something about it, or what stands under it as a key."""


def entered(handling: Handling) -> list[Registration]:
    """The registrations of the socket (as value or as key), or of something of this connection, in reachable functions."""
    found: list[Registration] = []
    for function in handling.reachable:
        found += [
            each
            for each in registrations_in(handling.program, function)
            if (
                _is_of_connection(handling, each.value)
                or (each.key is not None and _is_key_of_connection(handling, each.key))
            )
            and not is_passing(handling, each.container)
        ]
    return found


def _is_key_of_connection(handling: Handling, key: At[tree.Expr]) -> bool:
    """Whether a key is the socket, or `id(websocket)`: no other connection has it."""
    return any(
        isinstance(each, At) and (handling.sockets.is_socket(each.node) or _is_identity(handling, each.node))
        for each in (key, *origins(handling.program, key))
    )


def _is_identity(handling: Handling, node: tree.Node) -> bool:
    match node:
        case tree.Call(callee=tree.Name(id="id" | "hash"), arguments=(argument,)):
            return handling.sockets.is_socket(argument.value)
        case _:
            return False


def _is_of_connection(handling: Handling, value: At[tree.Expr], depth: int = 2) -> bool:
    """Whether a registered value is the socket, holds it, or is a queue made for this connection."""
    if handling.sockets.mentions(value.node):
        made = value.node.value if isinstance(value.node, tree.Await) else value.node
        return not isinstance(made, tree.Call) or _keeps_socket(handling, value.to(made))
    if value.node in handling.queues():
        return True
    if isinstance(value.node, tree.Name):
        return any(
            (
                isinstance(origin, At)
                and isinstance(origin.node, tree.Call)
                and handling.sockets.mentions(origin.node)
                and _keeps_socket(handling, origin.to(origin.node))
            )
            or (
                isinstance(origin, ParameterOf)
                and depth > 0
                and any(_is_of_connection(handling, each, depth - 1) for each in _given(handling, origin))
            )
            for origin in origins(handling.program, value)
        )
    return False


def _given(handling: Handling, origin: ParameterOf) -> Iterator[At[tree.Expr]]:
    """What the endpoint's own code gives for a parameter: `manager.connect(Client(login, websocket))`."""
    if origin.steps:
        return
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not node.arguments:
                continue
            if any(
                each.node is origin.function.node
                for each in functions(handling.program, function.to(node.callee))
            ):
                value = argument_of(node, origin.function.node, origin.parameter)
                if value is not None:
                    yield function.to(value)


def _keeps_socket(handling: Handling, call: At[tree.Call]) -> bool:
    """Whether what a call gives holds the socket: `Connection(websocket, user)` does.

    `str(websocket.client)`, `users.get(websocket)` and `await create_room(websocket, name)` do not.
    """
    given = [each for each in call.node.arguments if handling.sockets.is_socket(each.value)]
    if not given or name_behind_calls(call.node.callee) in _ASKING:
        return False
    made_by = functions(handling.program, call.to(call.node.callee))
    return not made_by or any(_gives_socket_back(handling, each) for each in made_by)


def _gives_socket_back(handling: Handling, function: At[tree.Function]) -> bool:
    """Whether a constructor is called, or a function that returns the socket or something made with it."""
    if function.node.name in ("__init__", "__new__"):
        return True
    for value in returned(function):
        for origin in (value, *origins(handling.program, value)):
            if isinstance(origin, At) and any(
                handling.sockets.is_socket(each) for each in _parts(origin.node)
            ):
                return True
    return False


def _parts(node: tree.Expr) -> Iterator[tree.Expr]:
    """What a value consists of: the items of a display, the arguments of a constructor."""
    yield node
    match node:
        case tree.Await(value=value):
            yield from _parts(value)
        case tree.Sequence(items=items):
            for item in items:
                yield from _parts(item)
        case tree.Object(entries=entries):
            for entry in entries:
                yield from _parts(entry.value)
        case tree.Call(callee=tree.Name(id=name) | tree.Member(name=name), arguments=arguments) if name[
            :1
        ].isupper():
            for argument in arguments:
                yield from _parts(argument.value)
        case _:
            return
