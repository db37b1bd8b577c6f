"""WS4D: one side waits for an answer to its heartbeat that the other side never gives."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.liveness.facts import Heartbeat, Liveness, Watchdog
from halfopen.semantics.unit import Span
from halfopen_rules.heartbeat.pings import pinging

CODE = "WS4D"
SLUG = "unanswered-heartbeat"


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for a connection, where both sides are known."""
    if dossier.liveness is None:
        return
    find = _of_client if dossier.connection.side == "client" else _of_server
    for finding in find(dossier, dossier.liveness):
        yield finding
        return


# --- the server's ping -------------------------------------------------------------------------


def _of_server(dossier: Dossier, liveness: Liveness) -> Iterator[Finding]:
    """A client's ping ends the feed that it keeps alive; or it ends what sends no pong, and no client sends one."""
    yield from _ended_by_ping(dossier)
    for watchdog in _strict(liveness):
        silent = [each for each in dossier.surroundings.others if _never_sends(each, watchdog)]
        if silent and len(silent) == len(dossier.surroundings.others):
            names = " and ".join(dict.fromkeys(f"`{each.dossier.connection.name}`" for each in silent))
            message = (
                f"Only `{_word(watchdog)}` from the client counts as life here, and {names} never sends it: each "
                f"connection is given up{_after(watchdog)}, healthy or not"
            )
            yield _finding(dossier, watchdog.place, message, _sure(silent), watchdog.evidence)
    yield from _misnamed(dossier, liveness)


def _ended_by_ping(dossier: Dossier) -> Iterator[Finding]:
    broken = dossier.background.broken_steps if dossier.background is not None else ()
    for step in (each for each in broken if each.by == "message"):
        for other, ping in pinging(dossier):
            every = ping.interval_seconds
            often = f" (each {every.value:g} s)" if isinstance(every, Known) else ""
            message = (
                f"Each message of `{other.dossier.connection.name}` cancels the pending step of `{step.what}`, which ends that "
                f"generator for good: after the first `{ping.message.shown}`{often} nothing more is sent"
            )
            yield _finding(dossier, step.span, message, _sure([other]), (*step.evidence, *ping.evidence))


def _misnamed(dossier: Dossier, liveness: Liveness) -> Iterator[Finding]:
    """It waits for any message after its ping, and the clients answer pings, but not one of that name."""
    for watchdog, ping in _awaiting(liveness):
        others = dossier.surroundings.others
        answered = [_answered(each.dossier.liveness) for each in others]
        if others and all(answered) and not any(_replies(each.dossier.liveness, ping) for each in others):
            names = " and ".join(dict.fromkeys(f"`{each.dossier.connection.name}`" for each in others))
            words = ", ".join(
                f"`{word}`" for word in dict.fromkeys(word for each in answered for word in each)
            )
            message = (
                f"{names} {'answers' if len(others) == 1 else 'answer'} {words}, and this heartbeat is "
                f"`{ping.message.shown}`: nothing comes back, and each quiet connection is given up"
                f"{_after(watchdog)}"
            )
            evidence = (*ping.evidence, *watchdog.evidence)
            yield _finding(dossier, ping.sent, message, _sure(list(others)), evidence)


def _of_client(dossier: Dossier, liveness: Liveness) -> Iterator[Finding]:
    """A server's ping that is not answered; and a ping of its own that the server cannot take or never answers."""
    for other in dossier.surroundings.others:
        server = other.dossier.liveness
        if server is None:
            continue
        for watchdog in _strict(server):
            if not _sends(liveness, watchdog):
                heartbeat = next(each for each in server.heartbeats if each.is_ping)
                message = (
                    f"`{dossier.connection.name}` never answers the server's `{heartbeat.message.shown}` with "
                    f"`{_word(watchdog)}`: the server gives each connection up{_after(watchdog)}"
                )
                evidence = (*heartbeat.evidence, *watchdog.evidence)
                yield _finding(dossier, dossier.connection.site, message, _sure([other]), evidence)
        for watchdog, ping in _awaiting(server):
            if not _answered(liveness) and not _speaks_by_itself(liveness):
                message = (
                    f"`{dossier.connection.name}` answers the server's `{ping.message.shown}` with nothing, and sends "
                    f"nothing else by itself: each quiet connection is given up{_after(watchdog)}"
                )
                evidence = (*ping.evidence, *watchdog.evidence)
                yield _finding(dossier, dossier.connection.site, message, _sure([other]), evidence)
        for ping in liveness.heartbeats:
            if ping.is_ping:
                yield from _of_ping(dossier, ping, other, server)


