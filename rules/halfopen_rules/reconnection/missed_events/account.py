"""What WS2C says of one connection: how long the gap is, and what falls into it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import gap, notices_after, seconds


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the length of the gap."""
    failure = (
        "A broadcast reaches the sockets that are open at that instant, and keeps nothing for the others: what falls into "
        "a gap is lost without a trace, and the connection looks healthy again."
    )
    if dossier.connection.side == "client" and dossier.liveness is not None:
        silent = dossier.liveness.detects_silence
        if isinstance(silent, Known) and not silent.value:
            half = "; a half-open connection, which this client does not notice, is one of minutes"
            return Assessment(failure, _estimate(dossier, half))
    found = notices_after(dossier)
    half = f"; a client that vanished and returns is one of up to {seconds(found)} more" if found else ""
    return Assessment(failure, _estimate(dossier, half))


def _estimate(dossier: Dossier, half: str) -> str:
    said = gap(dossier)
    return (
        f"{said[0].upper()}{said[1:]}{half}. 100 % of the events in it are lost: at one event a second that is one for "
        "each second of the gap, and where the last event of a job is among them, the page shows it as running for ever."
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """One side closes the gap."""
    if dossier.delivery is not None:
        for each in dossier.delivery.catch_up[:2]:
            what = {"fetch": "fetches", "refresh": "refreshes its queries", "message": "asks the server"}[
                each.kind
            ]
            yield Mitigation(f"after each open the client {what}", each.evidence[:2])
    if dossier.sending is not None:
        snapshot, resume = dossier.sending.snapshot_on_connect, dossier.sending.resume_parameter
        if isinstance(snapshot, Known) and snapshot.value:
            yield Mitigation(
                "each new connection is sent the state before live messages", snapshot.evidence[:2]
            )
        if isinstance(resume, Known):
            yield Mitigation(f"a client says with `{resume.value}` what it has seen", resume.evidence[:2])


ACCOUNT = Account(assess, mitigations)
