"""The monitoring to have before deploying: the specification's, with what this audit's findings add."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.rule import Category, registered_rules
from halfopen.audit.targets import Targets
from halfopen.report.document.model import FindingSection, Monitoring, Watch
from halfopen.report.printable import one_line

RECONNECTIONS_PER_MINUTE = 10
"""The specification's alert threshold."""
HEARTBEAT_FAILURES_PERCENT = 5
"""The specification's alert threshold."""

_C = Category


def monitoring_of(
    sections: Sequence[FindingSection], paths: Sequence[str], clients: Sequence[str], targets: Targets
) -> Monitoring:
    """What to measure, log and be alerted of. `paths` are those of the endpoints, `clients` the clients' names."""
    codes: dict[Category, list[str]] = {}
    for each in sections:
        registered = registered_rules().get(each.rule.code)
        if registered is not None:
            codes.setdefault(registered.rule.category, []).append(each.rule.code)

    def because(*categories: Category) -> tuple[str, ...]:
        return tuple(sorted({code for each in categories for code in codes.get(each, ())}))

    label = _label(paths)
    page = _named(clients, "the page")
    return Monitoring(
        metrics=(
            Watch("Open connections", f"a gauge for each process, by {label}", because(_C.CONNECTION)),
            Watch(
                "Reconnection rate",
                f"a counter of handshakes by {label}, first ones and repeated ones apart, as the client says with "
                f"`?attempt=` or its first message ({page})",
                because(_C.RECONNECTION),
            ),
            Watch(
                "Message latency",
                "a histogram from the event (its time goes in the message) to the send, and in the client to the "
                "update: p50, p95, p99",
                because(_C.MESSAGING, _C.STATE_SYNC),
            ),
            Watch(
                "Heartbeat failures",
                "a counter of missed answers against heartbeats sent, and of closes with 1011 “keepalive ping timeout”",
                because(_C.HEARTBEAT),
            ),
            Watch(
                "Closes by code",
                f"a counter by close code and {label}: 1000, 1001, 1006, 1008, 1011, 1012 and the application's own",
                because(_C.CONNECTION, _C.SECURITY),
            ),
            *_of_rules(sections),
        ),
        logs=(
            Watch(
                "Connection lifecycle",
                "one line for each open and each close: connection id, user, path without query, close code and reason, "
                "seconds open, messages in and out",
                because(_C.CONNECTION, _C.RECONNECTION),
            ),
            Watch(
                "Message processing errors",
                "type of the message, connection id, exception; never the message itself",
                because(_C.MESSAGING, _C.SECURITY),
            ),
            Watch(
                "State synchronisation",
                f"in {page}: each reconnect with the length of the gap, what was fetched after it, and each message that "
                "was refused as older or unknown",
                because(_C.STATE_SYNC),
            ),
        ),
        alerts=(
            Watch(
                "Reconnection rate",
                f"more than {RECONNECTIONS_PER_MINUTE} a minute, for 5 minutes",
                because(_C.RECONNECTION),
            ),
            Watch(
                "Heartbeat failure rate",
                f"more than {HEARTBEAT_FAILURES_PERCENT} % of heartbeats; the interval is at most "
                f"{targets.heartbeat_interval_seconds:g} s and an answer may take {targets.heartbeat_timeout_seconds:g} s",
                because(_C.HEARTBEAT),
            ),
            Watch(
                "Message queue depth",
                f"more than {targets.queue_depth} messages waiting, for one connection or in the page",
                because(_C.MESSAGING),
            ),
            Watch(
                "Time without a connection",
                f"p95 above {targets.recovery_seconds:g} s, as clients report it when they are back",
                because(_C.RECONNECTION),
            ),
            Watch(
                "Connections of one client",
                f"more than {targets.connections_per_client} at a time",
                because(_C.CONNECTION),
            ),
        ),
    )


def _of_rules(sections: Iterable[FindingSection]) -> tuple[Watch, ...]:
    """What the rules ask for themselves whose findings are grave, or are only to be watched; each thing once."""
    wanted: dict[str, set[str]] = {}
    for each in sections:
        if each.severity is Severity.MEDIUM or each.confidence is Confidence.LOW:
            continue
        registered = registered_rules().get(each.rule.code)
        for what in registered.rule.monitoring if registered is not None else ():
            wanted.setdefault(what, set()).add(each.rule.code)
    ordered = sorted(wanted.items(), key=lambda item: (min(item[1]), item[0]))
    return tuple(_watch(what, tuple(sorted(codes))) for what, codes in ordered)


def _watch(what: str, codes: tuple[str, ...]) -> Watch:
    name, colon, how = what.partition(": ")
    return Watch(name[0].upper() + name[1:], how if colon else "", codes)


def _label(paths: Sequence[str]) -> str:
    if not paths:
        return "address"
    shown = ", ".join(f"`{one_line(each)}`" for each in paths[:3])
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return f"route ({shown}{more})"


def _named(names: Sequence[str], otherwise: str) -> str:
    if not names:
        return otherwise
    shown = ", ".join(f"`{one_line(each)}`" for each in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
