"""Work that runs beside the connection, and who sees it fail: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.background.client_catches import client_catches
from halfopen.connections.background.client_code import client_code
from halfopen.connections.background.facts import Background
from halfopen.connections.background.watching import watching
from halfopen.connections.client_site import ClientSite


def background_of_client(site: ClientSite) -> Background:
    """The facts of one client."""
    if site.view is None:
        return Background()
    code = client_code(site, site.view)
    return Background(
        catches=tuple(client_catches(code)),
        watching=tuple(watching(code)),
    )
