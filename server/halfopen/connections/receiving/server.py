"""How an endpoint reads: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.endpoint_code import EndpointCode, endpoint_code
from halfopen.connections.event_handlers import EventServer
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, socket_method
from halfopen.connections.handler_reading import leaves_workspace
from halfopen.connections.receiving.blocking import blocking
from halfopen.connections.receiving.facts import Reading, Receiving
from halfopen.connections.receiving.limits import limits
from halfopen.connections.receiving.occupied import long_waits
from halfopen.connections.receiving.pushing import push_loops
from halfopen.connections.receiving.running import per_message
from halfopen.connections.receiving.work import work
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes


def receiving_of_endpoint(site: ServerSite) -> Receiving:
    """The facts of one endpoint."""
    code = endpoint_code(site)
    if code is None:
        return Receiving()
    starts = per_message(code)
    if code.events is not None:
        return _of_events(code, code.events, starts)
    receive = _receive(code, starts)
    return Receiving(
        reading=_reading(code, starts, receive),
        receives=receive.span if receive is not None else (starts[0].span if starts else None),
        work=work(code, starts),
        limits=limits(code, starts),
        blocking=blocking(code),
        long_waits=long_waits(code, starts or _bodies(code)) if receive is not None else (),
        pushing=tuple(push_loops(site, code)) if receive is None and not starts else (),
    )


def _of_events(code: EndpointCode, events: EventServer, starts: list[At[tree.Node]]) -> Receiving:
    """The library reads, and calls a handler for each event. One that is limited says nothing of the others."""
    if not starts:
        return Receiving(
            Known("never", (Evidence(code.roots[0].span, "no event of a client has a handler"),))
        )
    unlimited = [each for each in starts if not limits(code, [each])]
    free = work(code, unlimited)
    return Receiving(
        reading=Known("loop", (Evidence(starts[0].span, "runs for each event that a client sends"),)),
        work=free or work(code, starts),
        limits=() if free else limits(code, starts),
        blocking=blocking(code) if events.on_loop else (),
    )


def _bodies(code: EndpointCode) -> list[At[tree.Node]]:
    return [each.to(each.node.body) for each in code.roots]


def _receive(code: EndpointCode, starts: list[At[tree.Node]]) -> At[tree.Node] | None:
    """The receive of the message loop, else any other."""
    pieces = [(each, tree.walk(each.node, tree.same_function)) for each in starts]
    for at, nodes in (*pieces, *((each, iter(own_nodes(each))) for each in code.functions)):
        for node in nodes:
            if socket_method(code.sockets, node) in RECEIVERS | ITERATORS:
                return at.to(node)
    return None


def _reading(code: EndpointCode, starts: list[At[tree.Node]], receive: At[tree.Node] | None) -> Fact[Reading]:
    if starts:
        return Known("loop", (Evidence((receive or starts[0]).span, "receives one message after the other"),))
    if receive is not None:
        return Known("once", (Evidence(receive.span, "receives here, and not again"),))
    if leaves_workspace(code.program, code.sockets, code.functions) or any(
        _receives_anywhere(code, each) for each in code.around
    ):
        return Unknown("the code that the socket is handed to")
    return Known("never", (Evidence(code.roots[0].span, "nothing here receives"),))


def _receives_anywhere(code: EndpointCode, function: At[tree.Function]) -> bool:
    return any(socket_method(code.sockets, node) in RECEIVERS | ITERATORS for node in own_nodes(function))
