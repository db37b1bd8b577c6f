"""WS1B: a connection, or something it acquired, outlives its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from halfopen.audit.finding import Confidence, Finding, Fix, Severity, TextOf
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import (
    CleanupRepair,
    ConditionRepair,
    Dossier,
    FinallyRepair,
    Leak,
    LeakKind,
    Resource,
)
from halfopen.connections.facts import Known
from halfopen.edits.changes import FileChanges
from halfopen.semantics.unit import Span
from halfopen_rules.connection.untold_closes.rule import REARMED, tells_own_close
from halfopen_rules.estimates import seconds

CODE = "WS1B"
SLUG = "unclosed-connection"

_SEVERITY: dict[LeakKind, Severity] = {
    "on-send": Severity.MEDIUM,
    "on-error": Severity.MEDIUM,
    "uncovered": Severity.MEDIUM,
    "only-when-open": Severity.MEDIUM,
    "after-await": Severity.MEDIUM,
    "successor": Severity.MEDIUM,
    "flag-set-anew": Severity.MEDIUM,
    "overwritten": Severity.MEDIUM,
    "gathered": Severity.MEDIUM,
    "awaited": Severity.MEDIUM,
}
"""Leaks in a rare window or on a rare error are MEDIUM; every other one happens in normal use and is HIGH."""

_LESS_SURE: frozenset[LeakKind] = frozenset(
    {"after-await", "unread", "flag-set-anew", "overwritten", "reopened", "awaited", "left"}
)

_ON_RELEASE: frozenset[LeakKind] = frozenset(
    {
        "never",
        "no-cleanup",
        "not-in-cleanup",
        "only-when-open",
        "first-alone",
        "previous",
        "after-await",
        "uncleared",
        "rearmed",
        "rearmed-connecting",
    }
)
"""Leaks that only a release shows."""


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each place at which something leaks; several resources acquired there are named together."""
    leaking: dict[tuple[object, ...], list[Resource]] = {}
    for resource in dossier.resources:
        if resource.leaks:
            span = resource.acquired
            key: tuple[object, ...] = (span.path, id(span.unit), span.start)
            if resource.kind == "task":
                key = (
                    resource.what,
                    resource.leaks[0],
                )  # started in two places, and left by the same way out
            leaking.setdefault(key, []).append(resource)
    for resources in leaking.values():
        own = _own_causes(dossier, resources)
        if own:
            yield _finding(dossier, own)


def _starts_in_two_places(resources: list[Resource]) -> bool:
    return len({(each.acquired.path, each.acquired.start) for each in resources}) > 1


def _own_causes(dossier: Dossier, resources: list[Resource]) -> list[Resource]:
    """What leaks at a place, a cause of its own first, without what WS1A tells: a close handler that takes an own close
    for a failure."""
    by_handler = [each for each in resources if each.leaks[0].kind in REARMED]
    others = [each for each in resources if each not in by_handler]
    by_handler = [each for each in by_handler if not each.leaks[0].is_refused]
    if tells_own_close(dossier):
        return others
    known = dossier.presentation
    if by_handler and known is not None and known.stays_mounted:
        return by_handler
    return [*others, *by_handler]


def _finding(dossier: Dossier, resources: list[Resource]) -> Finding:
    first = resources[0]
    leak = first.leaks[0]
    names = " and ".join(dict.fromkeys(each.what for each in resources))
    pruned = all(_is_pruned(dossier, each) for each in resources)
    severity = _severity(dossier, first)
    if any(_stops_a_broadcast(dossier, each) for each in resources):
        severity = Severity.HIGH
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=min(severity, Severity.MEDIUM) if pruned else severity,
        confidence=Confidence.LOW if pruned and leak.kind == "awaited" else _confidence(dossier, resources),
        span=first.acquired,
        message=_sentence(_message(dossier, first, leak, names, pruned)),
        connection=dossier.connection.id,
        evidence=tuple(
            dict.fromkeys(said for each in resources for one in each.leaks for said in one.evidence)
        ),
        fixes=() if _starts_in_two_places(resources) else tuple(_fixes(first)),
    )


