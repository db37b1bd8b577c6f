"""What WS6C says of one client: which part of its state a drop leaves wrong."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.estimates import gap


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what does not heal."""
    updates = dossier.updates
    said = gap(dossier)
    pending = (
        next((each for each in updates.pending if each.place == finding.span), None)
        if updates is not None
        else None
    )
    if pending is not None:
        return Assessment(
            "A flag that one message clears stays set when that message falls into a gap, and no later message is about it.",
            f"{said[0].upper()}{said[1:]}: where the answer falls into it, `{pending.state}` stays set until the page is "
            "reloaded, and what hangs on it (a button, a spinner) with it.",
            example=1,
        )
    write = (
        next((each for each in updates.writes if each.place == finding.span), None)
        if updates is not None
        else None
    )
    what = f"`{write.state}`" if write is not None else "the state"
    return Assessment(
        "Each message changes its own part, so what was deleted or finished during a gap is never touched again: state desynchronisation "
        "that does not heal.",
        f"{said[0].upper()}{said[1:]}. Each entry of {what} that changed in it for the last time stays wrong until the page is "
        "reloaded: with one deployment a day, a dashboard that is open for a week collects seven gaps.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """State is replaced after each open."""
    if dossier.delivery is None or dossier.updates is None:
        return
    for each in dossier.delivery.catch_up[:1]:
        if each.kind != "message" and any(
            write.how in ("merged", "removed", "counted") for write in dossier.updates.writes
        ):
            yield Mitigation("the state is fetched anew after each open", each.evidence[:2])


ACCOUNT = Account(assess, mitigations)
