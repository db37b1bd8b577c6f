"""Handlers that only send."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_reading import leaves_workspace, only_pauses, sends_each_turn
from halfopen.connections.receiving.facts import PushLoop
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.program import own_nodes


def push_loops(site: ServerSite, code: EndpointCode) -> Iterator[PushLoop]:
    """The endless loops of a handler that nowhere receives."""
    if site.handling is None or leaves_workspace(code.program, code.sockets, code.functions):
        return
    for function in code.functions:
        for node in own_nodes(function):
            if not isinstance(node, tree.Loop) or not (node.kind == "while" or node.is_async):
                continue
            if code.sockets.mentions(node.body):
                sends = sends_each_turn(site.handling, node)
                evidence = Evidence(function.to(node).span, "this loop sends and never receives")
                yield PushLoop(function.to(node).span, sends, (evidence,))
            elif only_pauses(site.handling, function.to(node)):
                evidence = Evidence(function.to(node).span, "this loop only waits and never receives")
                yield PushLoop(function.to(node).span, False, (evidence,))