def _confidence(dossier: Dossier, resources: list[Resource]) -> Confidence:
    """Low where the owner lives as long as the page: nothing releases it before, or its release is never meant to be final.
    What each release sets up anew is seen while developing, where StrictMode mounts everything twice."""
    leak, owner = resources[0].leaks[0], dossier.owner
    if dossier.presentation is not None and dossier.presentation.stays_mounted and leak.kind in _ON_RELEASE:
        return Confidence.MEDIUM if leak.kind == "rearmed" else Confidence.LOW
    if leak.kind == "uncleared" and isinstance(owner, Known) and owner.value.lifetime == "page":
        rearmed = any(
            one.kind in REARMED
            for each in dossier.resources
            if each.acquired == resources[0].acquired
            for one in each.leaks
        )
        return Confidence.HIGH if rearmed else Confidence.LOW
    return Confidence.MEDIUM if leak.kind in _LESS_SURE else Confidence.HIGH


def _severity(dossier: Dossier, resource: Resource) -> Severity:
    """MEDIUM too where the owner hardly ever goes, or the timer is none of those that follow a lost connection."""
    kind, known, facts = resource.leaks[0].kind, dossier.presentation, dossier.reconnection
    is_timer = resource.kind == "timer"
    stays = known is not None and known.stays_mounted and (is_timer or kind == "rearmed")
    triggers = facts.triggers if facts is not None else ()
    is_aside = kind == "uncleared" and is_timer and all(each.place != resource.acquired for each in triggers)
    return Severity.MEDIUM if stays or is_aside else _SEVERITY.get(kind, Severity.HIGH)


def _sentence(message: str) -> str:
    """With a capital where it begins with a word, and as it is where it begins with code."""
    return message[0].upper() + message[1:] if message.startswith("the ") else message


def _is_pruned(dossier: Dossier, resource: Resource) -> bool:
    """Whether a broadcast takes the entries out that it cannot send to: what leaks is there until the next one."""
    sending = dossier.sending
    return resource.kind == "registration" and any(
        each.registry == resource.what and each.removes_failed
        for each in (sending.broadcasts if sending is not None else ())
    )


def _stops_a_broadcast(dossier: Dossier, resource: Resource) -> bool:
    """Whether an entry that stays makes each broadcast fail at it, for want of a guard around the send."""
    return resource.kind == "registration" and any(
        each.registry == resource.what
        and each.failure == "propagates"
        and each.dispatch == "sequential"
        and each.surely_runs
        for each in (dossier.sending.broadcasts if dossier.sending is not None else ())
    )


def _left_behind(dossier: Dossier, resource: Resource, pruned: bool) -> str:
    """What an entry that stays does."""
    if pruned:
        return "it stays until a broadcast to it fails"
    if _stops_a_broadcast(dossier, resource):
        return "every later broadcast fails at it, and who comes after it gets nothing"
    broadcasts = dossier.sending.broadcasts if dossier.sending is not None else ()
    if any(each.registry == resource.what and each.surely_runs for each in broadcasts):
        return "later broadcasts go to a dead socket"
    if dossier.connection.library == "python-socketio":
        return (
            "the id of the next connection is another, so one entry more stays for each client that ever came"
        )
    return "the entry and its dead socket stay as long as the process runs"


