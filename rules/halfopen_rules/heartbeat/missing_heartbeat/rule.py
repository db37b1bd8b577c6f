"""WS4A: one side would not notice that the other is gone."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.heartbeat.missing_heartbeat.client import CODE, SLUG, client_findings
from halfopen_rules.heartbeat.missing_heartbeat.server import server_findings


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """Each side on its own: a server's pings tell the server only, and a page never sees them."""
    if dossier.connection.side == "client":
        yield from client_findings(dossier)
    else:
        yield from server_findings(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Missing heartbeat",
    section="4A Missing Heartbeat Mechanism",
    category=Category.HEARTBEAT,
    severity=Severity.MEDIUM,
    effort_hours=(1.0, 4.0),
    check=check,
    monitoring=(
        "age of the last message per connection: no connected client is silent for more than 45 s",
        "connections closed by keepalive (1011) and by the client's own watchdog, per minute",
    ),
)
