"""What becomes of messages: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.delivery.facts import Delivery


def delivery_of_client(site: ClientSite) -> Delivery:
    """The facts of one client."""
    return Delivery()
