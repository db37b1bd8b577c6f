"""What is said: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.messages.facts import Messages


def messages_of_client(site: ClientSite) -> Messages:
    """The facts of one client."""
    return Messages()
