"""WS7C: one client may set off work without end."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence
from halfopen.connections.receiving.facts import RateLimit, Receiving, Work, WorkKind

CODE = "WS7C"
SLUG = "unlimited-messages"

_DEAR: frozenset[WorkKind] = frozenset({"model", "task", "broadcast", "group"})
"""Work that costs far more than the message that sets it off, or that piles up."""
_AT_ONCE: frozenset[WorkKind] = frozenset({"task", "broadcast", "group", "job"})
"""Work for whose end the loop does not wait before it takes the next message, or that goes to many."""
_DOES: dict[WorkKind, str] = {
    "model": "runs a model or other heavy work, here or at another service",
    "task": "starts a task that runs beside the loop",
    "broadcast": "goes out to every client",
    "group": "goes out to each client of a group",
    "database": "reads or writes a database",
    "request": "makes a request to another service",
    "process": "writes to a process or starts one",
    "thread": "takes a thread of the pool",
    "job": "puts a job in a queue",
    "file": "reads or writes a file",
}


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for an endpoint whose messages cost something and that nothing limits."""
    receiving = dossier.receiving
    if receiving is None or any(each.kind != "one-at-a-time" for each in receiving.limits):
        return
    costly = [each for each in receiving.work if each.kind in _DOES]
    if not all(_is_told(dossier, each) for each in costly):
        yield _finding(dossier, receiving, costly)


def _is_told(dossier: Dossier, work: Work) -> bool:
    """Whether WS3D tells of the task that a message starts: where nothing else is dear, one cause has one cure."""
    tasks = dossier.sending.tasks_per_message if dossier.sending is not None else ()
    told = [each.span for each in tasks if not (each.is_limited or each.is_guarded)]
    return work.kind == "task" and any(
        place in told for place in (work.span, *(e.place for e in work.evidence))
    )


def _finding(dossier: Dossier, receiving: Receiving, costly: list[Work]) -> Finding:
    first = costly[0]
    refused = next(iter(receiving.limits), None)
    admission = dossier.admission
    is_open = isinstance(admission, Admission) and not admission.is_authenticated
    evidence = [
        *first.evidence,
        *(Evidence(each.span, f"a message also {_DOES[each.kind]}") for each in costly[1:3]),
    ]
    if refused is not None:
        evidence += refused.evidence
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=_severity(first, refused, is_open),
        confidence=Confidence.HIGH,
        span=receiving.receives or first.span,
        message=_message(dossier.connection.name, first, refused, is_open),
        connection=dossier.connection.id,
        evidence=tuple(evidence),
    )


def _severity(first: Work, refused: RateLimit | None, is_open: bool) -> Severity:
    if refused is not None:
        return Severity.MEDIUM
    return (
        Severity.HIGH
        if first.kind in {"model", "task"} or (is_open and first.kind in _DEAR)
        else Severity.MEDIUM
    )


def _message(name: str, first: Work, refused: RateLimit | None, is_open: bool) -> str:
    who = "anybody who can reach the server" if is_open else "one client"
    work = f"A message of {name} {_DOES[first.kind]} (`{first.what}`)"
    if refused is not None:
        return (
            f"{work}, one at a time and with no limit over time: {who} can keep it busy without "
            "end, over as many connections as are opened"
        )
    often = (
        "can send thousands in a second"
        if first.kind in _AT_ONCE
        else "can send the next as soon as one is done, without end"
    )
    return f"{work}, and nothing limits how many come: {who} {often}"


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unlimited messages",
    section="7C Missing Rate Limiting for Messages",
    category=Category.SECURITY,
    severity=Severity.MEDIUM,
    effort_hours=(1.0, 4.0),
    check=check,
    monitoring=("inbound messages per connection and second", "messages refused by the limiter"),
    sides=frozenset({"server"}),
)
