"""How each side notices that the other is gone: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.liveness.facts import Liveness


def liveness_of_client(site: ClientSite) -> Liveness:
    """The facts of one client."""
    return Liveness()
