"""WS2A: a client does not come back after its connection was lost."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Fix, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.reconnection.facts import EffectRepair, Reconnection, Renewal, Trigger
from halfopen.semantics.unit import Span
from halfopen_rules.reconnection.repairs import connect_fix, effect_fix, endless_fix, options_fix

CODE = "WS2A"
SLUG = "missing-reconnect"

SHORT_OUTAGE_SECONDS = 60.0
"""A deployment or a restart of the proxy takes about so long: who gives up sooner does not survive one."""
_LONGEST_NAMES = 40
"""Characters of dependencies that a message names."""
_HAPPENS = {"send": "sends again", "switch": "is switched off and on", "call": "is called again"}
_RESTART = 1012
_DROP = 1006


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding: no way back at all, one for some closes only, or one that ends before an outage does."""
    facts = dossier.reconnection
    if facts is None:
        return
    automatic = facts.automatic
    if _holds(facts.polls):
        return
    if isinstance(automatic, Known) and not automatic.value:
        if not _holds(facts.one_shot) and not _holds(facts.falls_back):
            yield _never(dossier, facts, automatic)
        return
    first = facts.first
    if first is None:
        return
    if first.codes is not None and _DROP in first.codes and _RESTART not in first.codes:
        yield _only_unclean(dossier, facts, first)
    elif first.kind == "error":
        yield _only_errors(dossier, first)
    else:
        yield from _gives_up(dossier, facts, first)


def _holds(fact: Fact[bool]) -> bool:
    return isinstance(fact, Known) and fact.value


def _never(dossier: Dossier, facts: Reconnection, automatic: Known[bool]) -> Finding:
    connection = dossier.connection
    by_hand = [each for each in facts.triggers if each.kind == "manual"]
    by_page = [each for each in facts.triggers if each.kind in ("online", "visible")]
    where = facts.close_handler or connection.site
    if connection.library in ("native", "ws"):
        how = (
            "its close handler does not connect again"
            if facts.close_handler
            else "no close handler is told when it ends"
        )
    elif connection.site.path.endswith(".py"):
        how = "it connects once, with no loop around it"
    else:
        how = (
            f"an option keeps {connection.library} from connecting again"
            if facts.is_refused
            else f"{connection.library} does not connect again by itself, and no option makes it"
        )
    is_page = not connection.site.path.endswith(".py") and connection.library != "ws"
    after = (
        f"the page stays deaf until it is reloaded{_or_changed(dossier)}"
        if is_page
        else f"it stays deaf until it is started again{_or_changed(dossier)}"
    )
    severity, confidence = Severity.HIGH, automatic.confidence
    renewal = facts.renewal
    if by_hand or by_page:
        after = "it comes back only by a click" if by_hand else "it comes back only with an event of the page"
        severity, confidence = Severity.MEDIUM, Confidence.LOW
    elif dossier.presentation is not None and dossier.presentation.is_only_watched:
        # Nothing of the page rests on what comes: whoever reads the log sees the end there.
        severity, confidence = Severity.MEDIUM, Confidence.LOW
    elif facts.is_refused and renewal is not None and renewal.kind == "switch":
        # A person has it opened for one job, and a new socket would know nothing of that.
        confidence = Confidence.LOW
    elif renewal is not None and renewal.kind == "send":
        return _only_to_send(dossier, where, automatic, renewal)
    message = f"{connection.name} never reconnects: {how}, so after a restart of the server or a dropped network {after}"
    evidence = (*automatic.evidence, *_ways(by_hand + by_page))
    return _finding(dossier, where, severity, confidence, message, evidence, tuple(_fixes(dossier, facts)))


def _only_to_send(dossier: Dossier, where: Span, automatic: Known[bool], renewal: Renewal) -> Finding:
    message = (
        f"{dossier.connection.name} connects again only to send: after a restart of the server or a dropped network nothing "
        f"arrives until `{renewal.by}` runs again, and an answer that was under way never does"
    )
    evidence = (*automatic.evidence, *renewal.evidence)
    return _finding(dossier, where, Severity.MEDIUM, automatic.confidence, message, evidence)


def _or_changed(dossier: Dossier) -> str:
    """What else makes the next socket: a change of what the effect depends on, a switch of a hook, a call."""
    successor = dossier.presentation.successor if dossier.presentation is not None else None
    if successor is not None and successor.kind == "dependencies" and len(successor.by) <= _LONGEST_NAMES:
        return f" or `{successor.by}` changes"
    renewal = dossier.reconnection.renewal if dossier.reconnection is not None else None
    if renewal is None or len(renewal.by) > _LONGEST_NAMES:
        return ""
    return f" or `{renewal.by}` {_HAPPENS[renewal.kind]}"


