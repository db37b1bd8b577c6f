"""What runs while a client is let in: the handler, the guards before it, what they call."""

from __future__ import annotations

from halfopen.connections.admission.guard import Guard
from halfopen.connections.admission.timeline import Event, Reader
from halfopen.connections.endpoints import socket_parameter
from halfopen.connections.handler_flow import Sockets
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.program import At, Program

_ENTRY_METHODS = ("connect", "websocket_connect", "open", "on_accept", "on_connect")


def functions_of(site: ServerSite) -> list[At[tree.Function]]:
    """The handler, or the methods of a class of handlers, the one that lets in first."""
    if site.handling is not None:
        return [site.handling.root]
    methods = [each for _, each in site.methods]
    entries = [each for name, each in site.methods if name in _ENTRY_METHODS]
    return [*entries, *(each for each in methods if each not in entries)]


def sockets_of(site: ServerSite) -> Sockets:
    """The expressions that are the socket; in a class of handlers the instance speaks for it."""
    if site.handling is not None:
        return site.handling.sockets
    nodes: set[tree.Node] = set()
    for _, method in site.methods:
        klass = method.index.class_of(method.node)
        for node in tree.walk(klass if klass is not None else method.node):
            if isinstance(node, tree.Name) and (
                is_receiver(method.to(node), node.id) or node.id in ("websocket", "ws")
            ):
                nodes.add(node)
    return Sockets(frozenset(nodes))


def sockets_of_guard(program: Program, function: At[tree.Function], sockets: Sockets) -> Sockets:
    """The same in a guard, which may be given the socket under a name of its own."""
    parameter = socket_parameter(program, function)
    if parameter is None:
        return sockets
    nodes = {each.node for each in aliases_of_target(program, function.to(parameter.target))}
    return Sockets(sockets.nodes | nodes)


def entered_functions(
    program: Program, runs: list[At[tree.Function]], guards: list[Guard], events: list[Event]
) -> list[At[tree.Function]]:
    """Every function that runs on the way in, the guards first."""
    found: dict[tree.Node, At[tree.Function]] = {}
    for function in (*(each.function for each in guards), *runs, *(each.function for each in events)):
        if function is not None:
            found.setdefault(function.node, function)
    for guard in guards:
        if guard.function is None:
            continue
        for event in Reader(program, Sockets(frozenset())).events(guard.function):
            if event.function is not None:
                found.setdefault(event.function.node, event.function)
    return list(found.values())


def refusing_functions(
    runs: list[At[tree.Function]], events: list[Event], guards: list[Guard]
) -> list[At[tree.Function]]:
    """The functions that may refuse a client: the handler itself, and what it calls outside its loops."""
    found: dict[tree.Node, At[tree.Function]] = {}
    for function in (*(each.function for each in guards), *runs):
        if function is not None:
            found.setdefault(function.node, function)
    for event in events:
        if event.function is not None and not event.in_loop:
            found.setdefault(event.function.node, event.function)
    return list(found.values())
