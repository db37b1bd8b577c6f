"""WS7B: received messages are used without being checked."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.security.unvalidated_messages.client import check_client
from halfopen_rules.security.unvalidated_messages.server import check_server
from halfopen_rules.security.unvalidated_messages.wording import CODE, SLUG


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each connection."""
    if dossier.connection.side == "server":
        yield from check_server(dossier)
    else:
        yield from check_client(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unvalidated messages",
    section="7B Missing Message Validation",
    category=Category.SECURITY,
    severity=Severity.HIGH,
    effort_hours=(1.0, 4.0),
    check=check,
    monitoring=(
        "messages refused by the schema, per minute and by type",
        "connections that end with an exception of the handler",
    ),
    related=("ruff:S301", "ruff:S307", "eslint:no-eval", "react-doctor:no-danger"),
)
