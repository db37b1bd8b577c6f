"""WS8D's second half: a handler that does not read while it works, and the side that then gives up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.liveness.facts import Liveness, Watchdog
from halfopen.connections.receiving.facts import LongWait
from halfopen_rules.deployment.unread_socket.keepalive import closing, goes_on_reading
from halfopen_rules.heartbeat.pings import pinging

CODE = "WS8D"
SLUG = "unread-socket"

_ENDS = re.compile(
    r"cancel|abort|interrupt|stop_?(?:gener|stream|respon|task|job|run|agent|chat)", re.IGNORECASE
)
"""Types of messages that a client sends in order to end what runs."""


def check_occupied(dossier: Dossier, waits: tuple[LongWait, ...]) -> Iterator[Finding]:
    """The gravest of what goes unheard for as long as the work takes; nothing where nobody sends meanwhile."""
    found = (
        _own_deadline(dossier, waits[0])
        or _deadline_of_client(dossier, waits[0])
        or _closed_by_server(dossier, waits[0])
        or _cancel_unheard(dossier, waits[0])
    )
    if found is not None:
        yield found


def _own_deadline(dossier: Dossier, wait: LongWait) -> Finding | None:
    """The handler's own heartbeat, in a task beside it, counts pongs that the loop does not read."""
    liveness = dossier.liveness
    if liveness is None or not any(each.is_ping for each in liveness.heartbeats):
        return None
    for watchdog in liveness.watchdogs:
        deadline = watchdog.deadline_seconds
        if watchdog.asked is not None and not watchdog.only_when_closed and isinstance(deadline, Known):
            message = (
                f"{_unread(dossier, wait)}: the pongs that its own heartbeat counts wait unread, and after "
                f"{deadline.value:g} s it takes a healthy client for dead"
            )
            return _finding(dossier, wait, Severity.HIGH, Confidence.MEDIUM, message, watchdog.evidence)
    return None


def _deadline_of_client(dossier: Dossier, wait: LongWait) -> Finding | None:
    """A client closes a connection on which its ping is not answered in time; what streams may count as life."""
    if wait.tells:
        return None
    for other in dossier.surroundings.others:
        liveness = other.dossier.liveness
        watchdog = _counts_answers(liveness) if liveness is not None else None
        if liveness is None or watchdog is None or not _answers(dossier, liveness):
            continue
        assert isinstance(watchdog.deadline_seconds, Known)
        message = (
            f"{_unread(dossier, wait)}: a ping of `{other.dossier.connection.name}` is answered only afterwards, and "
            f"after {watchdog.deadline_seconds.value:g} s without an answer that client closes a healthy connection"
        )
        return _finding(dossier, wait, Severity.HIGH, _sure(other), message, watchdog.evidence)
    return None


def _counts_answers(liveness: Liveness) -> Watchdog | None:
    """The deadline that a ping sets."""
    return next(
        (
            each
            for each in liveness.watchdogs
            if each.watches == "answer"
            and not each.only_when_closed
            and isinstance(each.deadline_seconds, Known)
        ),
        None,
    )


def _answers(dossier: Dossier, client: Liveness) -> bool:
    """Whether the endpoint answers pings of the client at all; that it never does is WS4D."""
    words = {word for each in client.heartbeats if each.is_ping for word in each.message.words}
    answers = dossier.liveness.answers if dossier.liveness is not None else ()
    return any(each.reply is not None and words & set(each.to) for each in answers)


def _closed_by_server(dossier: Dossier, wait: LongWait) -> Finding | None:
    """A message by a timer falls into the work, waits unread, and keeps the server from hearing pongs."""
    serving = dossier.surroundings.serving
    if goes_on_reading(serving):
        return None
    for other, heartbeat in pinging(dossier):
        every = heartbeat.interval_seconds
        if not isinstance(every, Known) or every.value >= 60:
            continue
        message = (
            f"{_unread(dossier, wait)}: the next `{heartbeat.message.shown}` of "
            f"`{other.dossier.connection.name}` (each {every.value:g} s) waits unread and stops {closing(serving)} its own "
            "healthy connection (1011)"
        )
        known = isinstance(serving.reading_pauses_while_unread, Known)
        confidence = _sure(other) if known else Confidence.LOW
        return _finding(dossier, wait, Severity.MEDIUM, confidence, message, heartbeat.evidence)
    return None


def _cancel_unheard(dossier: Dossier, wait: LongWait) -> Finding | None:
    """What the user sends to end the work is read when the work has ended."""
    handled = (
        {each.value for each in dossier.messages.handled} if dossier.messages is not None else set[str]()
    )
    for other in dossier.surroundings.others:
        for send in other.dossier.delivery.sends if other.dossier.delivery is not None else ():
            if send.is_typed and send.message in handled and _ENDS.search(send.message):
                message = (
                    f"{_unread(dossier, wait)}: the `{send.message}` with which `{other.dossier.connection.name}` ends what "
                    "runs is read when it has ended by itself"
                )
                evidence = (Evidence(send.place, "the client sends it here"),)
                return _finding(dossier, wait, Severity.MEDIUM, _sure(other), message, evidence)
    return None


def _unread(dossier: Dossier, wait: LongWait) -> str:
    return f"While `{wait.what}` runs, {dossier.connection.name} reads nothing"


def _sure(other: Other) -> Confidence:
    """How long the work takes is not in the code, so this is never certain."""
    return Confidence.MEDIUM if other.strength == "certain" else Confidence.LOW


def _finding(
    dossier: Dossier,
    wait: LongWait,
    severity: Severity,
    confidence: Confidence,
    message: str,
    evidence: tuple[Evidence, ...],
) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=severity,
        confidence=confidence,
        span=wait.span,
        message=message,
        connection=dossier.connection.id,
        evidence=(*wait.evidence, *evidence),
    )
