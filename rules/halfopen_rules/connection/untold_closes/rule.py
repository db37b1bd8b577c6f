"""WS1A: the code does not tell the connection's states, or one socket's events from the next one's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.delivery.facts import Send
from halfopen.connections.dossier import Dossier, Leak, LeakKind, Resource
from halfopen.connections.facts import Evidence, Known, Place
from halfopen.connections.presentation.facts import LateEvent, Overwrites, Presentation, Successor

CODE = "WS1A"
SLUG = "untold-closes"

REARMED: frozenset[LeakKind] = frozenset({"rearmed", "rearmed-connecting", "flag-set-anew"})
"""The leaks that come of a close handler which takes an own close for a failure."""
_ORDER = ("reference", "reconnect", "timer", "status")
"""What a late event overwrites, worst first."""


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each client: its worst confusion, with the others as evidence."""
    found = _told(dossier)
    if not found:
        return
    worst = max(found, key=_rank)
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=worst.severity,
        confidence=worst.confidence,
        span=worst.place,
        message=worst.message,
        connection=dossier.connection.id,
        evidence=(
            *worst.evidence,
            *(Evidence(each.place, each.message) for each in found if each.place is not worst.place),
        ),
        effects=("WS1B",) if worst.overwrites == "reconnect" and _leaves_only_this(dossier) else (),
    )


@dataclass(frozen=True, slots=True)
class Confusion:
    """One way in which states or sockets are taken for one another. `overwrites`: what a late close event acts on."""

    severity: Severity
    confidence: Confidence
    place: Place
    message: str
    evidence: tuple[Evidence, ...] = ()
    overwrites: Overwrites | None = None


def worst_confusion(dossier: Dossier) -> Confusion | None:
    """What the finding of a client is about."""
    return max(_told(dossier), key=_rank, default=None)


def _told(dossier: Dossier) -> list[Confusion]:
    """All confusions, without a reconnect after the client's own close where anything else is sure: WS1B tells that then."""
    found = _confusions(dossier)
    others = [each for each in found if each.overwrites != "reconnect"]
    return others if any(each.confidence > Confidence.LOW for each in others) else found


def tells_own_close(dossier: Dossier) -> bool:
    """Whether the finding of a client is that its close handler sets up again what was closed on purpose."""
    worst = worst_confusion(dossier)
    return worst is not None and worst.overwrites == "reconnect"


def _leaves_only_this(dossier: Dossier) -> bool:
    """Whether what outlives its owner does so by the close handler alone, and by no timer that is never cleared."""
    uncleared = {
        each.acquired for each in dossier.resources if each.leaks and each.leaks[0].kind == "uncleared"
    }
    return any(resource.acquired not in uncleared for resource, _ in _rearmed(dossier))


def _rank(each: Confusion) -> tuple[Confidence, Severity]:
    return each.confidence, each.severity


def _confusions(dossier: Dossier) -> list[Confusion]:
    known = dossier.presentation
    if known is None:
        return []
    return [
        *_locked(known),
        *_late(dossier, known),
        *_own_close(dossier, known),
        *_deaf(dossier, known),
        *_parallel(known),
        *_stateless(dossier, known),
        *_connecting(dossier, known),
    ]


def _late(dossier: Dossier, known: Presentation) -> Iterator[Confusion]:
    """The late close event of one socket acts on the state of the next."""
    successor = known.successor
    if successor is None:
        return
    events = sorted(known.late_events, key=lambda each: _ORDER.index(each.overwrites))
    if any(_rearmed(dossier)):
        events = [each for each in events if each.overwrites != "reconnect"]
    if not events:
        return
    worst = events[0]
    lasting = worst.overwrites in ("reference", "reconnect")
    if successor.kind == "called-again" and not lasting:
        return
    if worst.flag:
        yield _taken_back(dossier, successor, worst)
        return
    shown_alone = worst.overwrites == "status" and _never_reconnects(dossier)
    yield Confusion(
        Severity.HIGH if lasting else Severity.MEDIUM,
        Confidence.LOW if shown_alone else _sureness(successor),
        worst.span,
        f"{_succession(dossier, successor)}; the close event of the old socket comes later and {_harm(worst)}",
        (*successor.evidence, *(Evidence(each.span, f"{_harm(each)}") for each in events[1:4])),
        worst.overwrites,
    )


