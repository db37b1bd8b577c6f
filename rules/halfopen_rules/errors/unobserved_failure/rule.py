"""WS5D: asynchronous work of a connection fails, and nobody is there to see it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.errors.unobserved_failure.client import check_client
from halfopen_rules.errors.unobserved_failure.server import CODE, SLUG, check_server


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """Tasks of the server, promises of the client."""
    if dossier.connection.side == "server":
        yield from check_server(dossier)
    else:
        yield from check_client(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unobserved failure",
    section="5D Unhandled Promise Rejections in WebSocket Context",
    category=Category.MESSAGING,
    severity=Severity.MEDIUM,
    effort_hours=(0.5, 3.0),
    check=check,
    monitoring=("unhandled rejections in the browser", "background tasks that ended, by name and exception"),
    related=(
        "ruff:RUF006",
        "typescript-eslint:no-floating-promises",
        "typescript-eslint:no-misused-promises",
    ),
)
