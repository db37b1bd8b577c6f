"""WS6B: handlers see old state, or the socket is made anew so often that it hardly lives."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known, Place
from halfopen.connections.freshness.facts import (
    Churn,
    ChurnCause,
    Freshness,
    FrozenHook,
    Reapplied,
    StaleRead,
)

CODE = "WS6B"
SLUG = "stale-handler"

_Finding = tuple[Severity, Confidence, Place, str, tuple[Evidence, ...]]

_ROLES = ("socket", "subscription", "request")
_RANK: tuple[ChurnCause, ...] = ("each-render", "own-open", "own-effect", "own-message", "typing", "unread")


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each client: churn before stale reads, with the further places as evidence."""
    known = dossier.freshness
    if known is None:
        return
    name = dossier.connection.name
    churns = sorted(known.churn, key=lambda each: (_ROLES.index(each.role), _RANK.index(each.cause)))
    found: list[_Finding] = [_churned(each, name, known) for each in churns[:1]]
    found += [_frozen(each) for each in known.frozen_hooks[:1]]
    found += [_reapplied(each, known) for each in known.reapplied[:1]]
    if not found:
        found += [
            _stale(each, name) for each in sorted(known.stale_reads, key=lambda each: not each.decides)[:1]
        ]
    if not found:
        return
    severity, confidence, place, message, evidence = found[0]
    further = [
        *(Evidence(each.span, f"`{each.dependency}` changes as well") for each in churns[1:]),
        *(Evidence(each.span, f"keeps `{each.state}` of the first render") for each in known.frozen_hooks),
        *(Evidence(each.span, f"reads an old `{each.name}`") for each in known.stale_reads),
        *(
            Evidence(each.span, f"`{each.message}` is applied again on each render")
            for each in known.reapplied
        ),
    ]
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=severity,
        confidence=confidence,
        span=place,
        message=message,
        connection=dossier.connection.id,
        evidence=(*evidence, *(each for each in further if each.place is not place)),
    )


def _churned(churn: Churn, name: str, known: Freshness) -> _Finding:
    if churn.role == "request":
        is_kept = isinstance(known.compiled, Known) and known.compiled.value
        return (
            Severity.MEDIUM,
            Confidence.LOW if is_kept else Confidence.MEDIUM,
            churn.span,
            f"`{churn.dependency}` is new whenever its provider renders, which each message of {name} makes it do: each "
            "message runs this effect again, with the request that it makes",
            churn.evidence,
        )
    does = (
        f"closes and reopens the socket of {name}"
        if churn.role == "socket"
        else "unsubscribes and subscribes again"
    )
    severity, confidence = Severity.HIGH, Confidence.HIGH
    if churn.cause == "each-render" and isinstance(known.compiled, Known) and known.compiled.value:
        confidence = Confidence.LOW
    elif churn.cause == "own-message":
        severity, confidence = Severity.HIGH, Confidence.MEDIUM
    elif churn.cause in ("typing", "unread"):
        severity = Severity.MEDIUM
    return severity, confidence, churn.span, f"{_when(churn)} {does}", churn.evidence


def _when(churn: Churn) -> str:
    written = f"`{churn.dependency}`"
    source = _by(churn.source, churn.dependency)
    match churn.cause:
        case "each-render":
            return f"{written} is new on each render{source}, so each render"
        case "own-open":
            return f"{written} changes when the socket opens{source}, so the open event itself"
        case "own-message":
            return f"{written} changes with what the socket's messages set{source}, so a message"
        case "own-effect":
            return f"{written} changes by what the effect does{source}, so it runs again, without end, and"
        case "typing":
            return f"{written} changes with each key that is typed{source}, so each key"
        case "unread":
            return f"{written} is another object whenever it is set{source}, and the effect does not read it, so each change"


_MADE = frozenset({"a function made", "an object made", "an array made"})
"""What is new where no name tells it."""


def _by(source: str, dependency: str) -> str:
    if source == dependency:
        return ""
    return f" ({source} each time)" if source in _MADE else f" (by `{source}`)"


def _reapplied(again: Reapplied, known: Freshness) -> _Finding:
    compiled = isinstance(known.compiled, Known) and known.compiled.value
    end = (
        f"which sets `{again.sets}` and so leads to the next render, without end"
        if again.sets
        else "which is done again for a message that came once"
    )
    return (
        Severity.HIGH if again.sets else Severity.MEDIUM,
        Confidence.LOW if compiled else Confidence.MEDIUM,
        again.span,
        f"`{again.dependency}` is new on each render{_by(again.source, again.dependency)}, so each render runs the effect that acts on "
        f"`{again.message}`, {end}",
        again.evidence,
    )


def _frozen(frozen: FrozenHook) -> _Finding:
    return (
        Severity.HIGH,
        Confidence.HIGH,
        frozen.span,
        f"The ref keeps what {frozen.hook} returned on the first render: `{frozen.state}` stays what it was then, so "
        "the live socket never reaches its user",
        frozen.evidence,
    )


def _stale(read: StaleRead, name: str) -> _Finding:
    harm = "it works with an old value"
    if read.decides:
        taken = "messages are taken or left" if read.handler == "message" else "what it does is decided"
        harm = f"{taken} by an old value"
    keeps = f"The {read.handler} handler of {name} keeps `{read.name}` as it was when the socket was made, and the socket is"
    if read.is_handed_on:
        keeps = f"A function handed over for the {read.handler} events of {name} keeps `{read.name}` as it was then, and is"
    again = "handed over" if read.is_handed_on else "made"
    return (
        Severity.HIGH if read.decides else Severity.MEDIUM,
        Confidence.MEDIUM,
        read.span,
        f"{keeps} not {again} anew when it changes: {harm}",
        read.evidence,
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Stale handler",
    section="6B Stale Closure References",
    category=Category.STATE_SYNC,
    severity=Severity.HIGH,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=("connections opened per page view: one, and one more for each loss",),
    sides=frozenset({"client"}),
    related=("react-hooks:exhaustive-deps",),
)
