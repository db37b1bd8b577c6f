"""WS2B: retries that come together, too often, or with delays that grow without a bound."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Fix, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.reconnection.facts import Delay, Reconnection, Trigger
from halfopen_rules.reconnection.repairs import backoff_fix, interval_fix, jitter_fix

CODE = "WS2B"
SLUG = "uniform-retries"

FAST_MS = 1000.0
"""Retries at this pace or faster hammer a server that is down."""
SLOW_MS = 30_000.0
"""Retries this far apart are no burden, but still come together."""
_SCRIPTS = (".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs")
_NARROW = 0.25
"""The part of the first delay that chance has to spread the clients over; the specification's ±20 % are 0.4."""
_MOST_GROWTH = 10
"""So few attempts bound a delay that grows."""


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding on the delay of the way that is taken after a lost connection."""
    facts = dossier.reconnection
    if facts is None or not (isinstance(facts.automatic, Known) and facts.automatic.value):
        return
    first = facts.first
    if first is None or not isinstance(first.delay, Known):
        return
    found = _judged(dossier, facts, first, first.delay.value)
    if found is None:
        return
    severity, message = found
    confidence = first.delay.confidence
    if first.kind == "loop":
        severity, confidence = min(severity, Severity.MEDIUM), min(confidence, Confidence.MEDIUM)
    if severity is Severity.MONITOR and _grows(facts, first.delay.value):
        # Whether so many clients share the server that they would come back as a herd, no code says.
        confidence = Confidence.LOW
    yield Finding(
        CODE,
        SLUG,
        severity,
        confidence,
        first.place,
        message,
        dossier.connection.id,
        (*first.delay.evidence, *_reset_evidence(facts)),
        () if _is_reset_by_attempt(facts) else tuple(_fixes(dossier, first, first.delay.value)),
    )


def _fixes(dossier: Dossier, first: Trigger, delay: Delay) -> Iterator[Fix]:
    """For a delay of the project's own code, and for the interval of react-use-websocket."""
    place = first.delay_place
    if first.kind == "library":
        if dossier.connection.library == "react-use-websocket":
            yield interval_fix(dossier.connection.site, place)
        return
    if place is None or first.kind in ("loop", "state") or not place.path.endswith(_SCRIPTS):
        return
    if delay.jitter != "none":
        return
    if delay.growth != "fixed":
        yield jitter_fix(place, bounded=delay.max_ms is not None)
        return
    fix = backoff_fix(place, dossier.owner.value) if isinstance(dossier.owner, Known) else None
    if fix is not None:
        yield fix


def _judged(
    dossier: Dossier, facts: Reconnection, first: Trigger, delay: Delay
) -> tuple[Severity, str] | None:
    """The severity and the words for a delay; None for one that is well."""
    name = dossier.connection.name
    limit = facts.attempts.value if isinstance(facts.attempts, Known) else None
    times = f"{limit} times" if limit is not None else "without limit"
    herd = "after a restart of the server all clients return in the same moment"
    if delay.growth == "unknown" or delay.initial_ms is None or delay.jitter == "unknown":
        return None
    is_random = delay.jitter != "none"
    initial = _seconds(delay.initial_ms)
    if delay.growth != "fixed" and not _grows(facts, delay):
        text = (
            f"Each attempt of {name} sets the count of attempts back, so its delays never grow: it retries every {initial} "
            f"without limit{'' if is_random else f'; {herd}'}"
        )
        return (Severity.HIGH if delay.initial_ms <= FAST_MS and not is_random else Severity.MEDIUM), text
    if delay.growth == "fixed":
        if delay.initial_ms == 0:
            return Severity.HIGH, (
                f"{name} reconnects at once and {times}, with no delay: a server that refuses or fails is asked again "
                "as fast as handshakes fail"
            )
        if is_random:
            return _narrow(name, delay)
        text = f"{name} retries every {initial} {times}, always after the same delay: {herd}"
        if delay.initial_ms <= FAST_MS:
            return Severity.HIGH, text
        return (Severity.MEDIUM if delay.initial_ms < SLOW_MS else Severity.MONITOR), text
    if delay.max_ms is None and (limit is None or limit > _MOST_GROWTH):
        text = f"The delay of {name} grows from {initial} without a bound: after a long outage it waits for hours"
        return Severity.MEDIUM, text
    if is_random:
        return _narrow(name, delay)
    longest = f" to {_seconds(delay.max_ms)}" if delay.max_ms is not None else ""
    text = f"The delays of {name} grow from {initial}{longest} and hold no chance: {herd}, and again at each step"
    spreads_slowly = delay.growth == "linear" and (limit is None or limit > _MOST_GROWTH)
    return (Severity.MEDIUM if spreads_slowly else Severity.MONITOR), text


def _narrow(name: str, delay: Delay) -> tuple[Severity, str] | None:
    """Chance that hardly moves the delay: the clients come back as one."""
    if not delay.spread_ms or not delay.initial_ms or delay.spread_ms > _NARROW * delay.initial_ms:
        return None
    text = (
        f"Chance moves the delays of {name} by no more than {delay.spread_ms / delay.initial_ms:.0%} from the earliest to the "
        f"latest: after a restart of the server all clients return within {_seconds(delay.spread_ms)}"
    )
    return Severity.MONITOR, text


def _seconds(milliseconds: float) -> str:
    seconds = milliseconds / 1000
    return f"{milliseconds:g} ms" if 0 < seconds < 0.1 else f"{seconds:g} s"


def _grows(facts: Reconnection, delay: Delay) -> bool:
    return delay.growth != "fixed" and not _is_reset_by_attempt(facts)


def _is_reset_by_attempt(facts: Reconnection) -> bool:
    return isinstance(facts.reset, Known) and facts.reset.value == "on_attempt"


def _reset_evidence(facts: Reconnection) -> tuple[Evidence, ...]:
    """That the count starts over as soon as a connection opens makes a server that drops each at once worse."""
    reset = facts.reset
    return reset.evidence if isinstance(reset, Known) and reset.value in ("on_open", "on_attempt") else ()


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Uniform retries",
    section="2B No Exponential Backoff",
    category=Category.RECONNECTION,
    severity=Severity.MEDIUM,
    effort_hours=(0.5, 1.5),
    check=check,
    monitoring=(
        "handshakes per second after a deployment: the peak stays below twice the usual rate",
        "attempts per reconnection, by client",
    ),
    sides=frozenset({"client"}),
)
