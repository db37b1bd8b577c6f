"""What WS2D says of one client: for how long a user takes old data for new."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import attempts_of, delay_of, gap, seconds, tried_seconds


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By how long the retries go on unseen."""
    delay = delay_of(dossier)
    tried, limit = tried_seconds(dossier), attempts_of(dossier)
    longest = (
        f" A longer outage goes on unseen too: after {limit} attempts, {seconds(tried)} after the loss, the client has given "
        "up, and nothing on the page says so."
        if tried is not None
        else f" While the server stays away the retries go on unseen, up to {seconds(delay.max_ms / 1000)} apart: an outage of "
        f"5 min is 5 min in which nothing on the page says so, and up to {seconds(delay.max_ms / 1000)} more."
        if delay is not None and delay.max_ms
        else " While the server stays away nothing on the page says so."
    )
    said = gap(dossier)
    return Assessment(
        "The state desynchronises before the user's eyes: the page looks live and is not, so people act on old values or "
        "start again what still runs.",
        f"{said[0].upper()}{said[1:]}, all of it with old data that look current.{longest}",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The loss reaches the page."""
    shown = dossier.presentation.status_shown if dossier.presentation is not None else None
    if isinstance(shown, Known) and shown.value:
        yield Mitigation("the state of the connection reaches the page", shown.evidence[:2])


ACCOUNT = Account(assess, mitigations)
