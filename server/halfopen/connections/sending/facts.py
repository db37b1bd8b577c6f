"""How an endpoint sends: guards, timeouts, broadcasts, queues, what a client that comes back is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.semantics.unit import Span

Held: TypeAlias = OneOf["sockets", "queues"]
Container: TypeAlias = OneOf["list", "set", "dict", "unknown"]


@dataclass(frozen=True, slots=True)
class Registry:
    """A container of this process that the endpoint enters its connection in."""

    name: str
    """As the code names it: `ConnectionManager.active_connections`."""
    held: Held
    """The sockets themselves (or objects around them), or one queue for each."""
    registered: Span
    """Where the endpoint's connection enters it."""
    reached_from: tuple[Evidence, ...] = ()
    """What sends to it beside a connection's own handler: other clients' handlers, requests, jobs."""
    evidence: tuple[Evidence, ...] = ()


Dispatch: TypeAlias = OneOf["sequential", "gather", "tasks", "queues"]
"""How a message goes to each client: one awaited after the other, all awaited together, a task for each that
nobody awaits, or put in a queue for each."""

Failure: TypeAlias = OneOf["caught", "disconnect-only", "propagates"]
"""What a failing send does to the clients after it: every exception is caught for each client, only
`WebSocketDisconnect` is (Starlette raises `RuntimeError` too once a socket is closed), or none is."""

LiveIteration: TypeAlias = OneOf["copied", "locked", "skips", "raises"]
"""What happens when a client leaves or joins while a broadcast awaits a send: nothing, since it goes over a copy
or holds the lock that the changes take; a list skips the next client; a set or dict raises RuntimeError."""


Repair: TypeAlias = OneOf["at any time", "the next one"]
"""at any time: it was written to a store before, or tells of a moment that passes, such as who is typing. the next one:
each message is the whole state."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A place that sends to every client of a registry."""

    span: Span
    """The send."""
    name: str
    """The function that goes through the clients: `ConnectionManager.broadcast`."""
    registry: str
    dispatch: Dispatch
    timeout: Fact[float | None]
    """Seconds that one client may take; None as a value: as long as it likes."""
    failure: Failure
    failure_is_seen: bool
    """Whether a failing send leaves a trace: a line in the log, a removal, an exception; not `except: pass`, nor
    results of `gather` that nobody looks at."""
    removes_failed: bool
    """Whether a client whose send failed leaves the registry."""
    live_iteration: LiveIteration
    iterated: Span | None
    """What a live loop goes over, as it stands in its head."""
    lock: str | None
    """The lock that is held while it sends, as the code names it."""
    is_called: Fact[bool]
    """Whether anything that runs calls it."""
    is_periodic: bool = False
    """Whether it is only made by loops that make it again after a pause, and go on where it fails."""
    made_good: Repair | None = None
    """How what a live loop may leave out is had again, where that holds for every way to it."""
    called_in: tuple[Evidence, ...] = ()
    """Who waits for it, or starts it: request handlers, a listener, the endpoint itself."""
    evidence: tuple[Evidence, ...] = ()
    of_one_key: bool = False
    """Whether it goes through the clients of one key of the registry: those of one job, one room."""

    @property
    def surely_runs(self) -> bool:
        """Whether something calls it in the process that holds the sockets, as far as the code tells."""
        called = self.is_called
        return isinstance(called, Known) and called.value and called.confidence > Confidence.LOW


ForeignCaller: TypeAlias = OneOf["own-event-loop", "no-event-loop", "task-queue-worker"]
"""own-event-loop: `asyncio.run` in a thread, another loop than the sockets'. no-event-loop: a thread that
asks for the running loop and has none. task-queue-worker: a Celery, RQ or Dramatiq
task, another process, whose registry is empty."""


