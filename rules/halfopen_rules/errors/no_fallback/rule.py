"""WS5C: without its socket the page shows nothing, waits for ever, or has no other way to its data."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known, Place
from halfopen.connections.presentation.facts import Loading, Presentation
from halfopen_rules.reconnection.missed_events.client import is_brought_up_to_date

CODE = "WS5C"
SLUG = "no-fallback"

_Gap = tuple[Severity, Confidence, Place, str, tuple[Evidence, ...]]


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each client: a page that hangs, a page that is taken away, or data without another source."""
    known = dossier.presentation
    if known is None:
        return
    gaps = [
        *_hanging(known),
        *_taken_away(known, dossier.connection.name),
        *_only_source(dossier, known),
        *_switched(known),
        *_out_of_date(dossier, known),
        *_both_ways(dossier, known),
        *_feed_alone(dossier, known),
        *_stands_still(dossier, known),
        *_commands_alone(dossier, known),
    ]
    if not gaps:
        return
    severity, confidence, place, message, evidence = gaps[0]
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=severity,
        confidence=confidence,
        span=place,
        message=message,
        connection=dossier.connection.id,
        evidence=(*evidence, *(Evidence(each[2], each[3]) for each in gaps[1:])),
    )


def _hanging(known: Presentation) -> Iterator[_Gap]:
    """A flag that only a message takes back, of a connection that nothing sets up again."""
    if not isinstance(known.retries, Known) or known.retries.value:
        return
    for flag in known.stuck_flags[:1]:
        yield (
            Severity.HIGH,
            Confidence.HIGH,
            flag.span,
            f"Only this message ends `{flag.name}`: when the connection closes or fails before it, the page waits for "
            "ever, and no request asks for the result",
            flag.evidence,
        )


def _taken_away(known: Presentation, name: str) -> Iterator[_Gap]:
    for each in known.blocked[:1]:
        yield (
            Severity.HIGH,
            Confidence.HIGH,
            each.span,
            f"{each.component} gives up its whole content when `{each.until}`: what was loaded before is gone from the "
            f"screen for as long as {name} has no connection",
            (
                *each.evidence,
                *(Evidence(other.span, f"and when `{other.until}`") for other in known.blocked[1:3]),
            ),
        )


def _only_source(dossier: Dossier, known: Presentation) -> Iterator[_Gap]:
    alone = [
        each for each in known.data if not each.is_feed and not each.other_sources and not each.is_momentary
    ]
    if not alone or any(each.other_sources for each in known.data):
        return
    names = ", ".join(f"`{each.name}`" for each in alone[:3])
    in_store = not any(each.kept_in == "state" for each in alone)
    yield (
        Severity.MEDIUM,
        Confidence.LOW if in_store or known.captures or _asks_anew(dossier) else Confidence.MEDIUM,
        alone[0].span,
        f"Only the socket's messages fill {names}: while it is down nothing fetches or polls newer values",
        tuple(evidence for each in alone[1:3] for evidence in each.evidence),
    )


def _asks_anew(dossier: Dossier) -> bool:
    """Whether each new connection is asked for the state by a message: what was missed comes with it."""
    delivery = dossier.delivery
    return delivery is not None and any(each.kind == "message" for each in delivery.catch_up)


def _switched(known: Presentation) -> Iterator[_Gap]:
    """Polling in place of the socket, chosen by a setting and not by whether the socket is there."""
    names = ", ".join(f"`{each.name}`" for each in known.data[:2]) or "what it shows"
    for poll in known.switched_polls[:1]:
        who = "nothing but a button" if poll.by_hand else "nothing"
        yield (
            Severity.MEDIUM,
            Confidence.LOW if poll.by_hand else Confidence.MEDIUM,
            poll.span,
            f"`{poll.setting}` turns the polling off for good wherever the socket is used: while the socket is down "
            f"{who} asks for a newer {names}",
            poll.evidence,
        )


def _out_of_date(dossier: Dossier, known: Presentation) -> Iterator[_Gap]:
    """What is fetched at its time and kept up to date by messages alone, of a connection that does not come back."""
    if not _ends_for_good(dossier, known):
        return
    is_unseen = isinstance(known.status_shown, Known) and not known.status_shown.value
    unsaid = ", and the page does not say that it is out of date" if is_unseen else ""
    for each in known.data:
        if each.loading is None or each.is_momentary:
            continue
        is_sure = is_unseen and each.kept_in == "state" and not (each.loading.by_hand or known.captures)
        yield (
            Severity.MEDIUM,
            Confidence.MEDIUM if is_sure else Confidence.LOW,
            each.span,
            _when_loaded(each.name, each.loading) + unsaid,
            each.loading.evidence[:2],
        )
        return


