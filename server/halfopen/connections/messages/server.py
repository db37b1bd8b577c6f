"""What is said: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.client_release import closure_of
from halfopen.connections.handler_flow import SENDERS, Sockets, socket_method
from halfopen.connections.messages.caught import survives
from halfopen.connections.messages.disclosures import disclosed_credentials, disclosed_errors
from halfopen.connections.messages.facts import Messages
from halfopen.connections.messages.inbound import inbound_of
from halfopen.connections.messages.logs import logged_messages, logged_values
from halfopen.connections.messages.payloads import payloads_of_endpoint
from halfopen.connections.messages.reaching import Reaching
from halfopen.connections.messages.received import received_by_endpoint
from halfopen.connections.messages.types_handled import completeness, rest_of, types_handled
from halfopen.connections.messages.types_sent import types_sent
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.program import At


def messages_of_endpoint(site: ServerSite) -> Messages:
    """The facts of one endpoint."""
    program, handling = site.program, site.handling
    sockets = handling.sockets if handling is not None else Sockets(frozenset())

    def echoes(call: At[tree.Call]) -> bool:
        return socket_method(sockets, call.node) in SENDERS

    inbound, journey = inbound_of(
        program, received_by_endpoint(site), echoes, lambda at: survives(program, handling, at)
    )
    running = _running(site)
    reaching = Reaching(
        program, sockets, frozenset(each.node for each in running) if handling is None else frozenset()
    )
    sends = types_sent(program, payloads_of_endpoint(site), peer="typescript")
    handles = types_handled(program, journey)
    return Messages(
        sent=tuple(sends.types.values()),
        handled=tuple(handles.types.values()),
        sends_only=completeness(sends.complete and bool(sends.types), "what each send is given"),
        handles_only=completeness(
            handles.complete and bool(handles.types), "what the handler compares the type with"
        ),
        handles_rest=rest_of(handles),
        inbound=inbound,
        logged=(*logged_messages(program, journey), *logged_values(program, running)),
        disclosed=(
            *disclosed_errors(program, running, reaching),
            *(disclosed_credentials(program, handling.root, reaching) if handling is not None else ()),
        ),
    )


def _running(site: ServerSite) -> tuple[At[tree.Function], ...]:
    """The functions that run for the connection."""
    if site.handling is not None:
        return site.handling.reachable
    return tuple(closure_of(site.program, [each for _, each in site.methods]))
