"""WS3D on the server: queues without a size, a task for each message, buffers that nobody measures."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.sending.facts import SendQueue, TaskPerMessage


def piled_up_by_server(dossier: Dossier, code: str, slug: str) -> Iterator[Finding]:
    """One finding for each kind of pile: queues, tasks, buffers."""
    if dossier.sending is None:
        return
    unbounded = [each for each in dossier.sending.queues if _is_unbounded(each)]
    read_ahead = {each.span for each in unbounded if each.kind == "inbound-queue"}
    limits = dossier.receiving.limits if dossier.receiving is not None else ()
    limited = any(each.kind != "one-at-a-time" for each in limits)
    for kind in ("queue", "inbound-buffer", "inbound-queue"):
        if kind == "inbound-queue" and limited:
            continue
        piles = sorted(
            (
                each
                for each in unbounded
                if each.kind == kind
                and (kind != "queue" or each.fed_by_others or each.span not in read_ahead)
            ),
            key=_order,
        )
        if piles:
            yield _queue(dossier, code, slug, piles)
    tasks = [each for each in dossier.sending.tasks_per_message if not (each.is_limited or each.is_guarded)]
    if tasks:
        yield _tasks(dossier, code, slug, tasks)


def _is_unbounded(queue: SendQueue) -> bool:
    if not isinstance(queue.max_size, Known) or queue.max_size.value is not None:
        return False
    return queue.kind == "inbound-buffer" or bool(queue.fed_by)


def _order(queue: SendQueue) -> tuple[bool, str, int]:
    return (not queue.fed_by_others, queue.span.path, queue.span.start)


def _queue(dossier: Dossier, code: str, slug: str, piles: list[SendQueue]) -> Finding:
    first = piles[0]
    severity, confidence = Severity.HIGH, Confidence.HIGH
    if first.kind == "inbound-buffer":
        message = (
            f"`{first.name}` grows by every message of the client and is never measured: one peer that goes on sending "
            "takes all the memory of the process"
        )
    elif first.kind == "inbound-queue":
        severity = Severity.MEDIUM
        confidence = first.max_size.confidence if isinstance(first.max_size, Known) else confidence
        message = (
            f"`{first.name}` has no maxsize, and the loop that reads the client fills it without waiting for whoever works it "
            "off: what comes faster stays in memory, and TCP slows the client down no more"
        )
    elif first.fed_by_others:
        message = (
            f"`{first.name}` has no maxsize, and what fills it does not wait for its reader: for a client that stopped reading, "
            "it grows in memory until its connection dies"
        )
    else:
        severity, confidence = Severity.MONITOR, Confidence.LOW
        message = f"`{first.name}` has no maxsize: what its own handler produces faster than the client reads is kept in memory"
    return Finding(
        code=code,
        slug=slug,
        severity=severity,
        confidence=confidence,
        span=first.span,
        message=message,
        connection=dossier.connection.id,
        evidence=(*(first.fed_by_others or first.fed_by)[:3], *first.evidence),
    )


def _tasks(dossier: Dossier, code: str, slug: str, tasks: list[TaskPerMessage]) -> Finding:
    first = next((each for each in tasks if each.endless), tasks[0])
    how = "runs until it is stopped" if first.endless else "runs beside the others"
    return Finding(
        code=code,
        slug=slug,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        span=first.span,
        message=(
            f"Each message of this kind starts another `{first.name}` task, which {how}: nothing limits how many one "
            "client may have"
        ),
        connection=dossier.connection.id,
        evidence=(
            *first.evidence,
            *(evidence for each in tasks if each is not first for evidence in each.evidence),
        ),
        effects=("WS7C",),
    )
