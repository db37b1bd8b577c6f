"""WS8D: a server that does not read closes its own healthy connections."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.facts import Evidence
from halfopen.connections.receiving.facts import PushLoop

CODE = "WS8D"
SLUG = "unread-socket"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """A push loop whose clients send. Where the loop does not notice a client's leaving either, WS1B tells it."""
    receiving = dossier.receiving
    if receiving is None or not receiving.pushing:
        return
    if any(leak.kind == "unread" for each in dossier.resources for leak in each.leaks):
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
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH if senders[0].strength == "certain" else Confidence.MEDIUM,
        span=push.span,
        message=(
            f"{name} never receives, and {client.connection.name} sends to it: one message that nobody reads stops the server "
            "from reading the socket at all, pongs too, and 40 s later it closes its own healthy connection (1011)"
        ),
        connection=dossier.connection.id,
        evidence=(*push.evidence, *(Evidence(each.place, "the client sends here") for each in sends[:3])),
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unread socket",
    section="8D Handlers That Never Read",
    category=Category.HEARTBEAT,
    severity=Severity.HIGH,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=("closes with code 1011", "age of connections when they close"),
    sides=frozenset({"server"}),
)
