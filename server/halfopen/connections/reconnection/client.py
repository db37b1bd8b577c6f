"""What a client does after its connection ended: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.reconnection.facts import Reconnection


def reconnection_of_client(site: ClientSite) -> Reconnection:
    """The facts of one client."""
    return Reconnection()
