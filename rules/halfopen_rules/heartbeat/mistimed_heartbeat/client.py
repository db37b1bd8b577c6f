"""WS4B in a client: a ping without a deadline, in the wrong unit, or a watchdog that fires too early."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.liveness.facts import Heartbeat, Watchdog
from halfopen.semantics.unit import Span

CODE = "WS4B"
SLUG = "mistimed-heartbeat"

_FASTEST_SECONDS = 1.0
_SHORTEST_SILENCE_SECONDS = 0.5


def client_findings(dossier: Dossier) -> Iterator[Finding]:
    """One finding for a client, the gravest."""
    found = sorted(_findings(dossier), key=lambda each: -each.severity)
    yield from found[:1]


def _findings(dossier: Dossier) -> Iterator[Finding]:
    liveness = dossier.liveness
    if liveness is None:
        return
    pings = [each for each in liveness.heartbeats if each.is_ping]
    for ping in pings:
        yield from _wrong_unit(dossier, ping)
    detects = liveness.detects_silence
    if pings and isinstance(detects, Known) and not detects.value:
        yield _without_deadline(dossier, pings[0])
    for watchdog in liveness.watchdogs:
        yield from _waived(dossier, watchdog)
        yield from _at_once(dossier, watchdog)
        yield from _too_early(dossier, watchdog, pings)


def _wrong_unit(dossier: Dossier, ping: Heartbeat) -> Iterator[Finding]:
    interval = ping.interval_seconds
    if isinstance(interval, Known) and 0 < interval.value < _FASTEST_SECONDS:
        milliseconds = interval.value * 1000
        message = (
            f"`{dossier.connection.name}` sends `{ping.message.shown}` every {milliseconds:g} ms: timers of the page "
            f"count milliseconds, so {milliseconds:g} s are meant perhaps"
        )
        yield _finding(dossier, ping.timer, message, Severity.HIGH, interval.confidence, ping.evidence)


def _without_deadline(dossier: Dossier, ping: Heartbeat) -> Finding:
    interval = ping.interval_seconds
    often = f" every {interval.value:g} s" if isinstance(interval, Known) else ""
    answers = any(
        each.reply is not None and ping.message.words & set(each.to)
        for other in dossier.surroundings.others
        if other.dossier.liveness is not None
        for each in other.dossier.liveness.answers
    )
    answer = "the server's answer" if answers else "an answer"
    message = (
        f"`{dossier.connection.name}` sends `{ping.message.shown}`{often} and gives {answer} no deadline: after the "
        "server vanished it goes on pinging a half-open connection that it takes for a live one"
    )
    confidence = Confidence.HIGH if (dossier.liveness and dossier.liveness.is_used_here) else Confidence.LOW
    return _finding(dossier, ping.timer, message, Severity.MEDIUM, confidence, ping.evidence)


def _waived(dossier: Dossier, watchdog: Watchdog) -> Iterator[Finding]:
    """The silence of the socket is found, and excused by another sign of life."""
    if watchdog.waived_by:
        message = (
            f"`{dossier.connection.name}` keeps a socket that missed its deadline when an HTTP route answers: a "
            "half-open socket beside a healthy API is never replaced"
        )
        evidence = (*watchdog.waived_by, *watchdog.evidence)
        yield _finding(dossier, watchdog.place, message, Severity.HIGH, Confidence.HIGH, evidence)


def _at_once(dossier: Dossier, watchdog: Watchdog) -> Iterator[Finding]:
    """The watchdog's deadline is shorter than any server's pauses: seconds where milliseconds are counted."""
    deadline = watchdog.deadline_seconds
    returns = dossier.reconnection.automatic if dossier.reconnection is not None else None
    if not isinstance(returns, Known) or not returns.value:
        return  # a socket for one answer is closed a moment after its last part
    if watchdog.watches not in ("messages", "answer") or not isinstance(deadline, Known):
        return
    if 0 < deadline.value < _SHORTEST_SILENCE_SECONDS:
        milliseconds = deadline.value * 1000
        message = (
            f"`{dossier.connection.name}` gives the connection up after {milliseconds:g} ms without a message: timers of "
            f"the page count milliseconds, so {milliseconds:g} s are meant perhaps, and no connection lasts"
        )
        yield _finding(
            dossier, watchdog.place, message, Severity.HIGH, deadline.confidence, watchdog.evidence
        )


def _too_early(dossier: Dossier, watchdog: Watchdog, pings: list[Heartbeat]) -> Iterator[Finding]:
    """The watchdog is shorter than the pause between two heartbeats of the server, and nothing else is sure to come."""
    deadline = watchdog.deadline_seconds
    if watchdog.watches not in ("messages", "library") or pings or not isinstance(deadline, Known):
        return
    for other in dossier.surroundings.others:
        liveness = other.dossier.liveness
        for heartbeat in liveness.heartbeats if liveness is not None else ():
            interval = heartbeat.interval_seconds
            if heartbeat.is_ping and isinstance(interval, Known) and deadline.value <= interval.value:
                message = (
                    f"`{dossier.connection.name}` gives the connection up after {deadline.value:g} s of silence, and the "
                    f"server's heartbeat comes every {interval.value:g} s: a quiet, healthy connection is closed each time"
                )
                evidence = (*watchdog.evidence, *heartbeat.evidence)
                yield _finding(dossier, watchdog.place, message, Severity.HIGH, Confidence.MEDIUM, evidence)
                return


def _finding(
    dossier: Dossier,
    span: Span,
    message: str,
    severity: Severity,
    confidence: Confidence,
    evidence: tuple[Evidence, ...],
) -> Finding:
    return Finding(CODE, SLUG, severity, confidence, span, message, dossier.connection.id, evidence)
