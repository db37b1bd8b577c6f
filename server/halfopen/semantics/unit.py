"""Units: the top-level statements of a file, each lowered at most once and reused by content."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from halfopen.semantics.tree import Statement

if TYPE_CHECKING:
    from halfopen.semantics.scopes import UnitIndex

_WORD = re.compile(rb"#?[\w$\x80-\xff]+")
_MEMBER = re.compile(rb"\.(#?[\w$\x80-\xff]+)")
_CALLED = re.compile(rb"(?<![\w$\x80-\xff])(#?[\w$\x80-\xff]++)(?=\s*+(?:\(|\?\.\s*\(|<))")

T = TypeVar("T")
Lower = Callable[[], tuple[Statement, ...]]


class Unit:
    """One top-level statement of a file, its nodes' offsets relative to its own start.

    `text` is the statement's bytes; it decides whether the unit can be reused after an edit.
    `language` is "python" or "typescript" (every JavaScript dialect). The neutral tree is made when
    `body` is first asked for.
    """

    __slots__ = (
        "_body",
        "_called",
        "_derived",
        "_lower",
        "_members",
        "_words",
        "has_error",
        "index",
        "language",
        "text",
    )

    def __init__(self, text: bytes, language: str, lower: Lower, has_error: bool = False) -> None:
        self.text = text
        self.language = language
        self.has_error = has_error
        self.index: UnitIndex | None = None
        """What `scopes.index_of` made: it is asked for more often than anything else."""
        self._derived: dict[Hashable, Any] = {}
        self._lower: Lower | None = lower
        self._body: tuple[Statement, ...] = ()
        self._words: frozenset[bytes] | None = None
        self._members: frozenset[bytes] | None = None
        self._called: frozenset[bytes] | None = None

    @property
    def body(self) -> tuple[Statement, ...]:
        """The neutral tree of the statement (several statements where one line declares several)."""
        if self._lower is not None:
            self._body = self._lower()
            self._lower = None
        return self._body

    @property
    def words(self) -> frozenset[bytes]:
        """Every word of the text: a superset of the identifiers in it."""
        if self._words is None:
            self._words = words_of(self.text)
        return self._words

    @property
    def members(self) -> frozenset[bytes]:
        """Every word right after a dot: a superset of the members that are named on the dot's line."""
        if self._members is None:
            self._members = frozenset(_MEMBER.findall(self.text))
        return self._members

    @property
    def called(self) -> frozenset[bytes]:
        """Every word that is called, as text: `name(`, `name?.(` or `name<T>(`."""
        if self._called is None:
            self._called = frozenset(_CALLED.findall(self.text))
        return self._called

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` derives from this unit alone, made once for each key."""
        found = self._derived.get(key, self)
        if found is self:
            found = self._derived[key] = make()
        return found

    def __repr__(self) -> str:
        return f"Unit({self.text[:40]!r})"


def words_of(text: bytes) -> frozenset[bytes]:
    """Every word of a text, as bytes."""
    return frozenset(_WORD.findall(text))


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit and where it stands in its file now (byte offset)."""

    unit: Unit
    start: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of code that keeps its meaning when lines above it move: bytes relative to a unit."""

    path: str
    """Relative to the workspace root, with "/"."""
    unit: Unit
    start: int
    end: int
