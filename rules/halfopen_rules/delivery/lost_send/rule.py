"""WS3A: a message is lost on its way, and nobody is told."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.delivery.lost_send.client import check_client
from halfopen_rules.delivery.lost_send.server import check_server


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """What gets lost on either side."""
    if dossier.connection.side == "client":
        yield from check_client(dossier)
    else:
        yield from check_server(dossier)


RULE = Rule(
    code="WS3A",
    slug="lost-send",
    title="Lost send",
    section="3A Message Loss During Disconnection",
    category=Category.MESSAGING,
    severity=Severity.HIGH,
    effort_hours=(1.0, 6.0),
    check=check,
    monitoring=("messages sent against messages acknowledged", "sends that failed or were dropped"),
    sides=frozenset({"server", "client"}),
)
