"""What a rule reports: one defect of one connection."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from halfopen.connections.facts import Confidence, Evidence, Place
from halfopen.edits.changes import FileChanges
from halfopen.semantics.unit import Span

if TYPE_CHECKING:
    from halfopen.source import SourceText

__all__ = ["Confidence", "Finding", "Fix", "Severity", "TextOf"]


class Severity(enum.IntEnum):
    """The specification's four classes, ordered by weight."""

    MONITOR = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


TextOf = Callable[[str], "SourceText | None"]
"""Gives the current text of a workspace file, or None where there is none."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that removes the defect.

    `safe` fixes keep behaviour but for the defect and take part in fix-on-save. `build` computes the
    edits when they are asked for, from the current text of the files; it returns an empty mapping
    where the code changed in a way that the fix no longer applies to. A rule that runs again makes
    another `build` for the same defect: it does not tell two fixes apart.
    """

    title: str
    safe: bool
    build: Callable[[TextOf, Callable[[Span], tuple[int, int] | None]], Mapping[str, FileChanges]] = field(
        compare=False
    )
    """Called with the text of files and with `locate`, which gives the absolute byte range of a span."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect. `message` names the concrete thing and the number that matters.

    `span` is what the editor underlines: code, or a line of a deployment file. `evidence` are the places that explain the finding, in the
    order a reader needs them. `effects` names further rules whose defect has this same root cause.
    """

    code: str
    slug: str
    severity: Severity
    confidence: Confidence
    span: Place
    message: str
    connection: str
    evidence: tuple[Evidence, ...] = ()
    fixes: tuple[Fix, ...] = ()
    effects: tuple[str, ...] = ()
