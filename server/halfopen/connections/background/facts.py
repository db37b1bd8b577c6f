"""Work that runs beside the connection, and who sees it fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.caught import Reaction
from halfopen.connections.facts import Confidence, Evidence
from halfopen.semantics.unit import Span

Guards: TypeAlias = OneOf[
    "serving", "feeding", "message", "parse", "send", "close", "connect", "listener", "cleanup", "other"
]
"""What a clause's `try` holds. serving: the loop that serves the connection. feeding: what a task of the
process does to feed its clients. message: the handling of one
message. parse: only its parsing. send, close, connect: only that. listener: only a call of somebody's callback. cleanup: what is
awaited when the connection has ended."""

Stops: TypeAlias = OneOf["everything", "errors", "disconnect", "some"]
"""everything: cancellation too. errors: every ordinary exception. some: named types only."""


@dataclass(frozen=True, slots=True)
class Catch:
    """A clause that stops exceptions of code that works with the socket."""

    guards: Guards
    stops: Stops
    reaction: Reaction
    does: str
    """What its body does, as written, shortened; "nothing" where it does nothing."""
    shared: bool
    """Whether it stands in code that does not run for this connection alone (a broadcast)."""
    while_failing: bool
    """Whether it only runs after something else has failed or ended."""
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Spin:
    """A loop that does not end when its socket does: each turn fails at once, and the next one begins.

    `freezes`: no turn waits for anything, so nothing else in the process runs any more. `swallowed`: the disconnect
    itself ends the loop, but a send within it whose failure is stopped leaves a socket that only raises other errors.
    """

    operation: str
    freezes: bool
    span: Span
    evidence: tuple[Evidence, ...] = ()
    swallowed: Span | None = None


Fate: TypeAlias = OneOf[
    "never-awaited",
    "never-starts",
    "dropped",
    "unasked",
    "unobserved",
    "discarded",
    "collected",
    "ends-quietly",
    "observed",
]
"""never-awaited: only the coroutine is made, and its body never runs. never-starts: it is made in a thread without an
event loop, which raises. dropped: nothing refers to the task. unasked: a thread handed it to the loop and dropped the
future, which takes the exception over. unobserved: nobody asks it for its exception. discarded: whoever
waited for it drops the result unread. collected: its exception becomes a result of a gather, which is
dropped. ends-quietly: a failure ends it and is only logged, while the
connection stays open without it. observed: a failure reaches somebody."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task that is started for the connection, and what becomes of its failure."""

    what: str
    fate: Fate
    feeds: bool
    """Whether it sends to the client."""
    span: Span
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()
    goes_on: bool = False
    """Whether it works on and on, and not for one answer."""
    of_process: bool = False
    """Whether it is one for all clients of the process, and not for this connection."""
    fails: bool = True
    """Whether an exception may leave it: false where it catches all of them itself."""
    writes: str | None = None
    """The state that it keeps up to date and the endpoint sends, where it does not send itself."""
    request: str | None = None
    """The route that is to start it, where it never starts and the route's request fails with it."""


@dataclass(frozen=True, slots=True)
class BrokenStep:
    """A step of an asynchronous generator that is cancelled, which finishes the generator, and then taken again.

    message: each message of the client cancels it. time: a time limit does, and the loop goes on.
    """

    what: str
    """The generator, as it is called."""
    by: OneOf["message", "time"]
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Exposure:
    """An awaited send to other clients in this connection's own loop, or in a request over HTTP: their failure ends it."""

    what: str
    span: Span
    evidence: tuple[Evidence, ...] = ()
    request: str | None = None
    """The route that waits for it; None for the connection's own loop."""
    saved: bool = False
    """Whether the request has saved a change before."""


@dataclass(frozen=True, slots=True)
class Floating:
    """Asynchronous work of a client whose rejection nobody handles.

    handler: an async event handler. call: an async function called without `await` or `catch`. promise: the same of
    a function that gives back a promise it rejects itself. chain: a `.then(...)` without a rejection handler.
    request: a request over HTTP whose answer nobody takes.
    """

    kind: OneOf["handler", "call", "promise", "chain", "request"]
    event: str
    """The socket's event that it belongs to ("message", "open", "close", "error"), "connect" for what makes the
    socket, "beside" for what is asked for over HTTP at the same time, else ""."""
    what: str
    risk: str
    """What may reject, as written."""
    span: Span
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Watching:
    """Which of a client's failure events is handled: `error` and `close`, and whether any tells of it.

    `tells`: a handler writes to a log, shows or stores the failure, or looks at the event's code or reason.
    `elsewhere`: the socket is also handed to code that cannot be read here, which may handle them too.
    """

    error: bool
    close: bool
    tells: bool
    elsewhere: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Background:
    """Work that runs beside the connection, and who sees it fail."""

    catches: tuple[Catch, ...] = ()
    spins: tuple[Spin, ...] = ()
    tasks: tuple[Task, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    broken_steps: tuple[BrokenStep, ...] = ()
    floating: tuple[Floating, ...] = ()
    watching: tuple[Watching, ...] = ()
    """One entry for a client, none for an endpoint."""
    rejections_are_reported: tuple[Evidence, ...] = ()
    """Where the application listens for `unhandledrejection`."""
