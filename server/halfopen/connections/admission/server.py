"""Who is let in: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.admission.facts import Admission
from halfopen.connections.server_site import ServerSite


def admission_of_endpoint(site: ServerSite) -> Admission:
    """The facts of one endpoint."""
    return Admission()
