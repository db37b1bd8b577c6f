"""WS3C on the server: streams that run twice, histories that overlap with live messages."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.sending.facts import ReplayOverlap, TaskPerMessage

CODE = "WS3C"
SLUG = "duplicate-delivery"


def check_server(dossier: Dossier) -> Iterator[Finding]:
    """One finding for streams that a repeated message doubles, one for a history that overlaps."""
    if dossier.sending is None:
        return
    doubled = [
        each
        for each in dossier.sending.tasks_per_message
        if each.endless and each.sends and not (each.is_guarded or each.is_limited)
    ]
    if doubled:
        yield _doubled(dossier, doubled[0])
    elif dossier.sending.replay_overlaps and not _clients_tell_apart(dossier):
        yield _overlap(dossier, dossier.sending.replay_overlaps[0])


def _clients_tell_apart(dossier: Dossier) -> bool:
    """Whether whatever its clients append, they first look for in what they have."""
    writes = [
        each
        for other in dossier.surroundings.others
        if other.dossier.updates is not None
        for each in other.dossier.updates.writes
        if each.how == "appended"
    ]
    return bool(writes) and all(each.deduplicated for each in writes)


def _doubled(dossier: Dossier, each: TaskPerMessage) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        span=each.span,
        message=(
            f"A repeated message starts a second `{each.name}` beside the first: from then on the client is sent "
            "everything twice"
        ),
        connection=dossier.connection.id,
        evidence=each.evidence,
    )


def _overlap(dossier: Dossier, each: ReplayOverlap) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        span=each.span,
        message=(
            f"The client enters {each.registry} before {each.store} is copied for it, and nothing tells copies apart: what "
            "arrives in between comes live and again from the history"
        ),
        connection=dossier.connection.id,
        evidence=each.evidence,
    )
