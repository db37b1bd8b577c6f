"""WS4B on a server: pings slower than the shortest idle limit, in the wrong unit, or that close nothing."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known, Place
from halfopen.connections.liveness.facts import Heartbeat, Liveness, Watchdog
from halfopen.connections.serving import Keepalive, Serving

CODE = "WS4B"
SLUG = "mistimed-heartbeat"

_LONGEST_INTERVAL = 900.0
"""Seconds: an interval beyond this was meant in milliseconds."""
_LONGEST_TIMEOUT = 600.0


def server_findings(dossier: Dossier) -> Iterator[Finding]:
    """One finding for an endpoint, the gravest."""
    found = sorted(_findings(dossier), key=lambda each: (-each.severity, -each.confidence))
    yield from found[:1]


def _findings(dossier: Dossier) -> Iterator[Finding]:
    liveness, serving = dossier.liveness, dossier.surroundings.serving
    if liveness is None:
        return
    if isinstance(serving.keepalive, Known):
        yield from _of_keepalive(dossier, serving.keepalive, liveness, serving)
    for heartbeat in liveness.heartbeats:
        if heartbeat.is_ping:
            yield from _of_heartbeat(dossier, heartbeat, liveness, serving)
    for watchdog in liveness.watchdogs:
        yield from _never_renewed(dossier, watchdog, liveness)
        yield from _asked_too_late(dossier, watchdog, liveness)


def _of_keepalive(
    dossier: Dossier, fact: Known[Keepalive], liveness: Liveness, serving: Serving
) -> Iterator[Finding]:
    """The server program's own pings, as they are set where it is started."""
    interval, timeout = fact.value.interval_seconds, fact.value.timeout_seconds
    if interval is None or not fact.evidence:
        return
    place = fact.evidence[0].place
    server = serving.server.value.name if isinstance(serving.server, Known) else "The server"
    who = f"{server} in {place.path}"
    if interval >= _LONGEST_INTERVAL:
        text = f"{who} pings every {interval:g} s: the setting counts seconds, so {interval / 1000:g} s are meant perhaps"
        yield _finding(dossier, place, text, Severity.HIGH, fact.confidence, fact.evidence)
        return
    limit = serving.idle_limit
    if isinstance(limit, Known) and interval >= limit.value.seconds and not liveness.heartbeats:
        text = (
            f"{who} pings every {interval:g} s, and {limit.value.layer} cuts what is silent for "
            f"{limit.value.seconds:g} s: quiet connections drop at that limit, again and again"
        )
        evidence = (*fact.evidence, *limit.evidence)
        yield _finding(dossier, place, text, Severity.HIGH, min(fact.confidence, limit.confidence), evidence)
    elif not liveness.watchdogs and (timeout is None or timeout >= _LONGEST_TIMEOUT):
        waits = "for ever" if timeout is None else f"{timeout:g} s"
        text = f"{who} pings every {interval:g} s and waits {waits} for the pong: a client that vanished stays connected"
        yield _finding(dossier, place, text, Severity.MEDIUM, fact.confidence, fact.evidence)


def _of_heartbeat(
    dossier: Dossier, heartbeat: Heartbeat, liveness: Liveness, serving: Serving
) -> Iterator[Finding]:
    """The application's own pings; where the server program pings too, their interval matters little."""
    interval = heartbeat.interval_seconds
    if not isinstance(interval, Known):
        return
    name = dossier.connection.name
    if interval.value >= _LONGEST_INTERVAL:
        text = (
            f"`{name}` sends `{heartbeat.message.shown}` every {interval.value:g} s: the pause counts seconds, so "
            f"{interval.value / 1000:g} s are meant perhaps"
        )
        yield _finding(dossier, heartbeat.timer, text, Severity.HIGH, interval.confidence, heartbeat.evidence)
        return
    keepalive = serving.keepalive
    if not isinstance(keepalive, Known) or keepalive.value.interval_seconds is not None:
        return
    limit = serving.idle_limit
    if isinstance(limit, Known) and interval.value >= limit.value.seconds:
        text = (
            f"`{name}` sends `{heartbeat.message.shown}` every {interval.value:g} s, and {limit.value.layer} cuts what "
            f"is silent for {limit.value.seconds:g} s; the server program sends no pings of its own"
        )
        evidence = (*heartbeat.evidence, *limit.evidence, *keepalive.evidence)
        yield _finding(dossier, heartbeat.timer, text, Severity.HIGH, limit.confidence, evidence)
    elif not liveness.watchdogs:
        text = (
            f"`{name}` sends `{heartbeat.message.shown}` every {interval.value:g} s and gives the answer no deadline; "
            "the server program sends no pings either, so a client that vanished stays connected"
        )
        evidence = (*heartbeat.evidence, *keepalive.evidence)
        yield _finding(dossier, heartbeat.timer, text, Severity.MEDIUM, keepalive.confidence, evidence)


def _never_renewed(dossier: Dossier, watchdog: Watchdog, liveness: Liveness) -> Iterator[Finding]:
    """A limit on silence that only a client's own ping holds off, and the clients here send none."""
    deadline = watchdog.deadline_seconds
    if not watchdog.renewed_by or any(each.is_ping for each in liveness.heartbeats):
        return
    clients = [each.dossier for each in dossier.surroundings.others]
    wanted = set(watchdog.renewed_by)
    for client in clients:
        sent = client.liveness
        if sent is None or any(wanted & each.message.words for each in sent.heartbeats):
            return
    seconds = f" of {deadline.value:g} s" if isinstance(deadline, Known) else ""
    who = "no client here sends" if clients else "no client in the workspace is known to send"
    word = " or ".join(watchdog.renewed_by)
    text = (
        f"Only a client's `{word}` renews the limit{seconds} on silence, which {who}: healthy connections are "
        "closed when it has passed"
    )
    confidence = Confidence.MEDIUM if clients else Confidence.LOW
    yield _finding(dossier, watchdog.place, text, Severity.HIGH, confidence, watchdog.evidence)


def _asked_too_late(dossier: Dossier, watchdog: Watchdog, liveness: Liveness) -> Iterator[Finding]:
    """The loop that pings also asks for the deadline, which ends between two of its turns."""
    deadline, every = watchdog.deadline_seconds, watchdog.asked_every_seconds
    if not isinstance(deadline, Known) or not isinstance(every, Known):
        return
    if not every.value < deadline.value < 2 * every.value:
        return
    ping = next((each for each in liveness.heartbeats if each.is_ping and each.timer == watchdog.asked), None)
    if ping is None:
        return
    text = (
        f"`{dossier.connection.name}` closes what was silent for {deadline.value:g} s, and asks only every "
        f"{every.value:g} s before the next `{ping.message.shown}`: a client that vanished stays for up to "
        f"{2 * every.value:g} s"
    )
    evidence = (*watchdog.evidence, *ping.evidence)
    yield _finding(dossier, watchdog.place, text, Severity.MONITOR, deadline.confidence, evidence)


def _finding(
    dossier: Dossier,
    place: Place,
    message: str,
    severity: Severity,
    confidence: Confidence,
    evidence: tuple[Evidence, ...],
) -> Finding:
    return Finding(CODE, SLUG, severity, confidence, place, message, dossier.connection.id, evidence)
