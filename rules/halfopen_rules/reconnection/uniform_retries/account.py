"""What WS2B says of one client: when the clients come back, and how many at once."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.reconnection.facts import Delay
from halfopen_rules.estimates import PAGES, attempts_of, delay_of, seconds, waits
from halfopen_rules.snippets import source_of

_MODULES = {"reconnectDelay.ts": source_of("reconnectDelay")}


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the delays as they are."""
    failure = (
        "A restart ends all connections in one instant, and equal delays keep all clients in step: a thundering herd that "
        "meets the server while it starts."
    )
    delay = delay_of(dossier)
    if delay is None or delay.initial_ms is None:
        return Assessment(
            failure,
            f"After a restart {PAGES:,} open pages return in the same moment, with {PAGES:,} handshakes and their first queries.",
        )
    first = delay.initial_ms / 1000
    limit = attempts_of(dossier)
    if delay.growth == "fixed":
        return Assessment(failure, _fixed(first, delay, limit), modules=_MODULES)
    known = waits(delay, min(limit or 4, 4))
    if delay.max_ms is None and limit is None and delay.growth in ("linear", "exponential"):
        tenth = delay.wait_ms(9)
        late = f": the wait before the tenth retry is {seconds(tenth / 1000)}" if tenth is not None else ""
        return Assessment(
            "The delay grows without an end, so that a client that was away for long comes back long after the server has.",
            f"The delays grow without a bound{late}; the target is a recovery within {targets.recovery_seconds:g} s.",
            example=1,
            modules=_MODULES,
        )
    moments = ""
    if known is not None:
        at = [sum(known[: position + 1]) for position in range(len(known))]
        moments = f" {', '.join(f'{each:.3g}' for each in at)} s after it"
    spread = (
        f"within {seconds(delay.spread_ms / 1000)} of each other" if delay.spread_ms else "in the same moment"
    )
    longest = f", then at most {seconds(delay.max_ms / 1000)} apart" if delay.max_ms is not None else ""
    if limit is not None:
        longest = f", and after {limit} attempts not any more" if limit > 4 else ", and then not any more"
    return Assessment(
        failure,
        f"Of {PAGES:,} pages that one restart cuts off, all {PAGES:,} return {spread}:{moments or ' at each step'}{longest}. "
        "With half of each delay drawn by chance the same handshakes would spread over half of that delay.",
        example=1,
        modules=_MODULES,
    )


def _fixed(first: float, delay: Delay, limit: int | None) -> str:
    if first <= 0:
        return (
            f"No delay at all: {PAGES:,} pages try as fast as refusals come back, some 10 to 100 times a second each, "
            f"which is {10 * PAGES:,} to {100 * PAGES:,} handshakes a second."
        )
    rate = PAGES / max(first, 0.001)
    spread = f", within {seconds(delay.spread_ms / 1000)}" if delay.spread_ms else ", in the same moment"
    if limit is not None:
        return (
            f"Every {seconds(first)}{spread}: {PAGES:,} pages are {PAGES:,} handshakes at once, {limit} times within "
            f"{seconds(first * limit)}, and then none is made any more; the specification's alert is at 10 a minute."
        )
    return (
        f"Every {seconds(first)}{spread}: {PAGES:,} pages are {PAGES:,} handshakes at once, {rate * 60:,.0f} a minute for as "
        f"long as the outage lasts; the specification's alert is at 10 a minute. An outage of 2 min costs each client "
        f"{120 / max(first, 0.001):,.0f} attempts where backoff to 30 s makes about 8."
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The delays grow, end somewhere and hold chance."""
    reconnection = dossier.reconnection
    trigger = reconnection.first if reconnection is not None else None
    if trigger is None or not isinstance(trigger.delay, Known):
        return
    delay = trigger.delay.value
    if delay.growth in ("exponential", "linear", "table") and delay.jitter == "per_attempt" and delay.max_ms:
        first = f"from {seconds(delay.initial_ms / 1000)} " if delay.initial_ms else ""
        yield Mitigation(
            f"the delays grow {first}to {seconds(delay.max_ms / 1000)} and hold chance",
            (*trigger.delay.evidence, *trigger.evidence)[:2],
        )


ACCOUNT = Account(assess, mitigations)
