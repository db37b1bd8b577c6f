"""WS7A: what was true at connect counts until the client leaves; a long-lived token stands in the URL."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.security.unrevalidated_session.client import token_in_url
from halfopen_rules.security.unrevalidated_session.metadata import CODE, SLUG, USUAL
from halfopen_rules.security.unrevalidated_session.server import checked_once


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """The server's and the client's part; without any authentication this is WS1C's to tell."""
    if dossier.connection.side == "server":
        yield from checked_once(dossier)
    else:
        yield from token_in_url(dossier)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unrevalidated session",
    section="7A Missing WebSocket Authentication",
    category=Category.SECURITY,
    severity=USUAL,
    effort_hours=(2.0, 6.0),
    check=check,
    monitoring=(
        "age of open connections against the lifetime of their tokens",
        "connections closed because a token ran out or a session was revoked",
    ),
)