def _never_reconnects(dossier: Dossier) -> bool:
    """Whether no reconnection hangs on what is known of the connection: what is wrong then is what is shown."""
    automatic = dossier.reconnection.automatic if dossier.reconnection is not None else None
    return isinstance(automatic, Known) and not automatic.value


def _taken_back(dossier: Dossier, successor: Successor, event: LateEvent) -> Confusion:
    """A flag for the own close that connecting again sets back: whether the old close event has come by then, nobody knows."""
    return Confusion(
        Severity.MEDIUM,
        Confidence.LOW,
        event.span,
        f"{dossier.connection.name} asks `{event.flag}` whether a close was meant, and connecting again sets that back: where "
        "the old socket's close event comes after that, it counts as a failure and sets up one socket more",
        successor.evidence,
        event.overwrites,
    )


def _sureness(successor: Successor) -> Confidence:
    """A service may be closed and connected again by others; where nothing here closes it, or where a person does both by
    two acts, one of which may be disabled meanwhile, that is a guess."""
    if not successor.is_let_go or successor.is_by_hand:
        return Confidence.LOW
    return Confidence.MEDIUM if successor.kind == "called-again" else Confidence.HIGH


def _succession(dossier: Dossier, successor: Successor) -> str:
    name = dossier.connection.name
    match successor.kind:
        case "dependencies":
            return f"When `{successor.by}` changes, {name} closes one socket and opens the next"
        case "replaced":
            return f"`{successor.by}` closes one socket and opens the next"
        case "called-again":
            return f"{name} can be closed and connected again at once"


def _harm(event: LateEvent) -> str:
    match event.overwrites:
        case "reference":
            return f"empties `{event.what}`: the new socket stays open, but nothing sends on it or closes it"
        case "reconnect":
            return "sets up one socket more: two are then open, and each message is handled twice"
        case "timer":
            return f"stops `{event.what}`, which by then belongs to the new socket"
        case "status":
            return f"runs `{event.what}`: the status no longer fits the new socket"


def _own_close(dossier: Dossier, known: Presentation) -> Iterator[Confusion]:
    """The close handler takes the code's own close for a failure."""
    name = dossier.connection.name
    for resource, leak in _rearmed(dossier):
        if leak.kind == "rearmed" and known.stays_mounted:
            continue  # Only a second mount (StrictMode, hot reload) shows it: a socket too many, which WS1B tells.
        handler = known.close_handler
        place = (
            handler if handler is not None and handler.path == resource.acquired.path else resource.acquired
        )
        if leak.kind == "flag-set-anew":
            yield Confusion(
                Severity.MEDIUM,
                Confidence.MEDIUM,
                place,
                f"When its dependencies change, {name} sets its flag for an own close back before the old socket's close "
                "event comes: that event then counts as a failure and sets up a reconnect",
                leak.evidence[:1],
                "reconnect",
            )
            continue
        when = (
            " while it is still connecting (the browser reports 1006 then, whatever code is given)"
            if leak.kind == "rearmed-connecting"
            else ""
        )
        yield Confusion(
            Severity.MEDIUM if known.stays_mounted else Severity.HIGH,
            Confidence.HIGH,
            place,
            f"The close handler of {name} cannot tell its own close from a failure: letting go of the socket{when} sets up "
            "a reconnect, and nobody closes the socket that it opens",
            leak.evidence[:1],
            "reconnect",
        )


def _rearmed(dossier: Dossier) -> Iterator[tuple[Resource, Leak]]:
    for resource in dossier.resources:
        for leak in resource.leaks:
            if leak.kind in REARMED:
                yield resource, leak