def _of_ping(dossier: Dossier, ping: Heartbeat, other: Other, server: Liveness) -> Iterator[Finding]:
    """A ping of the client's own."""
    name, endpoint = dossier.connection.name, other.dossier.connection.name
    reads = server.reads
    if ping.message.format == "text" and isinstance(reads, Known) and reads.value == ("json",):
        message = (
            f"`{name}` sends the plain text `{ping.message.shown}`, and `{endpoint}` parses everything as JSON: the "
            "first heartbeat ends the connection"
        )
        yield _finding(dossier, ping.sent, message, _sure([other]), (*ping.evidence, *reads.evidence))
        return
    waits = [
        each
        for each in (dossier.liveness.watchdogs if dossier.liveness is not None else ())
        if each.watches in ("answer", "library") and not each.only_when_closed
    ]
    if not waits or not ping.message.words or not isinstance(reads, Known):
        return
    if any(each.is_ping for each in server.heartbeats):
        return
    answered = any(each.reply is not None and ping.message.words & set(each.to) for each in server.answers)
    if not answered and other.dossier.connection.library != "ws":
        message = (
            f"`{name}` closes the connection when `{ping.message.shown}` is not answered, and `{endpoint}` has no "
            "branch that answers it: a quiet connection is closed after each ping"
        )
        confidence = min(Confidence.MEDIUM, _sure([other]))
        yield _finding(dossier, ping.sent, message, confidence, (*ping.evidence, *waits[0].evidence))


# --- who sends what ----------------------------------------------------------------------------


def _strict(liveness: Liveness) -> Iterator[Watchdog]:
    """The limits of a server that pings, which only certain words of the client hold off."""
    if any(each.is_ping for each in liveness.heartbeats):
        yield from (each for each in liveness.watchdogs if each.renewed_by)


def _awaiting(liveness: Liveness) -> Iterator[tuple[Watchdog, Heartbeat]]:
    """The limits that begin with a server's ping, which any message holds off; the ping's words are known."""
    ping = next((each for each in liveness.heartbeats if each.is_ping and each.message.words), None)
    if ping is not None:
        yield from (
            (each, ping) for each in liveness.watchdogs if each.watches == "answer" and not each.renewed_by
        )


def _answered(client: Liveness | None) -> tuple[str, ...]:
    """The words of the heartbeats that a client answers."""
    answers = client.answers if client is not None else ()
    return tuple(dict.fromkeys(word for each in answers if each.reply is not None for word in each.to))


def _replies(client: Liveness | None, ping: Heartbeat) -> bool:
    return client is None or _speaks_by_itself(client) or bool(ping.message.words & set(_answered(client)))


def _speaks_by_itself(client: Liveness) -> bool:
    return bool(client.heartbeats) or client.answers_everything


def _never_sends(other: Other, watchdog: Watchdog) -> bool:
    return other.dossier.liveness is not None and not _sends(other.dossier.liveness, watchdog)


def _sends(client: Liveness, watchdog: Watchdog) -> bool:
    """Whether a client sends one of the words, in an answer or by a timer."""
    wanted = set(watchdog.renewed_by)
    replies = [each.reply for each in client.answers if each.reply is not None]
    sent = [*replies, *(each.message for each in client.heartbeats)]
    # A message whose words the code does not fix may be the right one.
    return any(wanted & each.words or not each.fields for each in sent)


def _word(watchdog: Watchdog) -> str:
    return " or ".join(watchdog.renewed_by)


def _after(watchdog: Watchdog) -> str:
    deadline = watchdog.deadline_seconds
    return f" after {deadline.value:g} s" if isinstance(deadline, Known) else ""


def _sure(others: list[Other]) -> Confidence:
    return Confidence.HIGH if all(each.strength == "certain" for each in others) else Confidence.MEDIUM


def _finding(
    dossier: Dossier, span: Span, message: str, confidence: Confidence, evidence: tuple[Evidence, ...]
) -> Finding:
    return Finding(CODE, SLUG, Severity.HIGH, confidence, span, message, dossier.connection.id, evidence)


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unanswered heartbeat",
    section="4D Frontend Heartbeat Response Missing",
    category=Category.HEARTBEAT,
    severity=Severity.HIGH,
    effort_hours=(0.5, 2.0),
    check=check,
    monitoring=("age of connections when they close: a peak at one age is a heartbeat that fails for all",),
)
