"""What WS8B says of one registry: which share of the clients a message reaches."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import processes


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the number of processes."""
    count = processes(dossier)
    failure = "Each process has a registry of its own, and a broadcast goes over the one of the process in which it happens to run."
    names = _names(finding, dossier)
    if count is None or count < 2:
        return Assessment(
            failure,
            "With n processes a message reaches about one client in n: with 4 of them 75 % of the clients miss it, in silence.",
            names=names,
        )
    missed = (count - 1) / count
    return Assessment(
        failure,
        f"With {count} processes a message reaches about {100 / count:.0f} % of the clients; {100 * missed:.0f} % miss it, in silence. In "
        "development there is one process, and it never shows. Sticky sessions change nothing: the event begins elsewhere.",
        names=names,
    )


def _names(finding: Finding, dossier: Dossier) -> dict[str, str]:
    registries = dossier.sending.registries if dossier.sending is not None else ()
    own = next((each for each in registries if each.registered == finding.span), None)
    attribute = own.name.rsplit(".", 1)[-1] if own is not None and "." in own.name else ""
    return {"active_connections": attribute} if attribute.isidentifier() else {}


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """One process, or a broker between them."""
    sending, serving = dossier.sending, dossier.surroundings.serving
    if sending is None or not sending.registries:
        return
    if isinstance(sending.bridged, Known) and sending.bridged.value:
        yield Mitigation(
            "a broker carries messages to the registry of each process", sending.bridged.evidence[:2]
        )
    elif isinstance(serving.processes, Known) and serving.processes.value.count == 1:
        yield Mitigation(
            f"one process serves, so `{sending.registries[0].name}` holds every client",
            serving.processes.evidence[:2],
        )


ACCOUNT = Account(assess, mitigations)