def _parallel(known: Presentation) -> Iterator[Confusion]:
    if known.parallel is not None:
        function = known.parallel.function
        yield Confusion(
            Severity.MEDIUM,
            Confidence.MEDIUM,
            known.parallel.span,
            f"`{function}` refuses a second socket only once the first is open: a call while it is still connecting "
            "opens a parallel one, whose events then count for both",
            known.parallel.evidence[1:],
        )


def _locked(known: Presentation) -> Iterator[Confusion]:
    if known.held_lock is not None:
        lock = known.held_lock
        yield Confusion(
            Severity.HIGH,
            Confidence.HIGH,
            lock.span,
            f"Leaving here keeps `{lock.flag}` set, which refuses every later connect: the client stays without a "
            "connection until the page is loaded anew",
            lock.evidence[:1],
        )


def _deaf(dossier: Dossier, known: Presentation) -> Iterator[Confusion]:
    """Every later close counts as meant, and nothing connects again."""
    kept = known.kept_intent
    if kept is not None:
        yield Confusion(
            Severity.HIGH,
            Confidence.HIGH,
            kept.span,
            f"{kept.setter} sets `{kept.flag}`, and nothing takes it back: after {kept.by} every lost connection of "
            f"{dossier.connection.name} counts as meant, and it does not reconnect",
            kept.evidence,
        )


def _stateless(dossier: Dossier, known: Presentation) -> Iterator[Confusion]:
    if isinstance(known.knows_state, Known) and not known.knows_state.value:
        sends = dossier.delivery is not None and bool(dossier.delivery.sends)
        thrown = ", and a send before the open event throws" if sends else ""
        yield Confusion(
            Severity.MEDIUM,
            Confidence.LOW if not sends and _never_reconnects(dossier) else Confidence.HIGH,
            known.knows_state.evidence[0].place,
            f"Nothing asks for the state of the socket of `{dossier.connection.name}` (no open or close handler, no "
            f"`readyState`): connecting, open and dead look the same{thrown}",
            (),
        )
    elif known.only_logged and (blind := _sent_blindly(dossier)):
        yield Confusion(
            Severity.MEDIUM,
            Confidence.HIGH,
            dossier.connection.site,
            f"Nothing keeps the state of the socket of `{dossier.connection.name}`: its handlers only log, and nothing reads "
            "`readyState`. A send before the open event throws, and one after the end is dropped in silence",
            (*known.only_logged[:2], *(Evidence(each.place, "sends in any state") for each in blind[:1])),
        )


def _sent_blindly(dossier: Dossier) -> list[Send]:
    """What a person or the page's code sends without asking anything but whether there is a socket."""
    return [
        each
        for each in (dossier.delivery.sends if dossier.delivery is not None else ())
        if each.guard in ("none", "present")
        and not each.is_held_once_open
        and {"user", "effect", "timer"} & set(each.triggers)
    ]


def _connecting(dossier: Dossier, known: Presentation) -> Iterator[Confusion]:
    """One flag for connecting, failed and lost: the page promises a connection that nobody makes."""
    said, recovery = known.said_connecting, dossier.reconnection
    if said is None or recovery is None or recovery.renewal is not None:
        return
    if isinstance(recovery.automatic, Known) and not recovery.automatic.value:
        yield Confusion(
            Severity.MEDIUM,
            Confidence.MEDIUM,
            said.span,
            f"`{said.state}` alone stands for connecting, failed and lost: after a drop the page says "
            f'"{said.words}" for ever, although {dossier.connection.name} never connects again',
            said.evidence,
        )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Untold closes",
    section="1A Missing Connection State Machine",
    category=Category.CONNECTION,
    severity=Severity.HIGH,
    effort_hours=(1.0, 3.0),
    check=check,
    monitoring=("open connections per tab: never more than the sockets that the page means to hold",),
    sides=frozenset({"client"}),
)
