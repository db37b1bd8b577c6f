"""WS8A: a proxy on the way does not hand the WebSocket handshake on."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.serving import ProxyHop

CODE = "WS8A"
SLUG = "upgrade-not-passed"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each rule of a proxy that answers the endpoint's path; endpoints behind it share it."""
    hops = dossier.surroundings.serving.proxies
    for hop in hops:
        sure = _confidence(dossier, hop)
        if sure is None or not hop.evidence:
            continue
        if hop.upgrades is False:
            yield _finding(dossier, hop, _message(dossier, hop), Severity.CRITICAL, sure)
        elif hop.redirects_to_slash:
            message = (
                f"nginx answers {hop.path} by a redirect to {hop.path}/ (`{hop.rule}`): browsers do not follow a "
                f"redirect of a WebSocket handshake, so `{dossier.connection.name}` is not reached"
            )
            yield _finding(dossier, hop, message, Severity.HIGH, sure)


def _confidence(dossier: Dossier, hop: ProxyHop) -> Confidence | None:
    """High where a client asks the page's own host; a location that takes everything may be for pages only."""
    asked = any(
        url.host_kind == "page"
        for other in dossier.surroundings.others
        for url in (other.dossier.urls.urls if other.dossier.urls is not None else ())
    )
    if asked:
        return Confidence.HIGH if hop.certain else Confidence.MEDIUM
    if hop.rule.split()[-1] == "/":
        return None
    return Confidence.MEDIUM if hop.certain else Confidence.LOW


def _message(dossier: Dossier, hop: ProxyHop) -> str:
    return (
        f"`{hop.rule}` answers {hop.path} and does not pass the Upgrade and Connection headers on: every handshake "
        f"with `{dossier.connection.name}` through this proxy fails"
    )


def _finding(
    dossier: Dossier, hop: ProxyHop, message: str, severity: Severity, confidence: Confidence
) -> Finding:
    return Finding(
        CODE,
        SLUG,
        severity,
        confidence,
        hop.evidence[0].place,
        message,
        dossier.connection.id,
        hop.evidence[1:],
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Upgrade not passed",
    section="8A Proxy Without Upgrade Headers",
    category=Category.CONNECTION,
    severity=Severity.CRITICAL,
    effort_hours=(0.25, 1.0),
    check=check,
    sides=frozenset({"server"}),
    monitoring=("handshakes answered with another status than 101, by the proxy's access log",),
)
