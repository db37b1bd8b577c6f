"""What is known of a connection, and on what grounds: three states, never two.

A fact is `Known`, with the evidence for its value, or `Unknown`, with the file or setting that would
settle it. A rule's confidence is that of its weakest fact; an unknown that matters becomes an entry
of the report's needs-confirmation list.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from halfopen.semantics.unit import Span

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Confidence(enum.IntEnum):
    """How sure a statement is. Ordered: the weakest of several decides."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Line:
    """A whole line of a file that is not code (nginx.conf, a lock file), counted from 1."""

    path: str
    line: int


Place: TypeAlias = Span | Line


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a fact: where it stands and what it says, in words a person reads."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A value with the evidence for it."""

    value: T_co
    evidence: tuple[Evidence, ...] = ()
    confidence: Confidence = Confidence.HIGH


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the code does not show, with what would settle it, named as a person would look for it."""

    settled_by: str
    evidence: tuple[Evidence, ...] = ()


Fact: TypeAlias = Known[T] | Unknown


def weakest(*facts: Known[object] | Unknown) -> Confidence:
    """The confidence of a conclusion drawn from these facts: an unknown one makes it low."""
    return min(
        (fact.confidence if isinstance(fact, Known) else Confidence.LOW for fact in facts),
        default=Confidence.HIGH,
    )