def _both_ways(dossier: Dossier, known: Presentation) -> Iterator[_Gap]:
    """A list that messages alone lengthen, where what a person does goes out over the same connection, gone for good."""
    feeds = [each for each in known.data if each.is_feed and not each.is_momentary]
    sends = [
        each
        for each in (dossier.delivery.sends if dossier.delivery is not None else ())
        if each.purpose == "command" and "user" in each.triggers and not each.is_committed
    ]
    if not feeds or not sends or any(each.other_sources for each in known.data):
        return
    if _ends_for_good(dossier, known):
        yield (
            Severity.MEDIUM,
            Confidence.LOW,
            feeds[0].span,
            f"What `{feeds[0].name}` shows comes over the socket alone, and `{sends[0].function}` sends over it alone: once "
            "the connection is lost the page can do neither",
            (Evidence(sends[0].place, "is sent over the socket alone"),),
        )


def _feed_alone(dossier: Dossier, known: Presentation) -> Iterator[_Gap]:
    """A list that messages alone lengthen, and that nothing fetches: what is added during an outage is not to be had.

    One that is cut to a length shows what happens now, and pieces of one text are of one answer.
    """
    if any(each.other_sources for each in known.data) or _asks_anew(dossier):
        return
    passing = {
        each.state
        for each in (dossier.updates.writes if dossier.updates is not None else ())
        if each.bounded or each.joins_text
    }
    for each in known.data:
        if each.is_feed and not each.is_momentary and each.name not in passing:
            yield (
                Severity.MEDIUM,
                Confidence.LOW,
                each.span,
                f"Only the socket's messages add to `{each.name}`: while it is down, nothing fetches what should be there",
                (),
            )
            return


def _stands_still(dossier: Dossier, known: Presentation) -> Iterator[_Gap]:
    """What is fetched at its time and kept up to date by messages alone, for as long as the connection is away."""
    facts = dossier.reconnection
    if facts is None or not (isinstance(facts.automatic, Known) and facts.automatic.value):
        return
    if is_brought_up_to_date(dossier) or any(
        isinstance(each, Known) and each.value for each in (facts.falls_back, facts.one_shot)
    ):
        return
    for each in known.data:
        if each.loading is not None and not each.is_momentary and not each.polled:
            yield (
                Severity.MEDIUM,
                Confidence.LOW,
                each.span,
                _when_loaded(each.name, each.loading, "while the connection is down"),
                each.loading.evidence[:2],
            )
            return


def _commands_alone(dossier: Dossier, known: Presentation) -> Iterator[_Gap]:
    """What a person does goes out over the socket alone, of a client that does not ask for the state on each connect."""
    delivery = dossier.delivery
    if is_brought_up_to_date(dossier):
        return
    for each in delivery.sends if delivery is not None else ():
        is_by_hand = each.purpose in ("command", "subscription") and "user" in each.triggers
        if is_by_hand and not each.is_committed and each.refusal != "queued":
            yield (
                Severity.MEDIUM,
                Confidence.LOW,
                each.place,
                f"What a person does here goes out over the socket alone (`{each.function}`): while "
                f"{dossier.connection.name} has no connection, no request takes its place",
                each.evidence[:1],
            )
            return


def _when_loaded(name: str, loading: Loading, when: str = "once the connection is lost") -> str:
    if loading.is_once:
        return (
            f"`{name}` is fetched when its part of the page opens, and after that only messages keep it up to date: {when} "
            "nothing asks for it again"
        )
    return (
        f"`{name}` is fetched when a person opens, chooses or changes something, and between that only messages keep it up "
        f"to date: {when} nothing does"
    )


def _ends_for_good(dossier: Dossier, known: Presentation) -> bool:
    """Whether the first drop is the end of the connection, and nothing stands in for it."""
    facts = dossier.reconnection
    if facts is None or facts.triggers or not isinstance(known.retries, Known) or known.retries.value:
        return False
    stand_ins = (facts.falls_back, facts.polls, facts.one_shot)
    return (
        isinstance(facts.automatic, Known)
        and not facts.automatic.value
        and not any(isinstance(each, Known) and each.value for each in stand_ins)
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="No fallback",
    section="5C Missing Graceful Degradation",
    category=Category.CONNECTION,
    severity=Severity.MEDIUM,
    effort_hours=(2.0, 8.0),
    check=check,
    monitoring=("share of page views that never get a connection", "age of the data that a page shows"),
    sides=frozenset({"client"}),
)
