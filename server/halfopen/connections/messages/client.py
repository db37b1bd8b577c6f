"""What is said: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.messages.facts import Messages
from halfopen.connections.messages.inbound import inbound_of
from halfopen.connections.messages.received import received_by_client


def messages_of_client(site: ClientSite) -> Messages:
    """The facts of one client."""
    inbound, _ = inbound_of(
        site.program, received_by_client(site), lambda _: False, lambda _: True, defaults_suffice=True
    )
    return Messages(inbound=inbound)
