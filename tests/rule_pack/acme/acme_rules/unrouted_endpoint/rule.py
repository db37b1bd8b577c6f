"""ACME1: an endpoint outside /ws/, the only path for which Acme's proxy passes upgrades on."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier

PREFIX = "/ws/"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """An endpoint is reached by one path or more; where none is known, nothing is said."""
    outside = [route for route in dossier.routes if not route.text.startswith(PREFIX)]
    if not outside:
        return
    route, connection = outside[0], dossier.connection
    yield Finding(
        code=RULE.code,
        slug=RULE.slug,
        severity=RULE.severity,
        # More may stand in front of the path of a router that no application was seen to include.
        confidence=Confidence.HIGH if route.reached else Confidence.LOW,
        span=connection.site,
        message=f"`{connection.name}` is served at {route.text}: the proxy passes upgrades on below {PREFIX} alone",
        connection=connection.id,
        evidence=route.evidence,
    )


RULE = Rule(
    code="ACME1",
    slug="unrouted-endpoint",
    title="Unrouted endpoint",
    section="Acme's proxy",
    category=Category.CONNECTION,
    severity=Severity.HIGH,
    effort_hours=(0.5, 1.0),
    check=check,
    sides=frozenset({"server"}),
)
