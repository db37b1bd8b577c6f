"""What the full report says of ACME1's findings, and of endpoints that have none."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """How it fails, and what that costs: in numbers of the code at hand."""
    return Assessment(
        failure="The proxy answers the handshake with 404, and the browser reports 1006 and nothing else.",
        estimate=f"100 % of the connections to {dossier.routes[0].text} fail.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """What speaks for a connection without a finding: the report lists it as not reported, and why."""
    for route in dossier.routes[:1]:
        yield Mitigation(f"{route.text} is a path that the proxy passes on", route.evidence)


ACCOUNT = Account(assess, mitigations)
