"""WS4C: one client that stopped reading or left holds up the others."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.sending.facts import Broadcast, ForeignSend, SwallowedDeparture

CODE = "WS4C"
SLUG = "stalled-broadcast"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for all broadcasts of an endpoint that wait for each client, else for what keeps a dead one."""
    sending = dossier.sending
    if sending is None:
        return
    empty = {each.broadcast for each in sending.foreign_sends if _has_no_clients(each)}
    faulty = [
        each for each in sending.broadcasts if each.name not in empty and (_stalls(each) or _aborts(each))
    ]
    if faulty:
        yield _broadcast(dossier, sorted(faulty, key=_order))
    else:
        yield from (_swallowed(dossier, each) for each in sending.swallowed_departures[:1])


def _has_no_clients(each: ForeignSend) -> bool:
    """A broadcast that only a worker process runs waits for nobody: WS3A tells that it reaches nobody."""
    return each.kind == "task-queue-worker" and not each.elsewhere


def _stalls(each: Broadcast) -> bool:
    return (
        each.dispatch in ("sequential", "gather")
        and isinstance(each.timeout, Known)
        and each.timeout.value is None
    )


def _aborts(each: Broadcast) -> bool:
    return each.dispatch == "sequential" and each.failure == "propagates"


def _order(each: Broadcast) -> tuple[int, str, int]:
    return (-_called(each), each.span.path, each.span.start)


def _called(each: Broadcast) -> Confidence:
    """How sure it is that the broadcast runs; one that nothing calls is only suspicious."""
    fact = each.is_called
    return fact.confidence if isinstance(fact, Known) and fact.value else Confidence.LOW


def _broadcast(dossier: Dossier, faulty: list[Broadcast]) -> Finding:
    first = faulty[0]
    confidence = Confidence.HIGH if _called(first) > Confidence.LOW else Confidence.LOW
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH if confidence > Confidence.LOW else Severity.MONITOR,
        confidence=confidence,
        span=first.span,
        message=_message(first),
        connection=dossier.connection.id,
        evidence=(
            *first.called_in,
            *(Evidence(each.span, f"{each.name} waits for each client as well") for each in faulty[1:]),
        ),
    )


def _message(each: Broadcast) -> str:
    if not _stalls(each):
        return (
            f"One failing send ends `{each.name}`: the clients of {each.registry} after it get nothing, "
            "and the dead one stays in the way"
        )
    waits = (
        f"`{each.name}` awaits the clients of {each.registry} one after the other without a time limit: "
        "one that stopped reading holds up all after it"
        if each.dispatch == "sequential"
        else f"`{each.name}` waits for every client of {each.registry} together without a time limit: "
        "one that stopped reading holds up whoever called it"
    )
    if each.lock is not None:
        waits += f", and with `{each.lock}` held nobody can connect or leave"
    elif _aborts(each):
        waits += ", and one that is gone ends the loop with an exception"
    return f"{waits}; no ping frees a send"


def _swallowed(dossier: Dossier, each: SwallowedDeparture) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH if each.is_certain else Confidence.LOW,
        span=each.span,
        message=(
            f"`{dossier.connection.name}` never receives, and goes on after a send that failed: nothing tells it that "
            "its client is gone, and the dead connection keeps its subscription"
        ),
        connection=dossier.connection.id,
        evidence=each.evidence,
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Stalled broadcast",
    section="4C Missing Server-Side Dead Connection Cleanup",
    category=Category.HEARTBEAT,
    severity=Severity.HIGH,
    effort_hours=(1.0, 4.0),
    check=check,
    monitoring=(
        "seconds that a broadcast takes: alert above 1 s",
        "sends that ran into their time limit",
        "size of each connection registry",
    ),
    sides=frozenset({"server"}),
)
