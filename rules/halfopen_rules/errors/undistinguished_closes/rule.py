"""WS5B: closes that mean different things and look the same, to the side that should act on them."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.errors.undistinguished_closes.client import CODE, SLUG, client_findings
from halfopen_rules.errors.undistinguished_closes.server import server_findings


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each connection: the gravest, with further places as its evidence."""
    if dossier.connection.side == "client":
        yield from client_findings(dossier)
    else:
        yield from server_findings(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Undistinguished closes",
    section="5B Missing Close Code Handling",
    category=Category.CONNECTION,
    severity=Severity.MEDIUM,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=(
        "closes per minute by code: 1006 and 1011 near zero between deployments",
        "handshakes refused with 401 or 403, per client: no client is refused more than a few times an hour",
    ),
)
