"""Work that runs beside the connection, and who sees it fail.: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.background.facts import Background
from halfopen.connections.client_site import ClientSite


def background_of_client(site: ClientSite) -> Background:
    """The facts of one client."""
    return Background()
