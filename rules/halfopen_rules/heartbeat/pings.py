"""What the clients of an endpoint send by a timer."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.liveness.facts import Heartbeat


def pinging(dossier: Dossier) -> Iterator[tuple[Other, Heartbeat]]:
    """Each heartbeat of each client that is linked to an endpoint."""
    for other in dossier.surroundings.others:
        liveness = other.dossier.liveness
        for heartbeat in liveness.heartbeats if liveness is not None else ():
            yield other, heartbeat
