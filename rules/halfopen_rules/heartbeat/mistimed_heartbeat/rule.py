"""WS4B: a heartbeat that is too slow, too fast, without a deadline, or at odds with the other side."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.heartbeat.mistimed_heartbeat.client import CODE, SLUG, client_findings
from halfopen_rules.heartbeat.mistimed_heartbeat.server import server_findings


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """Each side's own heartbeat, against what waits for it and what cuts silent connections on the way."""
    if dossier.connection.side == "client":
        yield from client_findings(dossier)
    else:
        yield from server_findings(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Mistimed heartbeat",
    section="4B Improper Heartbeat Timing",
    category=Category.HEARTBEAT,
    severity=Severity.MEDIUM,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=(
        "age of connections when they close with 1006: a peak at 55 s, 60 s or 100 s is a proxy's idle limit",
        "time between a ping and its answer, 99th percentile",
    ),
)
