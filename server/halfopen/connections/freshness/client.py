"""Whether handlers see current props and state, and how often the socket is made anew.: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.freshness.facts import Freshness


def freshness_of_client(site: ClientSite) -> Freshness:
    """The facts of one client."""
    return Freshness()
