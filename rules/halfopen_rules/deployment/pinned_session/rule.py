"""WS8F: a connection keeps something of a pool as long as it lives."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.admission.facts import Admission
from halfopen.connections.dossier import Dossier

CODE = "WS8F"
SLUG = "pinned-session"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each endpoint, with everything that it keeps."""
    admission = dossier.admission
    if not isinstance(admission, Admission) or not admission.pooled:
        return
    first = admission.pooled[0]
    names = " and ".join(dict.fromkeys(f"`{each.what}`" for each in admission.pooled))
    message = (
        f"{dossier.connection.name} keeps {names} ({first.held_by}) until its client leaves: once a query has run, "
        "each open socket holds a database connection, and 15 of them use up SQLAlchemy's default pool (5 + 10) "
        "for every other request"
    )
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM if admission.connection_limits else Severity.HIGH,
        confidence=Confidence.HIGH,
        span=first.span,
        message=message,
        connection=dossier.connection.id,
        evidence=tuple(one for each in admission.pooled for one in each.evidence),
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Pinned session",
    section="8F Pooled Resources Held by Connections",
    category=Category.CONNECTION,
    severity=Severity.HIGH,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=(
        "checked-out connections of the database pool beside the number of open sockets",
        "time that requests wait for a session",
    ),
    sides=frozenset({"server"}),
)
