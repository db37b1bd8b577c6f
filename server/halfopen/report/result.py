"""What one audit found, in plain data with human positions: the input of every output format.

Lines and columns count from 1, columns in code points; an end column is exclusive. Paths are
relative to the audited directory, with "/".
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from halfopen.audit.account import Assessment
from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.fingerprints import Identity
from halfopen.audit.score import readiness
from halfopen.audit.targets import Targets
from halfopen.audit.views import Problem, Suppression
from halfopen.edits.changes import FileChanges
from halfopen.source import SourceText


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A stretch of a file."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class ReportedEvidence:
    """One reason for a finding and where it stands."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class ReportedFix:
    """A fix that the editor offers. `changes` are its edits, in bytes of each file's text."""

    title: str
    safe: bool
    changes: Mapping[str, FileChanges] = field(
        default_factory=dict[str, FileChanges], compare=False, repr=False
    )


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """A finding. `connection` is the id of the connection that it is about."""

    code: str
    slug: str
    severity: Severity
    confidence: Confidence
    place: Place
    message: str
    connection: str
    evidence: tuple[ReportedEvidence, ...] = ()
    fixes: tuple[ReportedFix, ...] = ()
    effects: tuple[str, ...] = ()
    suppressed: bool = False
    suppression: Suppression | None = None
    """Why it is suppressed."""
    identity: Identity | None = None
    """What a baseline knows it by."""
    fingerprint: str = ""
    """Names the finding by its code and what stands there, wherever the lines move (`audit.fingerprints`)."""


@dataclass(frozen=True, slots=True)
class ReportedFact:
    """A fact: its value in plain types with its confidence, or what would settle it."""

    known: bool
    value: object = None
    confidence: str | None = None
    settled_by: str | None = None
    evidence: tuple[ReportedEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedLeak:
    """One way in which a resource outlives its owner; `kind` as in `connections.dossier.LeakKind`."""

    kind: str
    evidence: tuple[ReportedEvidence, ...]


@dataclass(frozen=True, slots=True)
class ReportedResource:
    """Something a connection acquires, where, and how it is released."""

    kind: str
    what: str
    owner: str
    place: Place
    released_by: tuple[ReportedEvidence, ...]
    leaks: tuple[ReportedLeak, ...]


@dataclass(frozen=True, slots=True)
class ReportedLink:
    """The other side of a connection: its id, "certain" or "likely", and why."""

    other: str
    strength: str
    evidence: tuple[ReportedEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedConnection:
    """A connection. `side` is "client" or "server"; `linked_to` are the ids of its other sides."""

    id: str
    side: str
    name: str
    library: str
    place: Place
    linked_to: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
    """`ReportedFact`s by name, or values already plain."""
    links: tuple[ReportedLink, ...] = ()
    resources: tuple[ReportedResource, ...] = ()
    open_questions: tuple[str, ...] = ()


LinesOf = Callable[[str], Sequence[str]]
"""The lines of a file without their ends; empty where the file is not known."""


def _no_text(_: str) -> SourceText | None:
    return None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a fix as a unified diff. `is_new`: the fix makes it. `shown_at`: the finding that shows the same."""

    path: str
    is_new: bool
    diff: str
    shown_at: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedChange:
    """A fix as it would change the files."""

    title: str
    safe: bool
    files: tuple[ChangedFile, ...]


@dataclass(frozen=True, slots=True)
class ReportedMitigation:
    """What keeps a connection from having a rule's defect."""

    code: str
    connection: str
    what: str
    evidence: tuple[ReportedEvidence, ...]


@dataclass(frozen=True, slots=True)
class ReportedSuspicion:
    """A rule that would speak of a connection if `words` were true; `settled_by` says where to look."""

    code: str
    connection: str
    severity: Severity
    message: str
    words: str
    settled_by: str


@dataclass(frozen=True, slots=True)
class ReportedStart:
    """A place that starts the server. `service` is its name in a compose file or the like."""

    server: str
    command: str
    port: int | None
    service: str | None
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Depth:
    """What only a full report asks for, each computed when it is asked."""

    assess: Callable[[ReportedFinding], Assessment | None]
    changes: Callable[[ReportedFinding], tuple[ReportedChange, ...]]
    mitigations: Callable[[], tuple[ReportedMitigation, ...]]
    suspicions: Callable[[], tuple[ReportedSuspicion, ...]]
    starts: Callable[[], tuple[ReportedStart, ...]]
    targets: Targets
    """The strictest of each among those that hold for the connections."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """All of one audit. `root` is the audited directory as a person in the current one would write it.

    `findings` holds suppressed ones too. `files` counts the code files looked at.
    """

    root: str
    files: int
    seconds: float
    findings: tuple[ReportedFinding, ...]
    connections: tuple[ReportedConnection, ...]
    problems: tuple[Problem, ...]
    lines_of: LinesOf
    environment: Mapping[str, ReportedFact] = field(default_factory=dict[str, ReportedFact])
    depth: Depth | None = None
    name: str = ""
    """The audited directory's own name."""
    baseline_gone: int = 0
    """How many findings of the baseline are found no longer."""
    judged: tuple[ReportedFinding, ...] | None = None
    """What the score is of, where `findings` are only some of it."""
    text_of: Callable[[str], SourceText | None] = _no_text
    """The text of a file, which `ReportedFix.changes` are made for; None for one that a fix would make."""

    @property
    def shown(self) -> tuple[ReportedFinding, ...]:
        """The findings that are not suppressed."""
        return tuple(finding for finding in self.findings if not finding.suppressed)

    def from_here(self, path: str) -> str:
        """A path as it is written from the directory of the command: what a code host takes for the repository's."""
        return posixpath.normpath(posixpath.join(self.root, path))

    @property
    def score(self) -> int | None:
        """The readiness from 1 to 10; None where there is no connection to judge."""
        if not self.connections:
            return None
        judged = self.findings if self.judged is None else self.judged
        return readiness(each for each in judged if not each.suppressed)
