"""WS4A on a server: it would not notice a client that vanished, and proxies cut what is idle."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known, weakest

CODE = "WS4A"
SLUG = "missing-heartbeat"


def server_findings(dossier: Dossier) -> Iterator[Finding]:
    """One finding where the server program sends no pings and the application sends none either."""
    serving, liveness = dossier.surroundings.serving, dossier.liveness
    keepalive = serving.keepalive
    if liveness is None or not isinstance(keepalive, Known):
        return
    if keepalive.value.interval_seconds is not None or liveness.heartbeats or liveness.watchdogs:
        return
    limit = serving.idle_limit
    cut = (
        f"; {limit.value.layer} cuts a connection that is silent for {limit.value.seconds:g} s"
        if isinstance(limit, Known)
        else ""
    )
    program = serving.server.value.name if isinstance(serving.server, Known) else "the server"
    first = keepalive.evidence[0].place if keepalive.evidence else dossier.connection.site
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=min(weakest(keepalive), Confidence.HIGH),
        span=first,
        message=(
            f"{program} sends no pings here, and `{dossier.connection.name}` sends none of its own: a client "
            f"that vanished stays connected until TCP gives up, after 15 min or never{cut}"
        ),
        connection=dossier.connection.id,
        evidence=(*keepalive.evidence[1:], *(limit.evidence if isinstance(limit, Known) else ())),
    )
