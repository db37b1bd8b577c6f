"""Work that runs beside the connection, and who sees it fail.: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.background.facts import Background
from halfopen.connections.server_site import ServerSite


def background_of_endpoint(site: ServerSite) -> Background:
    """The facts of one endpoint."""
    return Background()
