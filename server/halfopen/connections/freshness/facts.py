"""Whether handlers see current props and state, and how often the socket is made anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Unknown
from halfopen.semantics.unit import Span

ChurnCause: TypeAlias = OneOf["each-render", "own-open", "own-message", "own-effect", "typing"]
"""Why an effect runs again and again.

each-render: a dependency is a function, object or array made anew on each render, or another value each time.
own-open: a dependency is state that the open handler sets. own-message: state that the message handler sets.
own-effect: state that the effect itself changes. typing: state that an input's change handler sets.
"""


@dataclass(frozen=True, slots=True)
class Churn:
    """An effect that closes and reopens the socket, or leaves and enters a subscription, far too often."""

    role: OneOf["socket", "subscription"]
    cause: ChurnCause
    dependency: str
    """The dependency as written."""
    source: str
    """What changes: the function, object or array that is new, or the state's name."""
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class StaleRead:
    """A handler that reads state as it was when the socket was made. `decides`: it compares with it."""

    name: str
    handler: str
    """The event whose handler reads it."""
    decides: bool
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class FrozenHook:
    """What a hook returned on the first render, kept in a ref for ever: later state never reaches its user."""

    hook: str
    state: str
    span: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether handlers see current props and state, and how often the socket is made anew."""

    churn: tuple[Churn, ...] = ()
    stale_reads: tuple[StaleRead, ...] = ()
    frozen_hooks: tuple[FrozenHook, ...] = ()
    compiled: Fact[bool] = Unknown(
        "the build's configuration: vite.config.ts, next.config.js, babel.config.js"
    )
    """Whether the React Compiler is set up, which keeps the identity of what a component makes."""
