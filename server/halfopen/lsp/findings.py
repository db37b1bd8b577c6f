"""Findings as they travel from the worker to the editor: placed in lines and columns, and immutable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lsprotocol import types

if TYPE_CHECKING:
    from halfopen.audit.finding import Finding


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """A reason for a finding. `path` is relative to the audited folder."""

    uri: str
    path: str
    range: types.Range
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding at its place in a document, in the columns agreed with the client.

    `key` stays the same while the finding does, wherever edits move it.
    """

    key: str
    finding: Finding
    range: types.Range
    evidence: tuple[ShownEvidence, ...]


@dataclass(frozen=True, slots=True)
class ShownFault:
    """A suppression comment with something wrong, at its place; `key` stays while it does."""

    key: str
    range: types.Range
    code: str
    message: str
    removable: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All there is to show of one file.

    `opening` and `edition` say which text was audited: the editor's document as numbered by
    `halfopen.lsp.view`, or (None, 0) for the file on disk. `settings` are places of a settings file
    that cannot be used, with what to do about each.
    """

    uri: str
    opening: int | None
    edition: int
    findings: tuple[Shown, ...] = ()
    settings: tuple[tuple[types.Range, str], ...] = ()
    suppressions: tuple[ShownFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits of one file that a fix makes, for the text that `opening` and `edition` name as above.

    `creates` marks a file that is not there yet: the edits fill it.
    """

    uri: str
    opening: int | None
    edition: int
    edits: tuple[types.TextEdit, ...]
    creates: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the client's log; also shown to the person where `shown`."""

    message: str
    type: types.MessageType
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Began:
    """An audit began. `first` marks the pass over a folder that was not audited before."""

    first: bool


@dataclass(frozen=True, slots=True)
class Progressed:
    """`done` of `total` files are audited; `path` is the one at hand."""

    done: int
    total: int
    path: str


@dataclass(frozen=True, slots=True)
class Ended:
    """An audit ended. `changes` counts the changes of the workspace that it has seen.

    `outcome` is "complete", "cancelled" (by the person), or "failed" (an error, which is logged).
    """

    changes: int
    outcome: str
    files: int
    milliseconds: float


Event: TypeAlias = Report | Note | Began | Progressed | Ended
