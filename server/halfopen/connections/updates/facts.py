"""What messages do to state: copies or mutations, optimistic changes, versions, reads before an await."""

from __future__ import annotations

from dataclasses import dataclass, field

from halfopen.connections.facts import Evidence
from halfopen.semantics.unit import Span


@dataclass(frozen=True, slots=True)
class Mutation:
    """State that a handler changes in place.

    `how` is the method, "assignment" or "delete". `in_store`: it is a store's, otherwise React's own.
    `renewed`: a copy is set afterwards, so that what reads it does render.
    """

    place: Span
    state: str
    how: str
    in_store: bool
    renewed: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Updates:
    """What messages do to state: copies or mutations, optimistic changes, versions, reads before an await."""

    mutations: tuple[Mutation, ...] = field(default=())
