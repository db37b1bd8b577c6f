"""Numbers that the estimates of several rules rest on, and the words for them. What is assumed is said where it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from halfopen.audit.finding import Finding
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known, Place
from halfopen.connections.reconnection.facts import Delay, Trigger
from halfopen.semantics.unit import Span

RESTART_SECONDS = 10.0
"""How long a server is away in the estimates: one quick restart."""
OPEN_FILES = 1024
"""The usual soft limit of open files of a process on Linux."""
PAGES = 1000
"""How many open pages an estimate counts with."""


class _Spanned(Protocol):
    @property
    def span(self) -> Place: ...


class _Placed(Protocol):
    @property
    def place(self) -> Place: ...


S = TypeVar("S", bound=_Spanned)
P = TypeVar("P", bound=_Placed)


def spanned(finding: Finding, records: Iterable[S]) -> S | None:
    """The record that the finding is about, by its place."""
    return next((each for each in records if each.span == finding.span), None)


def placed(finding: Finding, records: Iterable[P]) -> P | None:
    """The record that the finding is about, by its place."""
    return next((each for each in records if each.place == finding.span), None)


def text_of(place: Place) -> str:
    """The code at a place, its further lines moved left by what they share; empty for a line of a deployment file."""
    if not isinstance(place, Span):
        return ""
    return text_between(place, place.start, place.end)


def task_names(finding: Finding, task: str) -> dict[str, str]:
    """What examples call a task that a message starts, and what starts it in the code; its one argument beside the socket
    stands for their topic.
    """
    start = text_of(finding.span)
    if not re.match(r"[\w.]*(create_task|ensure_future)\(", start):
        return {"stream": task}
    names = {"asyncio.create_task(stream(websocket, topic))": start}
    given = re.search(r"\(([^()]*)\)\)$", start)
    others = [each.strip() for each in given[1].split(",")] if given is not None else []
    others = [each for each in others if each.isidentifier() and each not in ("websocket", "ws", "socket")]
    return {**names, "topic": others[0]} if len(others) == 1 else names


def text_between(span: Span, start: int, end: int) -> str:
    """Code of the unit that a place stands in, from and to offsets in it."""
    text = span.unit.text
    indent = text[text.rfind(b"\n", 0, start) + 1 : start]
    margin = indent[: len(indent) - len(indent.lstrip())].decode("utf-8", "replace")
    lines = text[start:end].decode("utf-8", "replace").split("\n")
    return "\n".join((lines[0], *(each.removeprefix(margin) for each in lines[1:])))


def seconds(value: float) -> str:
    """A time as a person says it: "250 ms", "40 s", "2 min", "1.5 h"."""
    if value < 1:
        return f"{value * 1000:.3g} ms"
    if value < 120:
        return f"{value:.3g} s"
    if value < 7200:
        return f"{value / 60:.2g} min" if value % 60 else f"{value / 60:.0f} min"
    return f"{value / 3600:.2g} h"


def clients_of(dossier: Dossier) -> Iterator[Dossier]:
    """The client itself, or the clients of an endpoint."""
    if dossier.connection.side == "client":
        yield dossier
    else:
        yield from (each.dossier for each in dossier.surroundings.others)


def outside_react(dossier: Dossier) -> bool:
    """Whether a client lives in a class, a store or a module, and not in an effect."""
    owner = dossier.owner
    return isinstance(owner, Known) and owner.value.kind in ("class", "store", "module", "function")


def trigger_of(dossier: Dossier) -> Trigger | None:
    """The way in which a client of the connection comes back first."""
    for client in clients_of(dossier):
        if client.reconnection is not None and client.reconnection.first is not None:
            return client.reconnection.first
    return None


def delay_of(dossier: Dossier) -> Delay | None:
    """How a client of the connection waits before a retry; None where it is not known or there is none."""
    trigger = trigger_of(dossier)
    fact = trigger.delay if trigger is not None else None
    return fact.value if isinstance(fact, Known) else None


def attempts_of(dossier: Dossier) -> int | None:
    """After how many attempts a client of the connection gives up; None: never, or not known."""
    for client in clients_of(dossier):
        if client.reconnection is not None and isinstance(client.reconnection.attempts, Known):
            return client.reconnection.attempts.value
    return None


def tried_seconds(dossier: Dossier) -> float | None:
    """How long a client of the connection tries before it gives up; None: for ever, or not known."""
    delay, limit = delay_of(dossier), attempts_of(dossier)
    known = waits(delay, min(limit, 1000)) if delay is not None and limit is not None else None
    return sum(known) if known is not None else None


def waits(delay: Delay, count: int) -> tuple[float, ...] | None:
    """The first waits in seconds; None where one is not known."""
    found = [delay.wait_ms(attempt) for attempt in range(count)]
    known = tuple(each / 1000 for each in found if each is not None)
    return known if len(known) == count else None


def gap(dossier: Dossier) -> str:
    """How long a client hears nothing after a restart, with what it follows from."""
    delay = delay_of(dossier)
    if delay is None or delay.initial_ms is None:
        return f"a restart of {seconds(RESTART_SECONDS)} is a gap of at least {seconds(RESTART_SECONDS)}"
    at, attempt = 0.0, 0
    while at < RESTART_SECONDS and attempt < 100:
        wait = delay.wait_ms(attempt)
        if wait is None:
            break
        at += max(wait / 1000, 0.05)
        attempt += 1
    limit = attempts_of(dossier)
    if limit is not None and limit < attempt:
        return (
            f"a restart of {seconds(RESTART_SECONDS)} outlasts all {limit} attempts of this code, and the gap ends with a "
            "reload of the page"
        )
    tries = "the first retry" if attempt == 1 else f"retry {attempt}"
    return (
        f"a restart of {seconds(RESTART_SECONDS)} is a gap of about {seconds(max(at, RESTART_SECONDS))} "
        f"({tries} succeeds, with the delays of this code)"
    )


def notices_after(dossier: Dossier) -> float | None:
    """After how many seconds the server program's pings find a client that vanished; None: not known or never."""
    keepalive = dossier.surroundings.serving.keepalive
    return keepalive.value.detects_after_seconds if isinstance(keepalive, Known) else None


def server_name(dossier: Dossier) -> str:
    server = dossier.surroundings.serving.server
    return server.value.name if isinstance(server, Known) else "the server program"


def processes(dossier: Dossier) -> int | None:
    """In how many processes the server runs, where that is a number."""
    fact = dossier.surroundings.serving.processes
    return fact.value.count if isinstance(fact, Known) else None


def share(dossier: Dossier) -> str:
    """Of how many processes the connection's one is, for estimates that hold for each process."""
    count = processes(dossier)
    return f" in each of the {count} processes" if count is not None and count > 1 else ""
