"""From the engine to the result that every output format shows: byte offsets become lines and columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from halfopen.audit.fingerprints import fingerprints, identities
from halfopen.audit.views import ConnectionView, FactView, Located, LocatedEvidence, Problem, ResourceView
from halfopen.report.depth import depth_of
from halfopen.report.result import (
    AuditResult,
    Place,
    ReportedConnection,
    ReportedEvidence,
    ReportedFact,
    ReportedFinding,
    ReportedFix,
    ReportedLeak,
    ReportedLink,
    ReportedResource,
)
from halfopen.source import ColumnUnit, SourceText

if TYPE_CHECKING:
    from halfopen.audit.engine import Auditor


def gather(auditor: Auditor, shown_root: str, seconds: float = 0.0) -> AuditResult:
    """What the auditor found at its last refresh. `shown_root` and `seconds` go into the result as they are."""
    text_of = cache(auditor.text)

    @cache
    def lines_of(path: str) -> Sequence[str]:
        text = text_of(path)
        return () if text is None else _lines(text)

    def place(path: str, start: int, end: int) -> Place:
        return _place(text_of(path), path, start, end)

    every = auditor.findings()
    identified = identities(every, text_of, auditor.connection_names())
    named = zip(every, identified, fingerprints(identified), strict=True)
    names = {id(each): (one, fingerprint) for each, one, fingerprint in named}

    def finding(located: Located) -> ReportedFinding:
        each = located.finding
        return ReportedFinding(
            code=each.code,
            slug=each.slug,
            severity=each.severity,
            confidence=each.confidence,
            place=place(located.path, located.start, located.end),
            message=each.message,
            connection=each.connection,
            evidence=evidence(located.evidence),
            fixes=tuple(_fixes(auditor, located)),
            effects=each.effects,
            suppressed=located.suppressed,
            suppression=located.suppression,
            fingerprint=names[id(located)][1],
            identity=names[id(located)][0],
        )

    def evidence(located: Iterable[LocatedEvidence]) -> tuple[ReportedEvidence, ...]:
        return tuple(ReportedEvidence(place(each.path, each.start, each.end), each.text) for each in located)

    def fact(view: FactView) -> ReportedFact:
        return ReportedFact(view.known, view.value, view.confidence, view.settled_by, evidence(view.evidence))

    def resource(view: ResourceView) -> ReportedResource:
        return ReportedResource(
            view.kind,
            view.what,
            view.owner,
            place(view.acquired.path, view.acquired.start, view.acquired.end),
            evidence(view.released_by),
            tuple(ReportedLeak(kind, evidence(said)) for kind, said in view.leaks),
        )

    def connection(view: ConnectionView) -> ReportedConnection:
        return ReportedConnection(
            id=view.id,
            side=view.side,
            name=view.name,
            library=view.library,
            place=place(view.path, view.start, view.end),
            linked_to=view.linked_to,
            facts={name: fact(each) for name, each in view.facts.items()},
            links=tuple(
                ReportedLink(each.other, each.strength, evidence(each.evidence)) for each in view.links
            ),
            resources=tuple(resource(each) for each in view.resources),
            open_questions=view.open_questions,
        )

    found = tuple(finding(each) for each in every)
    return AuditResult(
        root=shown_root,
        name=auditor.root.resolve().name,
        files=len(auditor.files()),
        seconds=seconds,
        findings=found,
        connections=tuple(connection(each) for each in auditor.connections()),
        problems=(*auditor.problems(), *_faults(auditor)),
        baseline_gone=len(auditor.baseline_gone()),
        lines_of=lines_of,
        text_of=text_of,
        environment={name: fact(each) for name, each in auditor.environment().items()},
        depth=depth_of(auditor, list(zip(found, every, strict=True)), evidence),
    )


def _fixes(auditor: Auditor, located: Located) -> Iterator[ReportedFix]:
    """Those that can be made of the code as it is: a builder may find that it is not safe to."""
    for fix in located.finding.fixes:
        changes = auditor.changes(located, fix)
        if changes:
            yield ReportedFix(fix.title, fix.safe, changes)


def _faults(auditor: Auditor) -> Iterable[Problem]:
    return (
        Problem(each.path, each.line, "suppression", f"{each.code}: {each.message}")
        for each in auditor.suppression_faults()
    )


def _place(text: SourceText | None, path: str, start: int, end: int) -> Place:
    if text is None:
        return Place(path, 1, 1, 1, 1)
    first = text.position(start, ColumnUnit.UTF32)
    last = text.position(max(start, end), ColumnUnit.UTF32)
    return Place(path, first.line + 1, first.column + 1, last.line + 1, last.column + 1)


def _lines(text: SourceText) -> tuple[str, ...]:
    """The lines as an editor numbers them; what follows the last line end is no line if it is empty."""
    lines = tuple(text.line_text(line) for line in range(text.line_count))
    return lines[:-1] if lines and not lines[-1] else lines
