"""How an endpoint sends: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.sending.facts import Sending
from halfopen.connections.server_site import ServerSite


def sending_of_endpoint(site: ServerSite) -> Sending:
    """The facts of one endpoint."""
    return Sending()
