"""What the user sees: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.presentation.facts import Presentation


def presentation_of_client(site: ClientSite) -> Presentation:
    """The facts of one client."""
    return Presentation()
