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


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the times that are known."""
    liveness = dossier.liveness
    beat = (
        next((each for each in liveness.heartbeats if each.is_ping), None) if liveness is not None else None
    )
    dog = next(iter(liveness.watchdogs), None) if liveness is not None else None
    interval = _interval(beat)
    deadline = _deadline(dog)
    idle = dossier.surroundings.serving.idle_limit
    limit = idle.value if isinstance(idle, Known) else None
    goal = targets.heartbeat_interval_seconds + targets.heartbeat_timeout_seconds
    if interval is not None and interval < 1 and dossier.connection.side == "client":
        return Assessment(
            "The timer takes milliseconds: what was meant as seconds runs a thousand times as often.",
            f"{1 / max(interval, 0.001):,.0f} heartbeats a second from each tab, some {1 / max(interval, 0.001) * 3600:,.0f} an hour.",
        )
    if interval is not None and limit is not None and interval >= limit.seconds:
        return Assessment(
            f"{limit.layer} ends a connection on which nothing flows, and the heartbeat comes too late to prevent it.",
            f"Heartbeat every {seconds(interval)}, idle limit {seconds(limit.seconds)} ({limit.layer}): each quiet connection "
            f"is cut every {seconds(limit.seconds)}, {3600 / limit.seconds:.0f} times an hour.",
        )
    if deadline is not None and interval is not None and deadline <= interval:
        return Assessment(
            "The limit on silence is shorter than the time between two signs of life: healthy connections are closed.",
            f"A sign of life every {seconds(interval)}, closed after {seconds(deadline)} of silence: each connection lives "
            f"for {seconds(deadline)}, {3600 / max(deadline, 1):.0f} reconnects an hour from each client, where the alert is at 10 a "
            "minute for all.",
        )
    if deadline is not None and beat is None:
        return Assessment(
            "A limit on silence that nothing renews closes healthy connections.",
            f"Each connection ends after {seconds(deadline)}, {3600 / max(deadline, 1):.0f} times an hour, however healthy it is.",
        )
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
        f"gives up, up to {seconds(924.6)} (Linux's default); the target is {goal:g} s.{server}",
    )


def _interval(beat: Heartbeat | None) -> float | None:
    return (
        beat.interval_seconds.value if beat is not None and isinstance(beat.interval_seconds, Known) else None
    )


def _deadline(dog: Watchdog | None) -> float | None:
    return dog.deadline_seconds.value if dog is not None and isinstance(dog.deadline_seconds, Known) else None


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
