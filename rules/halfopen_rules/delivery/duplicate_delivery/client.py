"""WS3C in the client: what is replayed, resent or answered with a change is applied twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.delivery.facts import Resend, Send
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.updates.facts import Echo, Write
from halfopen.source.text import one_line
from halfopen_rules.delivery.duplicate_delivery.server import CODE, SLUG

_LONGEST_NAME = 40

_STARTS = re.compile(
    r"^(start|run|create|submit|execute|generate|order|process|prompt)([^a-z]|$)", re.IGNORECASE
)
"""Types of commands that begin something: sent again, they begin it again."""


def check_client(dossier: Dossier) -> Iterator[Finding]:
    """The gravest way in which a client does something twice."""
    if dossier.updates is None or dossier.delivery is None:
        return
    if dossier.updates.echoes:
        yield _echo(dossier, dossier.updates.echoes)
        return
    reconnection = dossier.reconnection
    if reconnection is None or not (
        isinstance(reconnection.automatic, Known) and reconnection.automatic.value
    ):
        return
    for send in dossier.delivery.sends:
        if (
            send.purpose == "command"
            and send.is_typed
            and send.triggers == ("open",)
            and not send.identified
            and _STARTS.search(send.message)
        ):
            yield _again(dossier, send)
            return
    for resend in dossier.delivery.resends:
        yield _anew(dossier, resend)
        return
    replay = [
        evidence
        for other in dossier.surroundings.others
        if other.dossier.sending is not None
        for each in other.dossier.sending.replays
        for evidence in each.evidence
    ]
    appended = [
        each
        for each in dossier.updates.writes
        if each.how == "appended" and not (each.deduplicated or each.restarted or each.after_close)
    ]
    if replay and appended:
        yield _replayed(dossier, appended[0], replay)


def _echo(dossier: Dossier, echoes: tuple[Echo, ...]) -> Finding:
    first = echoes[0]
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        span=first.place,
        message=(
            f"Each message of `{dossier.connection.name}` leads to a request that changes it on the server again, once for "
            "each open tab; where the server announces that change, the announcements never end"
        ),
        connection=dossier.connection.id,
        evidence=tuple(
            Evidence(each.request, "this request is made because a message came") for each in echoes
        ),
    )


def _again(dossier: Dossier, send: Send) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        span=send.sent,
        message=(
            f"`{send.message}` is sent on every open, those after a drop too, and carries no id: each reconnect begins the "
            "same work once more"
        ),
        connection=dossier.connection.id,
        evidence=send.evidence,
    )


def _anew(dossier: Dossier, resend: Resend) -> Finding:
    kept = one_line(resend.kept_in.strip("[]."), _LONGEST_NAME)
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        span=resend.place,
        message=(
            f"After a reconnect what stands in `{kept}` is sent once more, without an id: where only the "
            "answer was lost, the server does the same work again"
        ),
        connection=dossier.connection.id,
        evidence=resend.evidence,
    )


def _replayed(dossier: Dossier, write: Write, replay: list[Evidence]) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        span=write.place,
        message=(
            f"The server gives each new connection what it has already sent, and `{write.state}` takes it without comparing "
            "ids: after each reconnect the old entries are there twice"
        ),
        connection=dossier.connection.id,
        evidence=(*replay, *write.evidence),
    )