def _message(dossier: Dossier, resource: Resource, leak: Leak, name: str, pruned: bool) -> str:
    owner = resource.owner
    if resource.kind == "socket":
        return _socket_message(leak, name, owner)
    if resource.kind == "handler":
        return (
            f"{owner} never receives, and its loop can go on without a send that would fail and end it: nobody notices "
            "that the client has left, and the handler runs on with all it holds"
        )
    if leak.kind == "one-key":
        return (
            f"{name} has one key for all clients: each new one takes the entry of the one before, which receives nothing "
            "more, and whoever leaves removes the newest"
        )
    if leak.kind == "successor":
        return (
            f"{name} holds one client for each key: when a client reconnects, the cleanup of its old connection "
            "removes the new one, which then receives nothing"
        )
    if resource.kind == "registration":
        then = _left_behind(dossier, resource, pruned)
        left = "ConnectionClosed" if dossier.connection.library == "websockets" else "WebSocketDisconnect"
        return f"{_REGISTERED[leak.kind].format(name=name, owner=owner, left=left)}; {then}"
    if leak.kind == "closed-under":
        return (
            f"{name} may go on after {owner} has ended, with a database session that the handler closes then: what it "
            "still changes on objects of that session is not saved, or raises"
        )
    if resource.kind == "task":
        return f"{name} {_RUNNING[leak.kind]}, at best until a send of its own fails"
    if resource.kind == "subscription":
        return f"{name} {_RUNNING[leak.kind]}, and keeps its connection to the broker"
    if leak.kind == "flag-set-anew":
        return (
            f"When its dependencies change, {owner} closes one socket and resets its flag at once: the old close event "
            "then reconnects, and two sockets are open"
        )
    if leak.kind == "rearmed":
        return f"Closing the socket of {owner} sets it up again: {name} starts after the release and nobody closes it"
    if leak.kind == "rearmed-connecting":
        return (
            f"Closing the socket of {owner} while it is still connecting sets it up again: the browser reports 1006 then, "
            f"whatever code is given, so {name} starts after the release and nobody closes it"
        )
    if resource.kind == "timer":
        return _timer_message(dossier, resource)
    return f"{name} of {owner} is never cleared: it runs on after {owner} is gone"


def _timer_message(dossier: Dossier, timer: Resource) -> str:
    """A reconnect that is waiting when its owner goes."""
    wait = _wait(dossier, timer.acquired)
    owner = dossier.owner.value if isinstance(dossier.owner, Known) else None
    if owner is None or owner.lifetime != "mount":
        return (
            f"The timer by which {timer.owner} connects again{wait} is not cleared when it lets go: doing so during that "
            "wait opens a socket afterwards, which nobody closes"
        )
    return (
        f"The timer by which {timer.owner} connects again{wait} is never cleared: leaving the page during that wait opens a "
        "socket for a component that is gone"
    )


def _wait(dossier: Dossier, timer: Span) -> str:
    """How long a reconnect timer waits at least, in words."""
    for each in dossier.reconnection.triggers if dossier.reconnection is not None else ():
        delay = each.delay.value if isinstance(each.delay, Known) else None
        if each.place == timer and delay is not None and delay.initial_ms:
            more = "" if delay.growth == "fixed" else " and more"
            return f" after {seconds(delay.initial_ms / 1000)}{more}"
    return ""


def _socket_message(leak: Leak, name: str, owner: str) -> str:
    match leak.kind:
        case "each-render":
            return f"{owner} makes a new WebSocket on each render and closes none of them"
        case "only-when-open":
            return f"{owner} closes {name} only when it is open: one that is still connecting is left to open later"
        case "previous":
            return (
                f"The cleanup of {owner} closes {name} as it was when the effect ran, which is the socket of an earlier run "
                "or none: the one that this run makes stays open when the page is left"
            )
        case "first-alone":
            return (
                f"The cleanup of {owner} closes only the socket that its effect made first: after a reconnect the one in use "
                "stays open when the page is left"
            )
        case "after-await":
            return (
                f"{name} is made after a pause: if {owner} is released meanwhile, the socket opens "
                "with nobody left to close it"
            )
        case "overwritten":
            return (
                f"Each further press makes another socket and puts it into {name}: the one before stays open, "
                "nothing can close it any more, and its messages are handled as well"
            )
        case "reopened":
            return (
                f"An effect that runs again has {owner} put another socket into {name}: the one before stays open, nothing "
                "closes it, and its messages are handled as well"
            )
        case "left":
            return (
                f"{owner} leaves the closing of {name} to its users, and no effect's cleanup does so: who leaves the page without "
                "asking for it leaves a live socket behind"
            )
        case "not-in-cleanup":
            return f"The cleanup of {owner} does not close {name}: each unmount leaves a live socket behind"
        case _:
            return f"{owner} never closes {name}: each unmount leaves a live socket behind"


