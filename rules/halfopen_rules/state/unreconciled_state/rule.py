"""WS6C: state that no reconnect puts right again."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.updates.facts import MergedSnapshot, Pending, Write
from halfopen_rules.reconnection.missed_events.client import (
    check_client,
    is_brought_up_to_date,
    snapshot_of_server,
)

CODE = "WS6C"
SLUG = "unreconciled-state"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for a client that comes back: a flag that stays set, or entries that only ever grow."""
    delivery, updates, reconnection = dossier.delivery, dossier.updates, dossier.reconnection
    if delivery is None or updates is None or reconnection is None:
        return
    if not (isinstance(reconnection.automatic, Known) and reconnection.automatic.value):
        return
    for merged in updates.merged_snapshots[:1]:
        yield _laid_over(dossier, merged)
        return
    if is_brought_up_to_date(dossier):
        return
    # A value that was set before the server answered is WS6A's; that a reconnect leaves it is worth a look beside that.
    stuck = sorted(
        (each for each in updates.pending if not each.rolled_back), key=lambda each: not each.is_flag
    )
    if stuck:
        yield _stuck(dossier, stuck[0])
        return
    kept = [
        each for each in updates.writes if each.how == "merged" and not each.polled and not each.after_close
    ]
    if kept and not snapshot_of_server(dossier):
        yield _kept(dossier, kept)


def _laid_over(dossier: Dossier, merged: MergedSnapshot) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        span=merged.place,
        message=(
            f"A snapshot is laid over `{merged.state}` instead of replacing it: what the server deleted during an outage "
            "is not in the snapshot, and stays on the page as a ghost"
        ),
        connection=dossier.connection.id,
        evidence=merged.evidence,
    )


def _stuck(dossier: Dossier, pending: Pending) -> Finding:
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM if pending.is_flag else Confidence.LOW,
        span=pending.place,
        message=(
            f"`{pending.state}` waits for a message to be taken back: if that message falls into an outage, it stays set "
            "after the reconnect, for nothing asks the server how things stand"
        ),
        connection=dossier.connection.id,
        evidence=pending.evidence,
    )


def _kept(dossier: Dossier, kept: list[Write]) -> Finding:
    first = kept[0]
    is_told = any(each.confidence is not Confidence.LOW for each in check_client(dossier))
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH if first.marks_progress else Severity.MEDIUM,
        # What brings the missed events brings the state with it: WS2C says so, and this adds where it shows.
        confidence=Confidence.LOW if is_told else Confidence.MEDIUM,
        span=first.place,
        message=(
            f"Messages only change parts of `{first.state}`, and nothing replaces it after a reconnect: what was finished or "
            "deleted on the server meanwhile is kept as it was"
        ),
        connection=dossier.connection.id,
        evidence=tuple(each for write in kept[:3] for each in write.evidence),
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unreconciled state",
    section="6C Missing State Reconciliation on Reconnect",
    category=Category.STATE_SYNC,
    severity=Severity.HIGH,
    effort_hours=(2.0, 6.0),
    check=check,
    monitoring=("entities that differ between page and server after a reconnect",),
    sides=frozenset({"client"}),
)
