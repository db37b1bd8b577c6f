"""What a client does after its connection ended, whoever does it: its code, its library, a loop around it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.facts import Unknown
from halfopen.connections.reconnection.facts import Reconnection
from halfopen.connections.reconnection.library import reconnection_by_library
from halfopen.connections.reconnection.native import reconnection_by_code
from halfopen.connections.reconnection.python_loop import reconnection_of_python
from halfopen.connections.sharing import told_elsewhere


def reconnection_of_client(site: ClientSite) -> Reconnection:
    """The facts of one client."""
    if site.is_python:
        return reconnection_of_python(site)
    if site.made_with is not None:
        told = told_elsewhere(site)
        if told is not None:
            return Reconnection(
                automatic=Unknown("the hook that takes the shared socket's messages", (told,))
            )
        known = reconnection_by_library(site, site.made_with)
        if known is not None:
            return known
    return reconnection_by_code(site.view) if site.view is not None else Reconnection()
