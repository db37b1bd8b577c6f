"""WS4C: one client that stopped reading or left holds up the others."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.sending.facts import Broadcast, ForeignSend, SwallowedDeparture
from halfopen_rules.estimates import seconds

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


def _has_few_to_serve(dossier: Dossier, each: Broadcast) -> bool:
    """Whether it drops the dead, and goes to those who follow one thing alone: one id drawn at random, or one key of an
    endpoint whose clients only listen."""
    admission, receiving = dossier.admission, dossier.receiving
    if not isinstance(admission, Admission) or not each.removes_failed or each.lock is not None:
        return False
    acts = isinstance(admission.exposes, Known) and admission.exposes.value == "actions"
    only_listen = receiving is not None and not receiving.work and not acts
    return bool(admission.sent_by_id) or (each.of_one_key and only_listen)


def _order(each: Broadcast) -> tuple[bool, str, int]:
    return (not each.surely_runs, each.span.path, each.span.start)


def _broadcast(dossier: Dossier, faulty: list[Broadcast]) -> Finding:
    first = faulty[0]
    severity = Severity.HIGH if _dropped_after(dossier, first) is None else Severity.MEDIUM
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=severity if first.surely_runs else Severity.MONITOR,
        confidence=Confidence.HIGH
        if first.surely_runs and not _has_few_to_serve(dossier, first)
        else Confidence.LOW,
        span=first.span,
        message=_message(dossier, first),
        connection=dossier.connection.id,
        evidence=(
            *(first.is_called.evidence[-1:] if not first.surely_runs else ()),
            *first.called_in,
            *(Evidence(each.span, f"{each.name} waits for each client as well") for each in faulty[1:]),
        ),
    )


def _dropped_after(dossier: Dossier, each: Broadcast) -> float | None:
    """After how many seconds pings drop a client that stopped reading, where its buffers may well last until then.

    A broadcast that comes again after a pause fills them slowly; any other one may fill them at once.
    """
    keepalive = dossier.surroundings.serving.keepalive
    if not each.is_periodic or not isinstance(keepalive, Known):
        return None
    return keepalive.value.detects_after_seconds


def _message(dossier: Dossier, each: Broadcast) -> str:
    if not _stalls(each):
        stays = any(
            one.kind == "registration" and one.what == each.registry and one.leaks
            for one in dossier.resources
        )
        return (
            f"One failing send ends `{each.name}`: the clients of {each.registry} after it do not get that message"
            + (", and the dead one stays in the way" if stays else "")
        )
    after = _dropped_after(dossier, each)
    waits = (
        f"`{each.name}` awaits the clients of {each.registry} one after the other without a time limit: "
        "one that stopped reading holds up all after it"
        if each.dispatch == "sequential"
        else f"`{each.name}` waits for every client of {each.registry} together without a time limit: "
        "one that stopped reading holds up whoever called it"
    )
    if after is not None:
        waits += (
            f" once its buffers are full, unless the server's pings drop it before, after {seconds(after)}"
        )
    if each.lock is not None:
        waits += f", and with `{each.lock}` held nobody can connect or leave"
    elif _aborts(each):
        waits += ", and a send that fails ends the loop"
    return waits if after is not None else f"{waits}; pings set no limit to a send"


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