def _fixes(dossier: Dossier, facts: Reconnection) -> Iterator[Fix]:
    if dossier.connection.library == "react-use-websocket":
        if not facts.is_refused:  # an option that says so was somebody's decision
            yield options_fix(dossier.connection.site)
    elif isinstance(facts.repair, EffectRepair):
        yield effect_fix(facts.repair)
    elif facts.repair is not None and dossier.connection.library == "native" and not _rests_on_each(dossier):
        yield connect_fix(facts.repair)


def _rests_on_each(dossier: Dossier) -> bool:
    """Whether messages only change state that is there, so that a reconnect alone would hide what was missed (WS2C)."""
    writes = dossier.updates.writes if dossier.updates is not None else ()
    return any(each.how in ("appended", "merged", "counted") for each in writes)


def _only_unclean(dossier: Dossier, facts: Reconnection, first: Trigger) -> Finding:
    said = "unclean closes" if first.asks_clean else "drops without a close frame (1006)"
    message = (
        f"{dossier.connection.name} reconnects only after {said}: a server that restarts closes properly "
        "(1001, 1012), and is then never asked again"
    )
    evidence = (Evidence(first.place, "the only way back"),)
    return _finding(
        dossier, facts.close_handler or first.place, Severity.HIGH, Confidence.HIGH, message, evidence
    )


def _only_errors(dossier: Dossier, first: Trigger) -> Finding:
    message = (
        f"{dossier.connection.name} reconnects in its error handler alone: a close without an error, as a restart of "
        "the server or a proxy makes it, is not answered"
    )
    return _finding(dossier, first.place, Severity.MEDIUM, Confidence.MEDIUM, message, first.evidence)


def _gives_up(dossier: Dossier, facts: Reconnection, first: Trigger) -> Iterator[Finding]:
    limit = facts.attempts.value if isinstance(facts.attempts, Known) else None
    if limit is None or any(each.kind in ("online", "visible", "interval") for each in facts.triggers):
        return
    if _holds(facts.falls_back):
        return
    waited = _waited_seconds(first, limit)
    is_short = waited is not None and waited < SHORT_OUTAGE_SECONDS
    by_hand = [each for each in facts.triggers if each.kind == "manual"]
    if by_hand and not is_short:
        return
    after = f" (about {waited:.0f} s)" if waited is not None else ""
    then = (
        "only a click brings it back"
        if by_hand
        else f"it stays away until the page is reloaded{_or_changed(dossier)}"
    )
    message = (
        f"{dossier.connection.name} gives up after {limit} attempts{after}: after a longer outage {then}"
    )
    severity = Severity.HIGH if is_short and not by_hand else Severity.MEDIUM
    confidence = Confidence.LOW if by_hand else Confidence.HIGH if waited is not None else Confidence.MEDIUM
    evidence = (*first.evidence, *_ways(by_hand))
    yield _finding(dossier, first.place, severity, confidence, message, evidence, tuple(_lifted(first)))


def _lifted(first: Trigger) -> Iterator[Fix]:
    """Without the limit, where the code itself says it.

    Trying for ever is no improvement where every close is answered so (WS5B), or with delays that stay the same (WS2B).
    """
    if not first.limit_places or first.codes is None or not isinstance(first.delay, Known):
        return
    delay = first.delay.value
    if delay.growth == "fixed" and delay.jitter == "none":
        return
    grows = delay.growth in ("linear", "exponential") and delay.max_ms is None
    if grows and first.delay_place is None:
        return
    yield endless_fix(first.limit_places, first.delay_place if grows else None)


def _waited_seconds(trigger: Trigger, limit: int) -> float | None:
    """How long all attempts together are spread over, from the delays alone."""
    if not isinstance(trigger.delay, Known) or limit > 1000:
        return None
    waits = [trigger.delay.value.wait_ms(attempt) for attempt in range(limit)]
    known = [each for each in waits if each is not None]
    return sum(known) / 1000 if known and len(known) == len(waits) else None


def _ways(triggers: list[Trigger]) -> tuple[Evidence, ...]:
    return tuple(evidence for each in triggers[:2] for evidence in each.evidence)


def _finding(
    dossier: Dossier,
    span: Span,
    severity: Severity,
    confidence: Confidence,
    message: str,
    evidence: tuple[Evidence, ...],
    fixes: tuple[Fix, ...] = (),
) -> Finding:
    return Finding(CODE, SLUG, severity, confidence, span, message, dossier.connection.id, evidence, fixes)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Missing reconnect",
    section="2A Missing Automatic Reconnection",
    category=Category.RECONNECTION,
    severity=Severity.HIGH,
    effort_hours=(1.0, 3.0),
    check=check,
    monitoring=(
        "seconds from the end of a connection to the next open one, per client: p95 within 5 s",
        "clients that are on the page without an open connection",
    ),
    sides=frozenset({"client"}),
)
