"""The close codes that a side sends, and those it tells apart.: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.closing.facts import Closing
from halfopen.connections.server_site import ServerSite


def closing_of_endpoint(site: ServerSite) -> Closing:
    """The facts of one endpoint."""
    return Closing()
