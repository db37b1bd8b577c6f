"""WS3A on the server: messages that do not reach clients which are connected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from halfopen.audit.finding import Confidence, Finding, Fix, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.sending.facts import (
    Broadcast,
    Drained,
    DroppedSubscriber,
    ForeignSend,
    Repair,
    UnsavedResult,
)
from halfopen.semantics.unit import Span
from halfopen_rules.delivery.lost_send.copying import copy_fix

CODE = "WS3A"
SLUG = "lost-send"

_AGAIN: Mapping[Repair, str] = {
    "at any time": ", whose content is stored before or soon passes",
    "the next one": ", until the next one, which is the whole state again",
}


def check_server(dossier: Dossier) -> Iterator[Finding]:
    """The gravest way in which what an endpoint's registries are sent gets lost."""
    sending = dossier.sending
    if sending is None:
        return
    if sending.foreign_sends:
        yield _foreign(dossier, sending.foreign_sends[0])
        return
    if sending.dropped_subscribers:
        yield _dropped(dossier, sending.dropped_subscribers[0])
        return
    sent = [each for each in sending.broadcasts if _is_called(each)]
    live = [each for each in sent if each.live_iteration in ("skips", "raises")]
    if live:
        yield _live(dossier, sorted(live, key=_order))
        return
    unseen = [each for each in sent if not each.failure_is_seen and not each.removes_failed]
    if unseen:
        yield _unseen(dossier, min(unseen, key=_order))
        return
    if sending.unsaved:
        yield _unsaved(dossier, sending.unsaved[0])
    elif sending.drained:
        yield _drained(dossier, sending.drained[0])


def _is_called(each: Broadcast) -> bool:
    """A sender that nobody calls loses nothing."""
    return not isinstance(each.is_called, Known) or each.is_called.value


def _doubted(each: Broadcast) -> tuple[Evidence, ...]:
    """Why it may not run where the sockets are."""
    return () if each.surely_runs else each.is_called.evidence[-1:]


def _foreign(dossier: Dossier, each: ForeignSend) -> Finding:
    if each.kind == "task-queue-worker":
        message = (
            f"`{each.caller}` runs in a worker process of the task queue: {each.registry} is empty there, and what "
            f"`{each.broadcast}` sends reaches no client"
        )
    elif each.kind == "no-event-loop":
        message = (
            f"`{each.caller}` asks for the running event loop in a thread that has none: that raises RuntimeError, and "
            f"`{each.broadcast}` never sends anything to {each.registry} from there"
        )
    else:
        message = (
            f"`{each.caller}` runs `{each.broadcast}` in an event loop of its own: the sockets of {each.registry} belong to the "
            "server's loop and are not thread-safe, so messages are lost and clients dropped"
        )
    return _finding(dossier, each.span, Severity.HIGH, Confidence.HIGH, message, each.evidence)


def _dropped(dossier: Dossier, each: DroppedSubscriber) -> Finding:
    return _finding(
        dossier,
        each.span,
        Severity.HIGH,
        Confidence.HIGH,
        f"A client that is too slow is only taken out of {each.registry}: its handler waits on the orphaned queue for "
        "ever, and the client stays connected and receives nothing more",
        each.evidence,
        effects=("WS4C",),
    )


def _live(dossier: Dossier, live: list[Broadcast]) -> Finding:
    first = live[0]
    heals = first.is_periodic or first.made_good is not None
    others = tuple(Evidence(each.span, f"{each.name} does the same") for each in live[1:])
    if first.live_iteration == "skips":
        severity = Severity.MEDIUM
        what = "a client that leaves meanwhile makes the loop skip the next one, which misses the message"
    else:
        severity = Severity.HIGH
        what = (
            "a client that comes or goes meanwhile ends the loop with RuntimeError (changed size during iteration), "
            "and those after it miss the message"
        )
    if first.is_periodic:
        severity, what = Severity.MONITOR, f"{what}, until the next one after a pause"
    elif first.made_good is not None:
        severity = Severity.MONITOR if first.live_iteration == "skips" else Severity.MEDIUM
        what = f"{what}{_AGAIN[first.made_good]}"
    return _finding(
        dossier,
        first.span,
        severity if first.surely_runs else Severity.MONITOR,
        Confidence.HIGH if first.surely_runs and not heals else Confidence.LOW,
        f"`{first.name}` goes over {first.registry} itself and awaits each send: {what}",
        (*_doubted(first), *first.called_in, *others),
        fixes=tuple(copy_fix(live)),
    )


def _unseen(dossier: Dossier, each: Broadcast) -> Finding:
    return _finding(
        dossier,
        each.span,
        Severity.MEDIUM if each.surely_runs else Severity.MONITOR,
        Confidence.MEDIUM if each.surely_runs else Confidence.LOW,
        f"`{each.name}` throws away what its failing sends raise: the message is lost for that client, no line in the log "
        f"tells, and the client stays in {each.registry}",
        (*_doubted(each), *each.called_in),
    )


def _drained(dossier: Dossier, each: Drained) -> Finding:
    return _finding(
        dossier,
        each.span,
        Severity.MEDIUM,
        Confidence.HIGH,
        f"`{dossier.connection.name}` takes all messages out of `{each.queue}` before any of them is sent: a client that "
        "leaves during the sends loses the rest, and nothing puts it back",
        each.evidence,
    )


def _unsaved(dossier: Dossier, each: UnsavedResult) -> Finding:
    return _finding(
        dossier,
        each.span,
        Severity.HIGH,
        Confidence.MEDIUM,
        f"`{each.what}` is stored only after the last part of it was sent: a client of `{dossier.connection.name}` that leaves "
        "before makes a send fail, and all that was made so far is thrown away",
        each.evidence,
    )


def _order(each: Broadcast) -> tuple[bool, bool, str, int]:
    return (
        not each.surely_runs,
        each.is_periodic or each.made_good is not None,
        each.span.path,
        each.span.start,
    )


def _finding(
    dossier: Dossier,
    span: Span,
    severity: Severity,
    confidence: Confidence,
    message: str,
    evidence: tuple[Evidence, ...],
    effects: tuple[str, ...] = (),
    fixes: tuple[Fix, ...] = (),
) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=severity,
        confidence=confidence,
        span=span,
        message=message,
        connection=dossier.connection.id,
        evidence=evidence,
        fixes=fixes,
        effects=effects,
    )
