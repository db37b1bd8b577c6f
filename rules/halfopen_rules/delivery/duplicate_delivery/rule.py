"""WS3C: a message is delivered or acted on more than once."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.delivery.duplicate_delivery.client import check_client
from halfopen_rules.delivery.duplicate_delivery.server import CODE, SLUG, check_server


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """What comes twice on a connection's own side."""
    if dossier.connection.side == "server":
        yield from check_server(dossier)
    else:
        yield from check_client(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Duplicate delivery",
    section="3C Missing Message Deduplication",
    category=Category.MESSAGING,
    severity=Severity.MEDIUM,
    effort_hours=(1.0, 6.0),
    check=check,
    monitoring=("messages whose id was seen before", "streams per connection and topic"),
    sides=frozenset({"server", "client"}),
)
