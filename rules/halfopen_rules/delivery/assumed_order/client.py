"""WS3B in the client: a handler that pauses lets a later message overtake."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen_rules.delivery.assumed_order.server import CODE, SLUG


def check_client(dossier: Dossier) -> Iterator[Finding]:
    """One finding for a client whose handler waits before it sets what a message says."""
    if dossier.updates is None:
        return
    late = [each for each in dossier.updates.writes if each.awaited]
    if not late:
        return
    first = late[0]
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        span=first.place,
        message=(
            f"The handler waits before it sets `{first.state}`, and the next message does not wait for it: of two messages "
            "in quick succession the older may be applied last"
        ),
        connection=dossier.connection.id,
        evidence=(*first.awaited, *first.evidence),
    )