_REGISTERED: Mapping[LeakKind, str] = {
    "never": "{owner} enters its client in {name}, and nothing removes it",
    "on-disconnect": "A disconnect skips the removal from {name}",
    "on-send": "A client that leaves while the handler sends to it stays in {name}",
    "on-error": "Only {left} removes the client from {name}: any other error leaves it there",
    "uncovered": "An error of {owner} that no clause takes skips the removal from {name}",
    "unreached": "{owner} can end without removing its client from {name}",
    "shadowed": "Every disconnect skips the removal from {name}: a broader `except` stands before the clause that does it",
    "awaited": "{owner} awaits a task before it removes the client from {name}, and a task that has failed raises its error again there: the removal is skipped",
    "not-awaited": "{owner} calls the removal of its client from {name} without `await`, so it never runs",
}

_RUNNING: Mapping[LeakKind, str] = {
    "never": "is never ended: it runs on after its client has left",
    "on-disconnect": "runs on after its client has left: the disconnect skips its end",
    "on-send": "runs on where the client leaves while the handler sends to it",
    "on-error": "is ended only on WebSocketDisconnect: after any other error it runs on",
    "uncovered": "runs on after an error that no clause takes",
    "unreached": "runs on where the handler ends normally",
    "shadowed": "runs on after its client has left: a broader `except` stands before the clause that ends it",
    "awaited": "runs on where another task that is awaited before has failed: its error is raised again there and skips the end",
    "not-awaited": "is to be ended by a call without `await`, which never runs: it runs on after its client has left",
    "gathered": "runs on after its client has left: `asyncio.gather` neither ends nor cancels it with the coroutine that reads",
}


def _fixes(resource: Resource) -> Iterator[Fix]:
    match resource.repair:
        case FinallyRepair(release=release) as repair:
            yield Fix(f"Call `{release}` in a finally block", safe=True, build=_finally(repair))
        case CleanupRepair(statements=statements) as repair:
            yield Fix(
                f"Call `{statements[0]}` in the effect's cleanup",
                safe=True,
                build=_cleanup(repair, resource.acquired),
            )
        case ConditionRepair() as repair:
            yield Fix("Close it while it is connecting, too", safe=True, build=_unconditional(repair))
        case None:
            return


_Build = Callable[[TextOf, Callable[[Span], tuple[int, int] | None]], Mapping[str, FileChanges]]


def _finally(repair: FinallyRepair) -> _Build:
    def build(text: TextOf, locate: Callable[[Span], tuple[int, int] | None]) -> Mapping[str, FileChanges]:
        from halfopen.edits.python import wrap_in_finally

        path = repair.function.path
        source, function, statement = text(path), locate(repair.function), locate(repair.statement)
        if source is None or function is None or statement is None:
            return {}
        return {path: wrap_in_finally(source.data, function, repair.release, statement)}

    return build


def _unconditional(repair: ConditionRepair) -> _Build:
    def build(text: TextOf, locate: Callable[[Span], tuple[int, int] | None]) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import replace_expression

        made: dict[str, FileChanges] = {}
        for condition, code in repair.conditions:
            source, place = text(condition.path), locate(condition)
            changes = replace_expression(source.data, place, code) if source and place else ()
            if not changes:
                return {}
            made[condition.path] = (*made.get(condition.path, ()), *changes)
        return made

    return build


def _cleanup(repair: CleanupRepair, acquired: Span) -> _Build:
    def build(text: TextOf, locate: Callable[[Span], tuple[int, int] | None]) -> Mapping[str, FileChanges]:
        from halfopen.edits.typescript import add_effect_cleanup

        path = repair.callback.path
        source, callback, place = text(path), locate(repair.callback), locate(acquired)
        if source is None or callback is None:
            return {}
        after = place[0] if place is not None and acquired.path == path else None
        return {path: add_effect_cleanup(source.data, callback, repair.statements, after=after)}

    return build


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unclosed connection",
    section="1B Improper Connection Cleanup",
    category=Category.CONNECTION,
    severity=Severity.HIGH,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=(
        "open connections per process: returns to its base line after clients leave",
        "size of each connection registry",
    ),
    related=("react-doctor:effect-needs-cleanup",),
)
