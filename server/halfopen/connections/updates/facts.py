"""What messages do to state: copies or mutations, optimistic changes, versions, reads before an await."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

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


How: TypeAlias = OneOf["replaced", "appended", "merged", "counted", "removed", "cleared"]
"""How a write makes the new value: by itself, from the old one and more, by changing a part, by a number more or
less, by leaving some out, or empty."""


@dataclass(frozen=True, slots=True)
class Write:
    """State that messages set.

    `how` is the write that rests most on the old value. `bounded`: the new value is cut to a length. `emptied`:
    something, somewhere, makes it empty or shorter. `restarted`: a message or a new
    socket does, or sets it whole. `refetched` is where an answer to a request sets it whole,
    `polled` whether a clock asks for that. `after_close`: the close handler sets it too. `awaited`: the handler
    waits for something else before it sets it, so that a later message may overtake it. `is_conversation`: what a
    person sends is added to it as well. `joins_text`: pieces of a text are put together, no entries into a list.
    """

    state: str
    place: Span
    how: How
    in_store: bool
    bounded: bool = False
    deduplicated: bool = False
    emptied: bool = False
    restarted: bool = False
    refetched: tuple[Evidence, ...] = ()
    versioned: bool = False
    polled: bool = False
    after_close: bool = False
    awaited: tuple[Evidence, ...] = ()
    marks_progress: bool = False
    is_conversation: bool = False
    joins_text: bool = False
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """State that the user's action sets before the server answered, and that messages take back.

    `rolled_back`: the close handler takes it back too. `is_flag`: it only says that something is under way.
    """

    state: str
    place: Span
    rolled_back: bool
    is_flag: bool = False
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class MergedSnapshot:
    """A state that is given all that the server has by laying it over what was there: what is gone there stays."""

    state: str
    place: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A state that holds the latest message alone, which an effect copies into a list (`kept_in`) after a render.

    `place` is where a message sets it. Of two messages between two renders only the second is copied.
    """

    state: str
    kept_in: str
    place: Span
    in_store: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class LostDraft:
    """What a person types and messages take away.

    cleared: an effect empties `draft` whenever `by`, which messages make anew, is another object. replaced: messages
    set `draft` whole, and what is typed goes out whole as well.
    """

    how: OneOf["cleared", "replaced"]
    draft: str
    by: str
    place: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class UncorrectedControl:
    """A control's state that changes as soon as a person moves it, and that no event of the socket ever sets."""

    state: str
    place: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Echo:
    """A request that changes something on the server, made because a message of the server came."""

    place: Span
    request: Span
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Updates:
    """What messages do to state: copies or mutations, optimistic changes, versions, reads before an await."""

    writes: tuple[Write, ...] = field(default=())
    mutations: tuple[Mutation, ...] = field(default=())
    pending: tuple[Pending, ...] = field(default=())
    echoes: tuple[Echo, ...] = field(default=())
    overtaken: tuple[Overtaken, ...] = field(default=())
    merged_snapshots: tuple[MergedSnapshot, ...] = field(default=())
    lost_drafts: tuple[LostDraft, ...] = field(default=())
    uncorrected_controls: tuple[UncorrectedControl, ...] = field(default=())
    refetches: tuple[Evidence, ...] = field(default=())
    """Where messages make the page ask for data anew, without bringing them."""
    other_effects: bool = False
    """Whether messages also change what is no state of React or Zustand: the page itself, another library's state."""
