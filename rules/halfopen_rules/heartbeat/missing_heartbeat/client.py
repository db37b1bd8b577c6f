"""WS4A in a client: nothing would notice a server that vanished."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.liveness.facts import Heartbeat, Liveness

CODE = "WS4A"
SLUG = "missing-heartbeat"

_LOCAL = re.compile(r"^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$")


def client_findings(dossier: Dossier) -> Iterator[Finding]:
    """One finding for a client with neither a heartbeat nor a deadline on silence."""
    liveness = dossier.liveness
    if liveness is None or liveness.ends_itself:
        return
    if dossier.presentation is not None and dossier.presentation.is_only_watched:
        return
    detects = liveness.detects_silence
    polls = dossier.reconnection.polls if dossier.reconnection is not None else None
    if isinstance(polls, Known) and polls.value:
        return
    if not isinstance(detects, Known) or detects.value or any(each.is_ping for each in liveness.heartbeats):
        return
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=_confidence(dossier, liveness),
        span=dossier.connection.site,
        message=_message(dossier),
        connection=dossier.connection.id,
        evidence=(*detects.evidence, *_half_measures(liveness), *_pings_of_the_server(dossier)),
    )


def _confidence(dossier: Dossier, liveness: Liveness) -> Confidence:
    """Low where a look at the page's return may be enough, or where the user of a library decides."""
    if any(each.watches == "page" for each in liveness.watchdogs):
        return Confidence.LOW
    if not liveness.is_used_here or _is_local_program(dossier):
        return Confidence.LOW
    return Confidence.HIGH if dossier.connection.library == "native" else Confidence.MEDIUM


def _is_local_program(dossier: Dossier) -> bool:
    """Whether the other side is a program on the user's own machine: its death resets the connection."""
    urls = dossier.urls.urls if dossier.urls is not None else ()
    return (
        bool(urls)
        and not dossier.surroundings.others
        and all(each.host_kind == "known" and _LOCAL.match(each.host) for each in urls)
    )


def _message(dossier: Dossier) -> str:
    name = dossier.connection.name
    pings = list(_server_heartbeats(dossier))
    if pings:
        often = _often(pings[0])
        return (
            f"`{name}` does not notice when the server's {_shown(pings[0])}{often} stops: a connection "
            "that is half open is taken for a live one"
        )
    return (
        f"`{name}` would not notice a server that vanished: no heartbeat and no deadline on silence, so a "
        "half-open connection looks alive for minutes, or for as long as nothing is sent"
    )


def _shown(heartbeat: Heartbeat) -> str:
    return f"`{heartbeat.message.shown}`" if heartbeat.message.fields else "heartbeat"


def _often(heartbeat: Heartbeat) -> str:
    interval = heartbeat.interval_seconds
    return f", due every {interval.value:g} s," if isinstance(interval, Known) else ""


def _server_heartbeats(dossier: Dossier) -> Iterator[Heartbeat]:
    for other in dossier.surroundings.others:
        if other.dossier.liveness is not None:
            yield from (each for each in other.dossier.liveness.heartbeats if each.is_ping)


def _pings_of_the_server(dossier: Dossier) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(each.sent, "the server's heartbeat, which nothing here waits for")
        for each in _server_heartbeats(dossier)
    )[:1]


def _half_measures(liveness: Liveness) -> tuple[Evidence, ...]:
    return tuple(said for each in liveness.watchdogs if each.watches == "page" for said in each.evidence[:1])
