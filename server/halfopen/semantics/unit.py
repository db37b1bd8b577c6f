"""Units: the top-level statements of a file, each lowered once and reused by content."""

from __future__ import annotations

from dataclasses import dataclass, field

from halfopen.semantics.tree import Statement


@dataclass(slots=True, eq=False)
class Unit:
    """One top-level statement of a file with its nodes' offsets relative to its own start.

    `text` is the statement's bytes; it decides whether the unit can be reused. `language` is
    "python" or "typescript" (every JavaScript dialect). `has_error` says that tree-sitter could not read all of it.
    """

    text: bytes
    language: str
    body: tuple[Statement, ...]
    has_error: bool = False
    memo: dict[str, object] = field(default_factory=dict[str, object], repr=False)
    """Derived, position-free knowledge (scopes, parents), computed on first use."""


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
