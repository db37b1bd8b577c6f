"""WS2C: events of an outage that nobody asks for again."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.reconnection.missed_events.client import check_client
from halfopen_rules.reconnection.missed_events.server import check_server


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """What is missed while the connection is down."""
    if dossier.connection.side == "client":
        yield from check_client(dossier)
    else:
        yield from check_server(dossier)


RULE = Rule(
    code="WS2C",
    slug="missed-events",
    title="Missed events",
    section="2C Missing Reconnection State Sync",
    category=Category.RECONNECTION,
    severity=Severity.HIGH,
    effort_hours=(2.0, 8.0),
    check=check,
    monitoring=(
        "seconds between a reconnect and the first complete state",
        "jobs that the page shows as running and the server as finished",
    ),
    sides=frozenset({"client", "server"}),
)
