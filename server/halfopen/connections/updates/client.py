"""What messages do to state: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.updates.facts import Updates


def updates_of_client(site: ClientSite) -> Updates:
    """The facts of one client."""
    return Updates()
