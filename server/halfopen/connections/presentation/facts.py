"""What the user sees: the states told apart, whether they reach the screen, what stands in while there is no connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Unknown
from halfopen.semantics.unit import Span

Overwrites: TypeAlias = OneOf["reference", "reconnect", "timer", "status"]
"""What a late close event does to the state that its successor now owns.

reference: drops the variable, ref or field that holds the newer socket. reconnect: sets up one socket more.
timer: stops the newer socket's heartbeat or retry. status: says that there is no connection.
"""

Succession: TypeAlias = OneOf["dependencies", "replaced", "called-again"]
"""How a socket comes to have a successor while its own close event is still to come.

dependencies: the effect closes it and runs again. replaced: the function that makes a socket closes the one
before. called-again: whoever lets go of it may ask for a new one at once.
"""


@dataclass(frozen=True, slots=True)
class LateEvent:
    """Something that the close event of a socket closed on purpose does, without asking whose event it is."""

    overwrites: Overwrites
    what: str
    """The state as the code names it: `wsRef.current`, `setStatus("disconnected")`."""
    span: Span
    evidence: tuple[Evidence, ...] = ()
    flag: str = ""
    """What it asks for whether the close was meant, where connecting anew sets that back before the event comes."""


@dataclass(frozen=True, slots=True)
class SaidConnecting:
    """Words of connecting that the page shows whenever it is not connected, where nothing connects again after a loss."""

    words: str
    state: str
    span: Span
    """Where the close handler sets the state."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Successor:
    """How the next socket is made while the one before is still closing."""

    kind: Succession
    by: str
    """What makes it, in the code's words: `[channel]`, `connect`."""
    span: Span
    evidence: tuple[Evidence, ...] = ()
    is_let_go: bool = True
    """Whether anything calls what closes the socket before."""
    is_by_hand: bool = False
    """Whether a person does both, by two acts one after the other: the close event has mostly come by the second."""


@dataclass(frozen=True, slots=True)
class ParallelSocket:
    """A function that refuses to connect twice only once the first socket is open: calls before that open another."""

    function: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A flag that keeps a second connect away and that a way out of the first leaves set: no connect works any more."""

    flag: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptIntent:
    """A flag that tells the close handler that the close is meant, set by a release and never taken back.

    `by` is what lets go of one socket and makes the next, in the code's words: the lost end of the next one then
    counts as meant too.
    """

    flag: str
    by: str
    span: Span
    evidence: tuple[Evidence, ...] = ()
    setter: str = "The cleanup"
    """Who sets it, as a sentence begins."""


@dataclass(frozen=True, slots=True)
class KeptStatus:
    """A status on the page that says what opening set, while the client waits for its next attempt.

    `failures_told`: the error handler sets a state that is shown; it does not run where a server closes properly.
    """

    state: str
    place: Span
    failures_told: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class PromisedStatus:
    """A status on the page that is set when connecting is done, and that no end of the connection takes back."""

    state: str
    place: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptError:
    """A sentence on the page that says that the connection has failed, and that connecting again does not take away."""

    state: str
    place: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """What a component shows in place of its content while there is no connection."""

    component: str
    until: str
    """The condition, as written."""
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class StuckFlag:
    """A flag on the screen ("loading") that only a message of the socket takes back."""

    name: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Loading:
    """The requests that fill a state, where nothing makes them again by itself.

    `is_once`: all are made as a part of the page opens, whatever it then shows. `by_hand`: some are because a person
    presses something.
    """

    evidence: tuple[Evidence, ...]
    is_once: bool
    by_hand: bool


@dataclass(frozen=True, slots=True)
class SocketData:
    """State that the socket's messages fill and the screen shows. `is_feed`: each message is appended to a list."""

    name: str
    is_feed: bool
    kept_in: OneOf["state", "store"]
    """A component's own state, or a store, which any part of the page may fill from elsewhere."""
    span: Span
    other_sources: tuple[Evidence, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    polled: tuple[Evidence, ...] = ()
    """Those of the other sources that each turn of an interval asks."""
    is_momentary: bool = False
    """Whether it is about this moment alone: who is typing, where a cursor stands."""
    loading: Loading | None = None


@dataclass(frozen=True, slots=True)
class SwitchedPoll:
    """A poll that a setting turns off wherever it turns the socket on: it does not stand in when the socket fails."""

    setting: str
    span: Span
    evidence: tuple[Evidence, ...] = ()
    by_hand: bool = False
    """Whether a person can have the same asked for by a button."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """What the user sees: the states told apart, whether they reach the screen, what stands in while there is no connection.

    `captures`: the code that makes the socket records sound or pictures, whose results are of this connection alone.
    """

    knows_state: Fact[bool] = Unknown("the handlers of the socket")
    """Whether the code asks for the socket's state in any way: an open, close or error handler, or `readyState`."""
    only_logged: tuple[Evidence, ...] = ()
    """The handlers of open, close and error where all of them do nothing but log, and nothing reads `readyState`."""
    is_only_watched: bool = False
    """Whether all that becomes of its events, the messages too, are lines of a log: nothing rests on the connection."""
    successor: Successor | None = None
    late_events: tuple[LateEvent, ...] = ()
    parallel: ParallelSocket | None = None
    held_lock: HeldLock | None = None
    kept_intent: KeptIntent | None = None
    retries: Fact[bool] = Unknown("the close handler")
    """Whether the connection is set up again by itself after it was lost."""
    close_handler: Span | None = None
    status_shown: Fact[bool] = Unknown("the component that shows the status")
    """Whether the loss of the connection, or the status kept of it, reaches an element, a toast or the page."""
    kept_status: KeptStatus | None = None
    promised_status: tuple[PromisedStatus, ...] = ()
    kept_error: KeptError | None = None
    said_connecting: SaidConnecting | None = None
    blocked: tuple[Blocked, ...] = ()
    withheld: tuple[Span, ...] = ()
    """The elements that are disabled while there is no connection, and the forms that such a button sends off."""
    stuck_flags: tuple[StuckFlag, ...] = ()
    data: tuple[SocketData, ...] = ()
    captures: bool = False
    switched_polls: tuple[SwitchedPoll, ...] = ()
    stays_mounted: bool = False
    """Whether the component that makes the socket is mounted once, at the application's root, and its effect runs once."""
