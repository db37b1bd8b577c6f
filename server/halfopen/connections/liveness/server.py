"""How each side notices that the other is gone: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.liveness.facts import Liveness
from halfopen.connections.server_site import ServerSite


def liveness_of_endpoint(site: ServerSite) -> Liveness:
    """The facts of one endpoint."""
    return Liveness()
