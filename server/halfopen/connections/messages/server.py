"""What is said: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.messages.facts import Messages
from halfopen.connections.server_site import ServerSite


def messages_of_endpoint(site: ServerSite) -> Messages:
    """The facts of one endpoint."""
    return Messages()
