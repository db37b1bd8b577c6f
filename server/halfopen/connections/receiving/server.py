"""How an endpoint reads: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.receiving.facts import Receiving
from halfopen.connections.server_site import ServerSite


def receiving_of_endpoint(site: ServerSite) -> Receiving:
    """The facts of one endpoint."""
    return Receiving()
