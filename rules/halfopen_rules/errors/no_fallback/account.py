"""What WS5C says of one client: what the page is without its socket."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import gap, spanned


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what the page does meanwhile."""
    said = gap(dossier)
    reconnection = dossier.reconnection
    comes_back = (
        reconnection is not None
        and isinstance(reconnection.automatic, Known)
        and reconnection.automatic.value
    )
    long = (
        f"{said[0].upper()}{said[1:]}; behind a proxy that passes no upgrade it is for ever."
        if comes_back
        else "Nothing connects again by itself, so one drop is until the next reload; behind a proxy that passes no upgrade it is for ever."
    )
    presentation = dossier.presentation
    blocked = spanned(finding, presentation.blocked) if presentation is not None else None
    if blocked is not None:
        return Assessment(
            "The content hangs on the connection: without it the component gives up what it has already loaded.",
            f"`{blocked.component}` shows nothing of it for as long as `{blocked.until}` says so. {long}",
        )
    stuck = spanned(finding, presentation.stuck_flags) if presentation is not None else None
    if stuck is not None:
        return Assessment(
            "What waits for a message waits for ever when that message falls into a gap.",
            f"`{stuck.name}` stays set when its one message is missed: the user sees work that never ends, and starts it "
            f"again. {long}",
            example=1,
            names={"setLoading": f"set{stuck.name[:1].upper()}{stuck.name[1:]}"}
            if stuck.name.isidentifier()
            else {},
        )
    if presentation is not None and spanned(finding, presentation.switched_polls) is not None:
        return Assessment(
            "The poll is off wherever the socket is on, whether or not the socket works: it stands in for nothing.",
            f"0 requests during an outage. {long}",
        )
    return Assessment(
        "There is one way for the data to come, and no other takes over when it is closed.",
        f"0 updates during an outage, with the last values on the screen as if they were current. {long}",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Another source fills the same state."""
    presentation = dossier.presentation
    if presentation is not None:
        for each in presentation.data:
            if each.other_sources:
                yield Mitigation(f"`{each.name}` is filled over HTTP as well", each.other_sources[:2])
    reconnection = dossier.reconnection
    if (
        reconnection is not None
        and isinstance(reconnection.falls_back, Known)
        and reconnection.falls_back.value
    ):
        yield Mitigation("the close handler starts to poll", reconnection.falls_back.evidence[:2])


ACCOUNT = Account(assess, mitigations)
