"""WS3D: messages or work pile up for a connection without a limit."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.delivery.unbounded_queue.client import piled_up_by_client
from halfopen_rules.delivery.unbounded_queue.server import piled_up_by_server

CODE = "WS3D"
SLUG = "unbounded-queue"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """What piles up on a connection's own side."""
    if dossier.connection.side == "server":
        yield from piled_up_by_server(dossier, CODE, SLUG)
    else:
        yield from piled_up_by_client(dossier, CODE, SLUG)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unbounded queue",
    section="3D Unbounded Message Queues",
    category=Category.MESSAGING,
    severity=Severity.HIGH,
    effort_hours=(1.0, 4.0),
    check=check,
    monitoring=(
        "messages that wait for each connection: alert above 100",
        "messages dropped because a queue was full",
        "tasks per connection",
    ),
    sides=frozenset({"server", "client"}),
)
