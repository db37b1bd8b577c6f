"""How an endpoint reads: its receive loop, the work it does for a message, what limits it, what blocks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Unknown
from halfopen.semantics.unit import Span

Reading: TypeAlias = OneOf["loop", "once", "never"]
"""loop: message after message. once: a first message or a few. never: nothing receives."""

WorkKind: TypeAlias = OneOf[
    "model", "task", "broadcast", "group", "database", "request", "process", "thread", "job", "file"
]
"""What one inbound message sets off. model: an AI model or heavy computing. task: a task beside the loop.
broadcast: a copy for every client. group: one for each client of a room or of a user. job: a queue of jobs."""


@dataclass(frozen=True, slots=True)
class Work:
    """Work that each inbound message may set off."""

    kind: WorkKind
    what: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What keeps one client from sending without end.

    limiter: a library's, or one of the project's own. interval: a comparison of times or of counts of a
    window. pause: each turn sleeps. one-at-a-time: a second piece of work is refused while one runs.
    """

    kind: OneOf["limiter", "interval", "pause", "one-at-a-time"]
    what: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocking:
    """A call that holds the event loop while it waits or computes."""

    kind: OneOf[
        "sleep",
        "request",
        "database",
        "process",
        "model",
        "load",
        "measure",
        "cloud",
        "wait",
        "compute",
        "file",
    ]
    call: str
    seconds: float | None
    """How long it holds the loop, where the code says so."""
    repeats: bool
    """Whether it runs in a loop of the endpoint (each message, each turn) and not once for a connection."""
    span: Span
    evidence: tuple[Evidence, ...] = ()
    limit_seconds: float | None = None
    """The time limit that it is given (`timeout=5`)."""


@dataclass(frozen=True, slots=True)
class PushLoop:
    """The loop of a handler that never receives."""

    span: Span
    sends_each_turn: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class LongWait:
    """Work that the message loop itself waits for: nothing receives until it is done."""

    what: str
    span: Span
    """The call in the loop."""
    tells: bool = False
    """Whether it sends to the client while it goes on."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Receiving:
    """How an endpoint reads: its receive loop, the work it does for a message, what limits it, what blocks it."""

    reading: Fact[Reading] = Unknown("the code that receives from the socket")
    receives: Span | None = None
    """The receive that each turn comes to."""
    work: tuple[Work, ...] = ()
    limits: tuple[RateLimit, ...] = ()
    blocking: tuple[Blocking, ...] = ()
    pushing: tuple[PushLoop, ...] = ()
    """The loop of a handler that never receives."""
    long_waits: tuple[LongWait, ...] = ()
    """What a turn of the message loop waits for, which may take minutes."""
