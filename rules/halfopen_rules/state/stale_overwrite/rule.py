"""WS6A: an older answer or an early change overwrites what the socket brought."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.updates.facts import LostDraft, Pending, UncorrectedControl, Write
from halfopen.semantics.unit import Span
from halfopen_rules.reconnection.missed_events.client import is_brought_up_to_date

CODE = "WS6A"
SLUG = "stale-overwrite"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for a client: an optimistic change that nothing takes back, or two writers without an order."""
    updates = dossier.updates
    if updates is None:
        return
    if updates.lost_drafts:
        yield _lost(dossier, updates.lost_drafts[0])
        return
    torn = [
        each
        for each in updates.writes
        if each.refetched
        and not each.versioned
        and each.how in ("replaced", "merged", "removed", "appended")
        and not each.joins_text
    ]
    if torn:
        first = next((each for each in torn if each.awaited), torn[0])
        yield _torn(dossier, first, torn)
        return
    if is_brought_up_to_date(dossier):
        return
    waiting = _waiting(dossier)
    told = _stuck_after_reconnect(dossier)
    for pending in updates.pending:
        if not pending.rolled_back and pending.state not in waiting and pending.place not in told:
            yield _pending(dossier, pending)
            return
    for control in updates.uncorrected_controls:
        yield _uncorrected(dossier, control)
        return


def _stuck_after_reconnect(dossier: Dossier) -> frozenset[Span]:
    """Where flags are set that stay set after a reconnect, and what is set with them: WS6C says so."""
    updates = dossier.updates
    if updates is None or updates.merged_snapshots or not _comes_back(dossier):
        return frozenset()
    return frozenset(each.place for each in updates.pending if each.is_flag and not each.rolled_back)


def _comes_back(dossier: Dossier) -> bool:
    reconnection = dossier.reconnection
    return (
        reconnection is not None
        and isinstance(reconnection.automatic, Known)
        and reconnection.automatic.value
    )


def _waiting(dossier: Dossier) -> frozenset[str]:
    """The flags of a page that waits for ever once the connection is gone: WS5C says so."""
    known = dossier.presentation
    if known is None or not isinstance(known.retries, Known) or known.retries.value:
        return frozenset()
    return frozenset(flag.name for flag in known.stuck_flags)


def _torn(dossier: Dossier, first: Write, torn: list[Write]) -> Finding:
    others = [each.state for each in torn if each is not first]
    also = f" (and {', '.join(f'`{each}`' for each in others[:2])})" if others else ""
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH if first.awaited else Severity.MEDIUM,
        confidence=Confidence.LOW if _is_healed(dossier) else Confidence.MEDIUM,
        span=first.place,
        message=(
            f"Both messages and answers to requests set `{first.state}`{also}, and neither looks which is newer: an "
            "answer that was asked for before a message came and arrives after it puts the old value back"
        ),
        connection=dossier.connection.id,
        evidence=(*first.evidence, *first.refetched, *first.awaited),
    )


def _lost(dossier: Dossier, lost: LostDraft) -> Finding:
    if lost.how == "cleared":
        message = (
            f"Messages make `{lost.by}` another object, and the effect on it empties `{lost.draft}`: an event that comes "
            "while somebody types takes away what was typed"
        )
    else:
        message = (
            f"`{lost.draft}` is typed here, sent whole and set whole by messages, and nothing compares versions: what "
            "another one sends replaces what was typed meanwhile, and of two edits at once one is lost"
        )
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        span=lost.place,
        message=message,
        connection=dossier.connection.id,
        evidence=lost.evidence,
    )


def _is_healed(dossier: Dossier) -> bool:
    """Whether an interval asks for all of it anew: what was put back stands until its next turn."""
    polls = dossier.reconnection.polls if dossier.reconnection is not None else None
    return isinstance(polls, Known) and polls.value


def _pending(dossier: Dossier, pending: Pending) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        span=pending.place,
        message=(
            f"`{pending.state}` is set before the server has answered, and only a message takes it back: when the "
            "connection ends first, the page goes on showing what never happened"
        ),
        connection=dossier.connection.id,
        evidence=pending.evidence,
        effects=("WS6C",) if _comes_back(dossier) else (),
    )


def _uncorrected(dossier: Dossier, control: UncorrectedControl) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        span=control.place,
        message=(
            f"`{control.state}` changes as soon as the control is moved, and nothing that comes over the socket sets it: "
            "when the command is lost or refused, or somebody else changes the same thing, the control shows what is not"
        ),
        connection=dossier.connection.id,
        evidence=control.evidence,
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Stale overwrite",
    section="6A State Tearing Between WebSocket and UI",
    category=Category.STATE_SYNC,
    severity=Severity.MEDIUM,
    effort_hours=(1.0, 4.0),
    check=check,
    monitoring=("answers and messages dropped because a newer version was there",),
    sides=frozenset({"client"}),
)
