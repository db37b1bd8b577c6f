"""The audit: one engine for editor, command line and report.

An `Auditor` watches one workspace root. Surfaces tell it what changed (`open`, `changed`, `close`,
`touched`), call `refresh`, and show `findings`. Positions in what it returns are absolute byte
offsets in the file's current text; a surface converts them with `text(path)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from halfopen.audit.finding import Finding, Fix
from halfopen.audit.settings import Settings
from halfopen.edits.changes import FileChanges
from halfopen.source import Document, SourceText

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with how many of how many files are done, and the one at hand."""


@dataclass(frozen=True, slots=True)
class LocatedEvidence:
    """Evidence with its current place, in bytes of the file's text."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with its current place, in bytes of the file's text."""

    finding: Finding
    path: str
    start: int
    end: int
    evidence: tuple[LocatedEvidence, ...]
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the input that a person should know: a file left out, a syntax error.

    `line` counts from 1; None where the whole file is meant. `kind` is one of "syntax", "encoding",
    "too-large", "too-slow", "settings", "unreadable", "rule", "deployment".
    """

    path: str
    line: int | None
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as surfaces show it: who, where, and the other side. Byte offsets, like findings."""

    id: str
    side: str
    path: str
    start: int
    end: int
    name: str
    library: str
    linked_to: tuple[str, ...]
    facts: Mapping[str, object]


class Auditor:
    """The audit of one workspace root. Not thread-safe: callers serialise their calls."""

    def __init__(self, root: Path, settings: Settings, only: Iterable[Path] = ()) -> None:
        """`only` narrows what findings are shown for (the paths given to the command); all is still read."""
