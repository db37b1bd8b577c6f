"""What WS8A says of one endpoint: which handshakes fail."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the rule of the proxy that answers."""
    hops = dossier.surroundings.serving.proxies
    hop = next((each for each in hops if each.upgrades is False or each.redirects_to_slash), None)
    where = f"`{hop.rule}` of {hop.layer}" if hop is not None else "the proxy's rule"
    path = f"`{hop.path}`" if hop is not None else "this path"
    if hop is not None and hop.redirects_to_slash:
        return Assessment(
            "The proxy answers with a redirect, and a browser follows none in a handshake.",
            f"100 % of the connections to {path} fail through {where}; development, without the proxy, does not show it.",
        )
    return Assessment(
        "Upgrade and Connection are hop-by-hop headers: what does not pass them on turns the handshake into a plain GET, "
        "which the server answers with 404 or 426, and the browser with 1006.",
        f"100 % of the connections to {path} through {where} fail, for everybody; retries only repeat it.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The proxy passes handshakes."""
    if dossier.connection.side != "server":
        return
    for hop in dossier.surroundings.serving.proxies[:2]:
        if hop.upgrades and not hop.redirects_to_slash:
            yield Mitigation(f"`{hop.rule}` of {hop.layer} passes the handshake on", hop.evidence[:2])
    idle = dossier.surroundings.serving.idle_limit
    if not dossier.surroundings.serving.proxies and isinstance(idle, Known) and idle.value.is_default:
        yield Mitigation(f"{idle.value.layer} passes handshakes by itself", idle.evidence[:2])


ACCOUNT = Account(assess, mitigations)
