"""The close codes that a side sends, and those it tells apart.: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.closing.facts import Closing


def closing_of_client(site: ClientSite) -> Closing:
    """The facts of one client."""
    return Closing()
