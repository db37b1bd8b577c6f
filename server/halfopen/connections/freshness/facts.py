"""Whether handlers see current props and state, and how often the socket is made anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Unknown
from halfopen.semantics.unit import Span

ChurnCause: TypeAlias = OneOf["each-render", "own-open", "own-message", "own-effect", "typing", "unread"]
"""Why an effect runs again and again.

each-render: a dependency is a function, object or array made anew on each render, or another value each time.
own-open: a dependency is state that the open handler sets. own-message: state that the message handler sets.
own-effect: state that the effect itself changes. typing: state that an input's change handler sets.
unread: an object or list of a state that the effect does not even read.
"""


@dataclass(frozen=True, slots=True)
class Churn:
    """An effect that closes and reopens the socket, leaves and enters a subscription, or asks for data, far too often."""

    role: OneOf["socket", "subscription", "request"]
    cause: ChurnCause
    dependency: str
    """The dependency as written."""
    source: str
    """What changes: the function, object or array that is new, or the state's name."""
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class StaleRead:
    """A handler that reads state as it was when the socket was made. `decides`: it compares with it.

    `is_handed_on`: a component gave it to the hook, class or store that has the socket.
    """

    name: str
    handler: str
    """The event whose handler reads it."""
    decides: bool
    span: Span
    evidence: tuple[Evidence, ...] = ()
    is_handed_on: bool = False


@dataclass(frozen=True, slots=True)
class FrozenHook:
    """What a hook returned on the first render, kept in a ref for ever: later state never reaches its user."""

    hook: str
    state: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Reapplied:
    """An effect that acts on the latest message and runs again on each render.

    `message` is the state that holds it, `dependency` what is new each time, `source` what makes it so, `sets` the
    state that the effect itself changes by each run, which leads to the next one ("" where it changes none).
    """

    message: str
    dependency: str
    source: str
    sets: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether handlers see current props and state, and how often the socket is made anew."""

    churn: tuple[Churn, ...] = ()
    stale_reads: tuple[StaleRead, ...] = ()
    frozen_hooks: tuple[FrozenHook, ...] = ()
    reapplied: tuple[Reapplied, ...] = ()
    compiled: Fact[bool] = Unknown(
        "the build's configuration: vite.config.ts, next.config.js, babel.config.js"
    )
    """Whether the React Compiler is set up, which keeps the identity of what a component makes."""
