"""Broadcasts that a request over HTTP waits for, with nothing that stops one client's failure."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Exposure
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.http_routes import answers_requests
from halfopen.connections.sending.broadcasts import broadcasts_of, deliveries
from halfopen.connections.sending.calling import described
from halfopen.connections.sending.registered import Entered
from halfopen.connections.sending.waiting import failure_of
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.unit import Span

_SAVING = frozenset(
    {
        "commit", "insert_one", "insert_many", "update_one", "update_many", "replace_one", "delete_one", "delete_many",
        "find_one_and_update",
    }
)  # fmt: skip
"""What makes a change last: SQLAlchemy's and DB-API's commit, MongoDB's writes."""
_DEPTH = 3


def request_exposures(code: EndpointCode, registries: tuple[Entered, ...]) -> Iterator[Exposure]:
    """Each request that waits for an unguarded broadcast to the endpoint's clients, those after a saved change first."""
    found: dict[tree.Node, Exposure] = {}
    for registry in registries:
        sends: dict[tuple[str, int], Span] = {
            (each.span.path, each.span.start): each.span
            for each in broadcasts_of(code.program, registry)
            if each.failure == "propagates" and each.dispatch == "sequential"
        }
        for delivery in deliveries(code.program, registry):
            send = sends.get((delivery.outer.path, delivery.outer.span.start))
            function = delivery.outer.index.function_of(delivery.outer.node)
            if send is None or function is None:
                continue
            for call in _awaited_in_requests(code, delivery.outer.to(function)):
                if call.node not in found:
                    found[call.node] = _exposure(code, call, send)
    yield from sorted(found.values(), key=lambda each: not each.saved)


def _exposure(code: EndpointCode, call: At[tree.Call], send: Span) -> Exposure:
    function = call.index.function_of(call.node)
    assert function is not None
    route = call.to(function)
    return Exposure(
        call.to(call.node.callee).text,
        call.span,
        (Evidence(send, "a client that is gone makes this send raise, in the request"),),
        request=described(route),
        saved=_saves_before(code, route, call.node.start),
    )


def _awaited_in_requests(
    code: EndpointCode, sender: At[tree.Function], depth: int = _DEPTH
) -> Iterator[At[tree.Call]]:
    """The calls in routes that wait for a sender, directly or through others, with no clause around them on the way."""
    if answers_requests(code.program, sender):
        return
    for call in callers(code.program, sender):
        inside = call.index.function_of(call.node)
        if inside is None or not isinstance(call.parent, tree.Await) or not is_shipped(call.path):
            continue
        if failure_of(code.program, call, inside) != "propagates":
            continue
        here = call.to(inside)
        if answers_requests(code.program, here):
            yield call
        elif depth:
            yield from _awaited_in_requests(code, here, depth - 1)


def _saves_before(code: EndpointCode, route: At[tree.Function], start: int) -> bool:
    return any(
        isinstance(node, tree.Call) and node.start < start and _saves(code, route.to(node), 2)
        for node in own_nodes(route)
    )


def _saves(code: EndpointCode, call: At[tree.Call], depth: int) -> bool:
    if isinstance(call.node.callee, tree.Member) and call.node.callee.name in _SAVING:
        return True
    return depth > 0 and any(
        isinstance(node, tree.Call) and _saves(code, function.to(node), depth - 1)
        for function in functions(code.program, call.to(call.node.callee))
        for node in own_nodes(function)
    )
