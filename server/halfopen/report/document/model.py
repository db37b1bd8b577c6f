"""What the full report says, in the order of the specification, before it is written in any format.

Prose is plain text with names in backticks; what comes from a rule's text is Markdown and named so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from halfopen.audit.finding import Confidence, Severity
from halfopen.report.result import Place, ReportedChange, ReportedConnection, ReportedEvidence


@dataclass(frozen=True, slots=True)
class Hours:
    """An effort as a range."""

    least: float
    most: float

    def __add__(self, other: Hours) -> Hours:
        return Hours(self.least + other.least, self.most + other.most)

    @property
    def text(self) -> str:
        if self.most == 0:
            return "no time"
        if self.least == self.most:
            return f"{self.most:g} h"
        return f"{self.least:g}–{self.most:g} h"


@dataclass(frozen=True, slots=True)
class EnvironmentItem:
    """One of the six things to know first. `assumed` is the default that holds while it needs confirmation."""

    name: str
    title: str
    text: str | None
    """None: it needs confirmation."""
    confidence: str | None
    settled_by: str
    assumed: str
    evidence: tuple[ReportedEvidence, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of the audited code; `marked` are the numbers of those that a finding is about."""

    path: str
    first: int
    lines: tuple[str, ...]
    marked: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A rule's own example of the fix. `adapted` are the names that were put in from the code at hand.

    `is_own`: it was made for the code at hand, of what the audit knows of it. `shown_at`: the finding that shows the same.
    """

    language: str
    code: str
    adapted: tuple[str, ...]
    is_own: bool = False
    shown_at: int | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """A file that an example needs beside it. `shown_at`: the finding that shows the same."""

    name: str
    language: str
    code: str
    shown_at: int | None = None


@dataclass(frozen=True, slots=True)
class RuleSection:
    """What is the same for every finding of a rule, as Markdown."""

    code: str
    slug: str
    title: str
    section: str
    verify: str
    fix: str
    no_fix: str
    """Why no fix is offered."""
    trade_off: str
    impact: str


@dataclass(frozen=True, slots=True)
class FindingSection:
    """A finding in the specification's mandatory form."""

    number: int
    rule: RuleSection
    severity: Severity
    confidence: Confidence
    category: str
    place: Place
    connection: ReportedConnection | None
    whom: str
    """The connection that it concerns, in words."""
    message: str
    problem: tuple[str, ...]
    """Two to four sentences."""
    impact: str
    verify: str
    """The rule's steps, as Markdown."""
    verify_here: str
    evidence: tuple[ReportedEvidence, ...]
    excerpt: Excerpt | None
    changes: tuple[ReportedChange, ...]
    lead: str
    """What the fix is, before its code, as Markdown."""
    example: Example | None
    remark: str
    """What else belongs to the fix, as Markdown."""
    modules: tuple[Module, ...]
    when_to_act: str
    """For a finding that is acceptable for now: what ends that. Empty for others."""
    effort: Hours

    @property
    def anchor(self) -> str:
        return f"f{self.number}"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A fact that is not known, and the rules that would speak if it turned out badly."""

    words: str
    settled_by: str
    code: str
    title: str
    severity: Severity
    message: str
    connections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The readiness, its band, and why."""

    value: int
    band: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Priority:
    """One of the fixes that gain most: all findings of a rule."""

    rule: RuleSection
    severity: Severity
    findings: tuple[int, ...]
    why: str
    score_after: int | None
    effort: Hours


@dataclass(frozen=True, slots=True)
class PlanStep:
    """The findings of one rule in one part of the plan."""

    rule: RuleSection
    severity: Severity
    findings: tuple[int, ...]
    where: tuple[str, ...]
    effort: Hours
    automatic: int
    """How many of them have a fix that can be applied as it is offered."""


@dataclass(frozen=True, slots=True)
class PlanPart:
    """Fix now, fix soon or monitor."""

    name: Literal["now", "soon", "monitor"]
    title: str
    steps: tuple[PlanStep, ...]
    effort: Hours


@dataclass(frozen=True, slots=True)
class Watch:
    """Something to measure, log or be alerted of. `because` names the rules found that ask for it."""

    what: str
    how: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What to have in place before deploying."""

    metrics: tuple[Watch, ...]
    logs: tuple[Watch, ...]
    alerts: tuple[Watch, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A test to run by hand or in CI: why, the commands, and what must be seen."""

    title: str
    why: str
    commands: str
    expected: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that was looked for and not reported, with what speaks for the code."""

    code: str
    title: str
    what: str
    connections: tuple[str, ...]
    evidence: tuple[ReportedEvidence, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can settle, and for what it matters."""

    question: str
    matters: tuple[tuple[str, tuple[str, ...]], ...]
    """For what it matters, and of which connections; none where it is about all of them."""


@dataclass(frozen=True, slots=True)
class Node:
    """A connection as the map and the overview show it."""

    connection: ReportedConnection
    address: str | None
    score: int
    counts: tuple[tuple[Severity, int], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The full report."""

    root: str
    name: str
    """The audited directory's own name."""
    version: str
    files: int
    clients: int
    endpoints: int
    suppressed: int
    environment: tuple[EnvironmentItem, ...]
    nodes: tuple[Node, ...]
    score: Score | None
    findings: tuple[FindingSection, ...]
    suspicious: tuple[FindingSection, ...]
    suspicions: tuple[Suspicion, ...]
    priorities: tuple[Priority, ...]
    plan: tuple[PlanPart, ...]
    monitoring: Monitoring
    trials: tuple[Trial, ...]
    kept: tuple[Kept, ...]
    clean: tuple[str, ...]
    """Titles of the rules that found nothing anywhere and need no mitigation to say so."""
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    """About the input: files left out, syntax errors."""
