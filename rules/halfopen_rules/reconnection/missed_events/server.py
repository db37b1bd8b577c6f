"""WS2C on the server: a client that comes back is given only what follows."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.delivery.facts import CatchUp
from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.facts import Evidence, Known

CODE = "WS2C"
SLUG = "missed-events"


def check_server(dossier: Dossier) -> Iterator[Finding]:
    """One finding for an endpoint whose events can be had neither from a snapshot, nor by a cursor, nor from a store."""
    sending = dossier.sending
    if sending is None or isinstance(sending.resume_parameter, Known):
        return
    if not isinstance(sending.snapshot_on_connect, Known) or sending.snapshot_on_connect.value:
        return
    ignored = [
        (other, asked)
        for other in dossier.surroundings.others
        if other.dossier.delivery is not None
        for asked in other.dossier.delivery.catch_up
        if asked.kind == "address" and asked.message_type
    ]
    if ignored:
        yield _unheard(dossier, *ignored[0])
        return
    unstored = [each for each in sending.forwards if each.unstored]
    if unstored:
        first = unstored[0]
        kept = "some of which nothing stores" if first.stored else "which nothing stores"
        yield Finding(
            code=CODE,
            slug=SLUG,
            severity=Severity.HIGH,
            # Which of them reach this client, their channels do not tell.
            confidence=Confidence.LOW if first.stored else Confidence.MEDIUM,
            span=first.span,
            message=(
                f"`{dossier.connection.name}` hands on what a broker publishes, {kept}, and sends neither a "
                "snapshot nor what was missed: a client that comes back cannot learn what happened meanwhile"
            ),
            connection=dossier.connection.id,
            evidence=(*first.evidence, *first.unstored),
            effects=("WS3A",),
        )
        return
    cancelled = [
        each
        for each in sending.tasks_per_message
        if each.cancelled is not None and each.sends and not each.endless
    ]
    if cancelled:
        first = cancelled[0]
        assert first.cancelled is not None
        yield Finding(
            code=CODE,
            slug=SLUG,
            severity=Severity.HIGH,
            confidence=Confidence.LOW,
            span=first.cancelled,
            message=(
                f"`{first.name}` is cancelled when its client's connection ends, and no id leads back to it: a client that "
                "comes back after a second finds its work gone"
            ),
            connection=dossier.connection.id,
            evidence=(Evidence(first.span, "is started here for one message"), *first.evidence),
        )


def _unheard(dossier: Dossier, other: Other, asked: CatchUp) -> Finding:
    """The client names what it has seen, and relies on being given the rest."""
    name = dossier.connection.name
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH if other.strength == "certain" else Confidence.MEDIUM,
        span=dossier.connection.site,
        message=(
            f"`{other.dossier.connection.name}` says in `{asked.message_type}` what it has seen, and `{name}` does not "
            "look at it and sends no snapshot: what happened while the client was away never reaches it"
        ),
        connection=dossier.connection.id,
        evidence=asked.evidence,
    )
