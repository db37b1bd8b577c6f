"""WS3B: a message arrives before or after its turn, and is believed."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.delivery.assumed_order.client import check_client
from halfopen_rules.delivery.assumed_order.server import CODE, SLUG, check_server


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """What comes out of turn on a connection's own side."""
    if dossier.connection.side == "server":
        yield from check_server(dossier)
    else:
        yield from check_client(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Assumed order",
    section="3B No Message Ordering Guarantees",
    category=Category.MESSAGING,
    severity=Severity.MEDIUM,
    effort_hours=(1.0, 6.0),
    check=check,
    monitoring=("messages that were older than what the client had", "gaps in sequence numbers"),
    sides=frozenset({"server", "client"}),
)
