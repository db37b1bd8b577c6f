"""Work that runs beside the connection, and who sees it fail: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.background.exposures import exposures
from halfopen.connections.background.facts import Background
from halfopen.connections.background.from_threads import from_threads
from halfopen.connections.background.never_awaited import never_awaited
from halfopen.connections.background.requests import request_exposures
from halfopen.connections.background.server_catches import catches
from halfopen.connections.background.spins import spins
from halfopen.connections.background.stepping import broken_steps
from halfopen.connections.background.tasks import tasks
from halfopen.connections.background.unentered import unentered
from halfopen.connections.endpoint_code import endpoint_code
from halfopen.connections.sending.registered import entered_by
from halfopen.connections.server_site import ServerSite


def background_of_endpoint(site: ServerSite) -> Background:
    """The facts of one endpoint."""
    code = endpoint_code(site)
    if code is None:
        return Background()
    if code.events is not None:
        # What a handler raises is the library's: it runs each as a task of its own.
        return Background(tasks=tuple(unentered(code, code.events)))
    registries = entered_by(site)
    return Background(
        catches=tuple(catches(code, registries)),
        spins=tuple(spins(code)),
        tasks=(
            *tasks(code, registries),
            *from_threads(code, registries),
            *never_awaited(code, registries),
        ),
        exposures=(*exposures(code), *request_exposures(code, registries)),
        broken_steps=tuple(broken_steps(code)),
    )
