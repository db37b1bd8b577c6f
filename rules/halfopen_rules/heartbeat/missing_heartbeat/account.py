"""What WS4A says of one connection: for how long a dead one looks alive."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import notices_after, seconds, server_name

_TCP_SECONDS = 924.6
"""How long Linux retransmits before it gives a connection up: tcp_retries2 of 15."""


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what would notice it at last."""
    goal = targets.heartbeat_interval_seconds + targets.heartbeat_timeout_seconds
    idle = dossier.surroundings.serving.idle_limit
    cut = (
        f" {idle.value.layer} ends a silent connection after {seconds(idle.value.seconds)}, which is what a user then meets."
        if isinstance(idle, Known) and dossier.connection.side == "server"
        else ""
    )
    if dossier.connection.side == "client":
        found = notices_after(dossier)
        other = (
            f" The server's pings ({server_name(dossier)}) find a dead page after {seconds(found)}, but no page sees them: "
            "they help the server alone."
            if found
            else ""
        )
        return Assessment(
            "A peer that vanishes sends no close frame and no FIN; without a heartbeat or a deadline on silence the socket "
            "stays OPEN: a half-open connection.",
            f"The page shows old data as live for as long as nothing is sent, without any limit, and after a send for up to "
            f"{seconds(_TCP_SECONDS)} (Linux's default); the target is {goal:g} s.{other}",
        )
    return Assessment(
        "Nothing on the server ever asks a silent client for a sign of life: half-open connections stay in the registry, "
        "and their tasks and memory with them.",
        f"A client that vanished is noticed when a send to it has failed, after up to {seconds(_TCP_SECONDS)}, and never "
        f"where nothing is sent; the target is {goal:g} s.{cut}",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Pings of the server program, heartbeats and watchdogs of either side."""
    keepalive = dossier.surroundings.serving.keepalive
    if dossier.connection.side == "server" and isinstance(keepalive, Known):
        found = keepalive.value.detects_after_seconds
        if found is not None:
            yield Mitigation(
                f"the pings of {server_name(dossier)} find a dead client after {seconds(found)}",
                keepalive.evidence[:2],
            )
    if dossier.liveness is None:
        return
    for beat in dossier.liveness.heartbeats[:1]:
        if beat.is_ping:
            each = (
                f" every {seconds(beat.interval_seconds.value)}"
                if isinstance(beat.interval_seconds, Known)
                else ""
            )
            yield Mitigation(f"it sends `{beat.message.shown}`{each}", beat.evidence[:2])
    for dog in dossier.liveness.watchdogs[:1]:
        after = (
            f" after {seconds(dog.deadline_seconds.value)}" if isinstance(dog.deadline_seconds, Known) else ""
        )
        yield Mitigation(f"silence is noticed{after}", dog.evidence[:2])


ACCOUNT = Account(assess, mitigations)
