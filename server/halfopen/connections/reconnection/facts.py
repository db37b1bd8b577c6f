"""What a client does after its connection ended: trigger, delay, cap, jitter, attempts, reset, close codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.semantics.unit import Span

TriggerKind: TypeAlias = OneOf[
    "close", "error", "state", "interval", "online", "visible", "manual", "library", "loop"
]
"""What sets the connection up again.

close, error: the socket's own handler, at once or by a timer. state: the handler changes state that the
effect which connects depends on. interval: a clock that looks whether the socket is there. online, visible:
the network or the page is back. manual: a person's click. library: the library itself. loop: a loop around
the connection (Python).
"""

AUTOMATIC: frozenset[TriggerKind] = frozenset({"close", "error", "state", "interval", "library", "loop"})
"""Those that need neither a person nor an event of the browser."""

Growth: TypeAlias = OneOf["fixed", "linear", "exponential", "table", "unknown"]
Jitter: TypeAlias = OneOf["none", "per_client", "per_attempt", "unknown"]
"""`per_client`: one random number for the page's life, so the retries of one client stay regular."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How long is waited before a retry, in milliseconds.

    `initial_ms` is the wait before the first one, `max_ms` the longest: None where it grows without end, or
    where it is not known (`growth` "unknown"). Jitter is left out of both.
    """

    growth: Growth
    initial_ms: float | None
    max_ms: float | None
    jitter: Jitter
    factor: float | None = None
    """What the delay is multiplied with for each attempt, of an exponential one."""
    steps_ms: tuple[float, ...] = ()
    """The delays of a table, in order."""
    spread_ms: float | None = None
    """How far apart chance puts the earliest and the latest first retry; None: unknown, or no chance."""

    def wait_ms(self, attempt: int) -> float | None:
        """The wait before a retry, the first having the number 0; None where it is not known."""
        if self.initial_ms is None:
            return None
        match self.growth:
            case "fixed":
                return self.initial_ms
            case "linear":
                wait = self.initial_ms * (attempt + 1)
            case "exponential":
                wait = self.initial_ms * (self.factor or 2.0) ** min(attempt, 64)
            case "table":
                return self.steps_ms[min(attempt, len(self.steps_ms) - 1)] if self.steps_ms else None
            case "unknown":
                return None
        return wait if self.max_ms is None else min(wait, self.max_ms)


AT_ONCE = Delay("fixed", 0.0, 0.0, "none")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One way in which the connection is set up again.

    `place` is the timer, call or option that does it; `delay_place` the expression of the delay. `codes` are
    the close codes that do set it off among those that matter, None where the code plays no part; `asks_clean`
    whether `wasClean` decides. `limit` is the number of attempts after which it stops; None as value: never.
    """

    kind: TriggerKind
    place: Span
    delay: Fact[Delay]
    delay_place: Span | None = None
    codes: tuple[int, ...] | None = None
    asks_clean: bool = False
    limit: Fact[int | None] = Unknown("the conditions on the way to the retry")
    stopped_by: tuple[str, ...] = ()
    """Names that keep it from running: `unmounted`, `this.intentional`, the comparison with the current socket."""
    counted_by: frozenset[str] = frozenset()
    """The names that the delay is computed from."""
    evidence: tuple[Evidence, ...] = ()
    limit_places: tuple[Span, ...] = ()
    """The numbers in the code that make up the limit; empty where they cannot be told."""

    @property
    def is_automatic(self) -> bool:
        return self.kind in AUTOMATIC


@dataclass(frozen=True, slots=True)
class EffectRepair:
    """An effect that makes its socket itself, so that a change of its dependencies can connect again.

    `made` is the statement that makes the socket, `socket` the variable that it gives it to.
    """

    effect: Span
    callback: Span
    dependencies: Span
    made: Span
    socket: str


@dataclass(frozen=True, slots=True)
class ConnectRepair:
    """A function of a class, a store or a module that makes the socket, so that it can be called again.

    `home` is the class, or what stands at the top level of the file; `made` the statement that makes the socket, `socket`
    what it gives it to, `connect` the call that makes the next one. `closes` are the statements that close it on purpose.
    """

    kind: OneOf["class", "page"]
    home: Span
    made: Span
    socket: str
    connect: str
    closes: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Renewal:
    """What makes the next socket although nothing reconnects.

    send: `by` connects where there is no open socket, and sends. switch: a hook of a library connects while `by` holds.
    call: `by` connects each time that it is called.
    """

    kind: OneOf["send", "switch", "call"]
    by: str
    evidence: tuple[Evidence, ...] = ()


_NO: Fact[bool] = Known(False)


@dataclass(frozen=True, slots=True)
class Reconnection:
    """What a client does after its connection ended."""

    automatic: Fact[bool] = Unknown("the client's code")
    """Whether it connects again by itself."""
    triggers: tuple[Trigger, ...] = ()
    attempts: Fact[int | None] = Unknown("the client's code")
    """After how many attempts it stops for good. None as a value: never."""
    reset: Fact[OneOf["on_open", "on_message", "stable_uptime", "on_attempt", "never"]] = Unknown(
        "where the attempts are counted"
    )
    """When the attempts count from zero again; on_attempt: with each, so that they never count."""
    after_server_close: Fact[bool] = Unknown("the conditions on the way to the retry")
    """Whether a library comes back after a close that the server meant: socket.io stays away."""
    one_shot: Fact[bool] = _NO
    """Whether the socket is opened for one answer, and closed when that has come."""
    falls_back: Fact[bool] = _NO
    """Whether the close handler starts to poll instead."""
    polls: Fact[bool] = _NO
    """Whether the page asks for the same data at an interval all along: the socket only makes it faster."""
    close_handler: Span | None = None
    """The function that runs when the connection ends."""
    repair: EffectRepair | ConnectRepair | None = None
    """Where reconnecting would be added."""
    renewal: Renewal | None = None
    """What makes the next socket besides, when a person or other code has it made."""
    is_refused: bool = False
    """Whether an option of a library says in so many words that it shall not connect again."""

    @property
    def first(self) -> Trigger | None:
        """The automatic way that is taken first, before all after a lost connection."""
        found = [each for each in self.triggers if each.is_automatic]
        return next(
            (each for each in found if each.codes is None or 1006 in each.codes), next(iter(found), None)
        )
