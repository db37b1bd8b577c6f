"""WS8C: a call holds the event loop of all connections."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.receiving.facts import Blocking

CODE = "WS8C"
SLUG = "blocking-call"

_LONG = frozenset({"request", "model", "load", "process", "compute", "cloud", "wait"})
"""Kinds whose duration another machine or a computation decides: seconds, with no upper limit."""
_ANY_TIME = 60.0
_WORD = {
    "sleep": "sleeps",
    "request": "waits for another service",
    "database": "waits for the database",
    "process": "waits for a process",
    "model": "waits for a model",
    "measure": "measures",
    "cloud": "waits for a cloud service",
    "wait": "waits for another thread",
    "compute": "computes",
    "load": "loads a model",
    "file": "reads or writes a file",
}


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for an endpoint, at the call that holds the loop longest; the others are evidence."""
    receiving = dossier.receiving
    if receiving is None or not receiving.blocking:
        return
    ordered = sorted(receiving.blocking, key=_weight, reverse=True)
    first = ordered[0]
    more = tuple(Evidence(each.span, f"`{each.call}` holds it too") for each in ordered[1:5])
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=_severity(first),
        confidence=Confidence.HIGH,
        span=first.span,
        message=_message(dossier, first),
        connection=dossier.connection.id,
        evidence=(*first.evidence, *more),
    )


def _weight(call: Blocking) -> tuple[int, int, float]:
    """The gravest first, then what repeats, then what holds longest: without a limit for any time."""
    return int(_severity(call)), int(call.repeats), call.seconds or call.limit_seconds or _ANY_TIME


def _severity(call: Blocking) -> Severity:
    if call.kind in ("sleep", "measure") and call.seconds is not None and call.seconds < 0.05:
        return Severity.MONITOR
    if call.kind == "sleep" and call.seconds is None:
        return Severity.MEDIUM
    if call.kind == "database":
        return Severity.MEDIUM if call.repeats else Severity.MONITOR
    if call.limit_seconds is not None and call.limit_seconds < 1:
        return Severity.MEDIUM
    if call.repeats or (call.seconds is not None and call.seconds >= 1) or call.kind in _LONG:
        return Severity.HIGH
    return Severity.MEDIUM


def _message(dossier: Dossier, call: Blocking) -> str:
    name = dossier.connection.name
    when = "in each turn of" if call.repeats else "once for each client of"
    if call.seconds is not None:
        held = f"for {call.seconds:g} s no connection of the process is served"
    elif call.limit_seconds is not None:
        held = f"for up to {call.limit_seconds:g} s no connection of the process is served"
    else:
        held = "until it is done no connection of the process is served"
    after = _closed_after(dossier, call)
    return f"`{call.call}` {_WORD[call.kind]} on the event loop {when} {name}: {held}, pings and pongs included{after}"


def _closed_after(dossier: Dossier, call: Blocking) -> str:
    """The server's own deadline for pongs, where it is known and the call may last longer."""
    keepalive = dossier.surroundings.serving.keepalive
    deadline = keepalive.value.detects_after_seconds if isinstance(keepalive, Known) else None
    if call.kind not in _LONG or deadline is None:
        return ""
    if call.limit_seconds is not None and call.limit_seconds < deadline:
        return ""
    return f", and after {deadline:g} s the server closes them all (1011)"


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Blocking call",
    section="8C Blocking Calls in Async Handlers",
    category=Category.HEARTBEAT,
    severity=Severity.HIGH,
    effort_hours=(0.5, 4.0),
    check=check,
    monitoring=("delay of the event loop (p99)", "closes with code 1011"),
    sides=frozenset({"server"}),
    related=("ruff:ASYNC210", "ruff:ASYNC220", "ruff:ASYNC251"),
)
