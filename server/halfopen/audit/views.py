"""What an audit shows: findings, connections and facts with their current places, in bytes of the file's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from halfopen.audit.finding import Finding


@dataclass(frozen=True, slots=True)
class LocatedEvidence:
    """Evidence with its current place, in bytes of the file's text."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding is not reported: a "comment" in the code with its place, or the "baseline" file."""

    kind: str
    reason: str
    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class SuppressionFault:
    """Something wrong with a suppression comment; `start` to `end` are its bytes, `line` counts from 1.

    `code` is "unused-suppression" or "invalid-suppression". `removal` replaces bytes by a text: what takes the
    unused part away.
    """

    path: str
    start: int
    end: int
    line: int
    code: str
    message: str
    removal: tuple[int, int, str] | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with its current place, in bytes of the file's text."""

    finding: Finding
    path: str
    start: int
    end: int
    evidence: tuple[LocatedEvidence, ...]
    suppression: Suppression | None = None

    @property
    def suppressed(self) -> bool:
        return self.suppression is not None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the input that a person should know: a file left out, a syntax error.

    `line` counts from 1; None where the whole file is meant. `kind` is one of "syntax", "encoding",
    "too-large", "too-slow", "generated", "settings", "unreadable", "rule", "deployment", "suppression", "baseline".
    """

    path: str
    line: int | None
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact as surfaces show it: `value` in plain types, or what would settle it.

    `confidence` is "high", "medium" or "low", None for an unknown fact.
    """

    known: bool
    value: object = None
    confidence: str | None = None
    settled_by: str | None = None
    evidence: tuple[LocatedEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceView:
    """Something a connection acquires: where, how it is released, and how it leaks (`LeakKind`)."""

    kind: str
    what: str
    owner: str
    acquired: LocatedEvidence
    released_by: tuple[LocatedEvidence, ...]
    leaks: tuple[tuple[str, tuple[LocatedEvidence, ...]], ...]


@dataclass(frozen=True, slots=True)
class LinkView:
    """The other side of a connection: its id, "certain" or "likely", and why."""

    other: str
    strength: str
    evidence: tuple[LocatedEvidence, ...]


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as surfaces show it: who, where, and the other side. Byte offsets, like findings.

    `open_questions` says what would settle each part of its address and facts that the code leaves open.
    """

    id: str
    side: str
    path: str
    start: int
    end: int
    name: str
    library: str
    linked_to: tuple[str, ...]
    facts: Mapping[str, FactView]
    links: tuple[LinkView, ...] = ()
    resources: tuple[ResourceView, ...] = ()
    open_questions: tuple[str, ...] = ()
    site: LocatedEvidence | None = None
    """The `new WebSocket(...)`, the library's call, or the endpoint's definition."""
