"""WS5A: a failure around the socket is stopped, and nobody learns of it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.errors.swallowed_error.client import check_client
from halfopen_rules.errors.swallowed_error.server import CODE, SLUG, check_server


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """What the clauses of either side do with what they stop."""
    if dossier.connection.side == "server":
        yield from check_server(dossier)
    else:
        yield from check_client(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Swallowed error",
    section="5A Silent Error Swallowing",
    category=Category.CONNECTION,
    severity=Severity.MEDIUM,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=("errors by connection handler and type", "closed connections by close code"),
    related=("ruff:BLE001", "ruff:S110", "ruff:E722"),
)
