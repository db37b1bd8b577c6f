"""WS8D: a server that does not read, at all or while it works, loses healthy connections."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.receiving.facts import PushLoop
from halfopen_rules.deployment.unread_socket.keepalive import closing, goes_on_reading
from halfopen_rules.deployment.unread_socket.occupied import CODE, SLUG, check_occupied


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """A handler that never reads, or one that does not read while it works."""
    if dossier.receiving is not None and dossier.receiving.long_waits:
        yield from check_occupied(dossier, dossier.receiving.long_waits)
    else:
        yield from _pushing(dossier)


def _pushing(dossier: Dossier) -> Iterator[Finding]:
    """A push loop whose clients send. Where the loop does not notice a client's leaving either, WS1B tells it."""
    receiving = dossier.receiving
    if receiving is None or not receiving.pushing:
        return
    if any(leak.kind == "unread" for each in dossier.resources for leak in each.leaks):
        return
    if goes_on_reading(dossier.surroundings.serving):
        return
    senders = [each for each in dossier.surroundings.others if _sends(each)]
    if senders:
        yield _finding(dossier, receiving.pushing[0], senders)


def _sends(other: Other) -> bool:
    """Whether the client sends anything after it has connected."""
    delivery = other.dossier.delivery
    return delivery is not None and bool(delivery.sends)


def _finding(dossier: Dossier, push: PushLoop, senders: list[Other]) -> Finding:
    client = senders[0].dossier
    delivery = client.delivery
    sends = delivery.sends if delivery is not None else ()
    name = dossier.connection.name
    serving = dossier.surroundings.serving
    pauses = serving.reading_pauses_while_unread
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=(
            Confidence.HIGH
            if senders[0].strength == "certain" and isinstance(pauses, Known)
            else Confidence.MEDIUM
        ),
        span=push.span,
        message=(
            f"{name} never receives, and {client.connection.name} sends to it: one message that nobody reads stops "
            f"{closing(serving)} its own healthy connection (1011)"
        ),
        connection=dossier.connection.id,
        evidence=(*push.evidence, *(Evidence(each.place, "the client sends here") for each in sends[:3])),
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unread socket",
    section="8D Handlers That Do Not Read",
    category=Category.HEARTBEAT,
    severity=Severity.HIGH,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=("closes with code 1011", "age of connections when they close"),
    sides=frozenset({"server"}),
)
