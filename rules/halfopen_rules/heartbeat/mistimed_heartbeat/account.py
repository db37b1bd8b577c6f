"""What WS4B says of one connection: which of its times do not fit, in numbers."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.liveness.facts import Heartbeat, Watchdog
from halfopen_rules.estimates import notices_after, seconds, server_name

_TCP_SECONDS = 924.6
"""How long Linux retransmits before it gives a connection up: tcp_retries2 of 15."""
_FASTEST_SECONDS = 1.0


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By which time is wrong: a heartbeat's, a watchdog's, or the server program's own."""
    liveness = dossier.liveness
    goal = targets.heartbeat_interval_seconds + targets.heartbeat_timeout_seconds
    beat = (
        next((each for each in liveness.heartbeats if each.timer == finding.span), None)
        if liveness is not None
        else None
    )
    dog = (
        next((each for each in liveness.watchdogs if each.place == finding.span), None)
        if liveness is not None
        else None
    )
    if beat is not None:
        return _of_heartbeat(dossier, beat, goal)
    if dog is not None:
        return _of_watchdog(dossier, dog, goal)
    keepalive = dossier.surroundings.serving.keepalive
    interval = keepalive.value.interval_seconds if isinstance(keepalive, Known) else None
    return _cut(dossier, interval) or Assessment(
        "A ping that nobody expects an answer to finds no dead client: the half-open connection stays.",
        f"A client that vanished is noticed when TCP gives up, after up to {seconds(_TCP_SECONDS)} (Linux's default); the "
        f"target is {goal:g} s.",
    )


def _of_heartbeat(dossier: Dossier, beat: Heartbeat, goal: float) -> Assessment:
    interval = beat.interval_seconds.value if isinstance(beat.interval_seconds, Known) else None
    if interval is not None and interval < _FASTEST_SECONDS and dossier.connection.side == "client":
        rate = 1 / max(interval, 0.001)
        return Assessment(
            "The timer takes milliseconds: what was meant as seconds runs a thousand times as often.",
            f"{rate:,.0f} heartbeats a second from each tab, {rate * 3600:,.0f} an hour.",
        )
    cut = _cut(dossier, interval) if dossier.connection.side == "server" else None
    if cut is not None:
        return cut
    every = f"every {seconds(interval)} " if interval is not None else ""
    found = notices_after(dossier)
    server = (
        f" {server_name(dossier)}'s own pings find a dead client after {seconds(found)}, but no page sees them."
        if found and dossier.connection.side == "client"
        else ""
    )
    return Assessment(
        "A ping into a half-open connection succeeds: `send` only fills a buffer, and without a deadline for the answer "
        "nothing follows from its absence.",
        f"It pings {every}and learns nothing from silence: after the peer vanished the connection counts as alive until TCP "
        f"gives up, up to {seconds(_TCP_SECONDS)} (Linux's default); the target is {goal:g} s.{server}",
    )


def _of_watchdog(dossier: Dossier, dog: Watchdog, goal: float) -> Assessment:
    deadline = dog.deadline_seconds.value if isinstance(dog.deadline_seconds, Known) else None
    after = seconds(deadline) if deadline is not None else "the deadline"
    if dog.waived_by:
        return Assessment(
            "HTTP goes over other connections: that a route answers says nothing of this socket, which stays half-open.",
            f"The silence is seen after {after} and then excused, as often as the API answers: 0 messages arrive until TCP "
            f"gives up, up to {seconds(_TCP_SECONDS)} (Linux's default); the target is {goal:g} s.",
        )
    every = dog.asked_every_seconds
    if deadline is not None and isinstance(every, Known) and every.value < deadline < 2 * every.value:
        return Assessment(
            "The deadline is only looked at before the next ping, and so counts from there.",
            f"Noticed after up to {seconds(2 * every.value)} instead of {seconds(deadline)}; the target is {goal:g} s.",
        )
    often = f", {3600 / max(deadline, 1):.0f} times an hour from each client" if deadline is not None else ""
    return Assessment(
        "The limit on silence is not held off by what a healthy connection sends: connections that work are closed.",
        f"100 % of the quiet connections end after {after}{often}, where the alert is at 10 reconnects a minute for all; what "
        "is sent in each gap is lost.",
    )


def _cut(dossier: Dossier, interval: float | None) -> Assessment | None:
    """An interval above what something on the way allows."""
    idle = dossier.surroundings.serving.idle_limit
    if interval is None or not isinstance(idle, Known) or interval < idle.value.seconds:
        return None
    limit = idle.value
    return Assessment(
        f"{limit.layer} ends a connection on which nothing flows, and the heartbeat comes too late to prevent it.",
        f"A heartbeat every {seconds(interval)}, an idle limit of {seconds(limit.seconds)} ({limit.layer}): each quiet "
        f"connection is cut every {seconds(limit.seconds)}, {3600 / limit.seconds:.0f} times an hour.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """A heartbeat below the idle limit, or pings of the server program that are."""
    serving = dossier.surroundings.serving
    if dossier.connection.side != "server" or not isinstance(serving.idle_limit, Known):
        return
    limit = serving.idle_limit.value
    if isinstance(serving.keepalive, Known):
        interval = serving.keepalive.value.interval_seconds
        if interval is not None and interval < limit.seconds:
            yield Mitigation(
                f"pings every {seconds(interval)} stay below the idle limit of {seconds(limit.seconds)} ({limit.layer})",
                (*serving.keepalive.evidence[:1], *serving.idle_limit.evidence[:1]),
            )


ACCOUNT = Account(assess, mitigations)
