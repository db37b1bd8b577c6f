"""Handlers that only send."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_reading import sends_each_turn
from halfopen.connections.receiving.facts import PushLoop
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import own_nodes
from halfopen.semantics.qualified_names import qualified

_HARMLESS = ("logging", "str", "id", "print", "repr", "hash", "isinstance", "len", "list")


def push_loops(site: ServerSite, code: EndpointCode) -> Iterator[PushLoop]:
    """The endless loops of a handler that nowhere receives."""
    if site.handling is None or leaves_workspace(code):
        return
    for function in code.functions:
        for node in own_nodes(function):
            if not isinstance(node, tree.Loop) or not (node.kind == "while" or node.is_async):
                continue
            if code.sockets.mentions(node.body):
                sends = sends_each_turn(site.handling, node)
                evidence = Evidence(function.to(node).span, "this loop sends and never receives")
                yield PushLoop(function.to(node).span, sends, (evidence,))


def leaves_workspace(code: EndpointCode) -> bool:
    """Whether the socket is handed to code that cannot be read here, which may receive from it."""
    for function in code.functions:
        for node in tree.walk(function.node.body):
            if not isinstance(node, tree.Call) or functions(code.program, function.to(node.callee)):
                continue
            if not any(code.sockets.is_socket(each.value) for each in node.arguments):
                continue
            names = qualified(code.program, function.to(node.callee))
            if any(not name.startswith(_HARMLESS) for name in names):
                return True
    return False
