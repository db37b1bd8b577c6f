"""What is said: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.messages.caught import survives
from halfopen.connections.messages.facts import Messages
from halfopen.connections.messages.inbound import inbound_of
from halfopen.connections.messages.received import received_by_endpoint
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.program import At


def messages_of_endpoint(site: ServerSite) -> Messages:
    """The facts of one endpoint."""
    handling = site.handling

    def echoes(call: At[tree.Call]) -> bool:
        return handling is not None and socket_method(handling.sockets, call.node) in SENDERS

    inbound, _ = inbound_of(
        site.program,
        received_by_endpoint(site),
        echoes,
        lambda at: survives(site.program, handling, at),
    )
    return Messages(inbound=inbound)