@dataclass(frozen=True, slots=True)
class ForeignSend:
    """A broadcast that is started where the sockets do not live."""

    span: Span
    """The send; the first evidence is where it is started."""
    kind: ForeignCaller
    caller: str
    broadcast: str
    registry: str
    elsewhere: bool = True
    """Whether something starts the broadcast where the sockets do live as well."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class DroppedSubscriber:
    """A client's queue is taken out of the registry as too slow while its handler goes on waiting on it."""

    span: Span
    registry: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class SwallowedDeparture:
    """An endless loop that nobody reads beside goes on after a send that failed, so that the client's leaving ends nothing.

    `is_certain` False: `WebSocketDisconnect` does end the loop, but Starlette raises it from a send only since 0.36.
    """

    span: Span
    is_certain: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class SendQueue:
    """Messages that wait for one connection.

    `max_size` None as a value: no limit. `fed_by` are the places that put messages without waiting for the
    reader; a queue into which only the end marker is put holds nothing. `fed_by_others` are those of them that
    other clients, requests or jobs run: their number has nothing to do with this client. An "inbound-queue" is filled
    by the loop that reads the client.
    """

    span: Span
    name: str
    kind: OneOf["queue", "inbound-buffer", "inbound-queue"]
    max_size: Fact[int | None]
    fed_by: tuple[Evidence, ...] = ()
    fed_by_others: tuple[Evidence, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskPerMessage:
    """Each message that the client sends starts a task, and nothing limits how many run.

    `endless`: the task repeats until it is stopped. `is_limited`: a semaphore, a count or a wait bounds how many
    run. `is_guarded`: a task that still runs for the same thing is looked for, or cancelled, before another starts.
    `sends`: it sends to the client. `cancelled` is where the end of the connection cancels it.
    """

    span: Span
    name: str
    endless: bool
    is_limited: bool
    is_guarded: bool
    sends: bool
    cancelled: Span | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayOverlap:
    """A connection is registered for live messages before the stored ones are copied for it.

    What arrives in between is delivered live and again from the store.
    """

    span: Span
    registry: str
    store: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """Stored messages that each new connection is given one by one, whatever its client has seen of them."""

    store: str
    span: Span
    """The loop that sends them."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Drained:
    """A queue that outlives the connection is emptied before anything of it is sent, and nothing puts the rest back."""

    span: Span
    queue: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class UnsavedResult:
    """A text that is streamed to the client and stored only after the last send, which may fail before."""

    span: Span
    """The loop that streams it."""
    what: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class EarlyAnnouncement:
    """A message tells of a change that is committed, or written to a file or a store, only later.

    `flushed` is where the session has the change, uncommitted; None where it is written nowhere yet.
    """

    span: Span
    what: str
    flushed: Span | None
    committed: Span | None
    evidence: tuple[Evidence, ...] = ()
    is_called: Fact[bool] = Unknown("what calls it")


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The endpoint, or a listener that sends to its registry, hands on messages of a broker.

    Redis pub/sub and PostgreSQL's NOTIFY are at-most-once: what is published while a client is away is gone for it.
    `unstored` are the places that publish without writing to a store, `stored` those that write, `publishes` the first of
    all that the workspace has.
    """

    span: Span
    publishes: tuple[Evidence, ...] = ()
    unstored: tuple[Evidence, ...] = ()
    stored: tuple[Evidence, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """How an endpoint sends: guards, timeouts, broadcasts, queues, what a client that comes back is given."""

    registries: tuple[Registry, ...] = ()
    broadcasts: tuple[Broadcast, ...] = ()
    foreign_sends: tuple[ForeignSend, ...] = ()
    dropped_subscribers: tuple[DroppedSubscriber, ...] = ()
    swallowed_departures: tuple[SwallowedDeparture, ...] = ()
    queues: tuple[SendQueue, ...] = ()
    tasks_per_message: tuple[TaskPerMessage, ...] = ()
    replays: tuple[Replay, ...] = ()
    replay_overlaps: tuple[ReplayOverlap, ...] = ()
    early_announcements: tuple[EarlyAnnouncement, ...] = ()
    drained: tuple[Drained, ...] = ()
    unsaved: tuple[UnsavedResult, ...] = ()
    forwards: tuple[Forwarding, ...] = ()
    bridged: Fact[bool] = Unknown("a registry that the endpoint enters its connection in")
    """Whether messages reach the registry through a broker that every process listens to."""
    snapshot_on_connect: Fact[bool] = Unknown("the endpoint's function")
    """Whether a client that connects is given the state, or what it missed, before live messages."""
    resume_parameter: Fact[str] = Unknown("a parameter or first message that names what the client has seen")
    """The parameter by which a client says what it has seen (`last_id`, `since`); known only where there is one."""
