"""WS2D: the connection is lost and set up again, and the user sees nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known, weakest
from halfopen.connections.presentation.facts import KeptError, KeptStatus, PromisedStatus

CODE = "WS2D"
SLUG = "unseen-outage"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for a client that reconnects in silence, or that shows "connected" while it does."""
    known = dossier.presentation
    if known is None or known.close_handler is None:
        return
    if not isinstance(known.retries, Known) or not known.retries.value:
        if known.kept_error is not None and _comes_back(dossier):
            yield _failed(dossier, known.kept_error)
        return
    if known.promised_status and not _polls_meanwhile(dossier):
        yield from (_promised(dossier, each) for each in known.promised_status)
        return
    shown = known.status_shown
    if not isinstance(shown, Known) or _polls_meanwhile(dossier):
        return
    name = dossier.connection.name
    if shown.value:
        if known.kept_status is not None:
            yield _kept(dossier, known.kept_status)
        elif known.kept_error is not None:
            yield _failed(dossier, known.kept_error)
        return
    kept = next((each.text for each in shown.evidence), "")
    why = f" ({kept})" if kept else ""
    is_shown = _fills_state(dossier)
    then = (
        "the page shows its last data as if they were live"
        if is_shown
        else "nothing says that messages may be missing"
    )
    message = f"{name} reconnects without a word to the user{why}: while the connection is down, {then}"
    confidence = min(
        weakest(shown, known.retries),
        Confidence.LOW if not is_shown else Confidence.MEDIUM if not shown.evidence else Confidence.HIGH,
    )
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=confidence,
        span=known.close_handler,
        message=message,
        connection=dossier.connection.id,
        evidence=(*shown.evidence, *known.retries.evidence),
    )


def _fills_state(dossier: Dossier) -> bool:
    """Whether what the socket brings becomes state of the page."""
    known, updates = dossier.presentation, dossier.updates
    return bool(known is not None and known.data) or bool(updates is not None and updates.writes)


def _kept(dossier: Dossier, kept: KeptStatus) -> Finding:
    """The status goes on saying what it said while the connection was there."""
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.LOW if kept.failures_told else Confidence.MEDIUM,
        span=kept.place,
        message=(
            f"`{kept.state}` still says that {dossier.connection.name} is connected while it waits for its next attempt: "
            "the close handler sets nothing that is shown on the way there"
        ),
        connection=dossier.connection.id,
        evidence=kept.evidence,
    )


def _promised(dossier: Dossier, promised: PromisedStatus) -> Finding:
    """The status was true when it was set, and is never looked at again."""
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        span=promised.place,
        message=(
            f"`{promised.state}` is set when {dossier.connection.name} has connected, and no end of the connection takes it "
            "back: while it waits for its next attempt, and after the last one, the page goes on showing that it is connected"
        ),
        connection=dossier.connection.id,
        evidence=promised.evidence,
    )


def _comes_back(dossier: Dossier) -> bool:
    facts = dossier.reconnection
    return facts is not None and isinstance(facts.automatic, Known) and facts.automatic.value


def _failed(dossier: Dossier, kept: KeptError) -> Finding:
    """The page goes on saying that the connection has failed, beside the one that is there again."""
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        span=kept.place,
        message=(
            f"`{kept.state}` says that the connection of {dossier.connection.name} has failed, and neither connecting again "
            "nor the open event takes that back: the page shows the error beside a connection that works"
        ),
        connection=dossier.connection.id,
        evidence=kept.evidence,
    )


def _polls_meanwhile(dossier: Dossier) -> bool:
    """Whether the close handler starts to poll, or the page does all along: it then shows nothing that is out of date."""
    facts = dossier.reconnection
    return facts is not None and any(
        isinstance(each, Known) and each.value for each in (facts.falls_back, facts.polls)
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unseen outage",
    section="2D No Reconnection Feedback to User",
    category=Category.RECONNECTION,
    severity=Severity.MEDIUM,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=("time that clients spend without a connection, as they report it after reconnecting",),
    sides=frozenset({"client"}),
)
