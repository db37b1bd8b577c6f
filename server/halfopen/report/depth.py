"""From the engine to what only a full report shows: assessments, fixes as diffs, mitigations, suppositions."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from halfopen.audit.account import Assessment
from halfopen.audit.targets import Targets, strictest
from halfopen.audit.views import Located, LocatedEvidence
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence
from halfopen.edits.changes import FileChanges, apply
from halfopen.report.result import (
    ChangedFile,
    Depth,
    Place,
    ReportedChange,
    ReportedEvidence,
    ReportedFinding,
    ReportedMitigation,
    ReportedStart,
    ReportedSuspicion,
)

if TYPE_CHECKING:
    from halfopen.audit.engine import Auditor

_log = logging.getLogger(__name__)

_Key: TypeAlias = tuple[str, str, Place]
_Evidence: TypeAlias = Callable[[Iterable[LocatedEvidence]], tuple[ReportedEvidence, ...]]
_CONTEXT_LINES = 3


def depth_of(
    auditor: Auditor, findings: Sequence[tuple[ReportedFinding, Located]], evidence: _Evidence
) -> Depth:
    """The depth of what the auditor found at its last refresh. Nothing is computed before it is asked for."""
    located: Mapping[_Key, Located] = {_key(reported): each for reported, each in findings}
    dossiers = {each.connection.id: each for each in auditor.dossiers()}

    def targets_of(dossier: Dossier) -> Targets:
        return auditor.tree.targets(dossier.connection.site.path)

    def assess(finding: ReportedFinding) -> Assessment | None:
        found, rule = located.get(_key(finding)), auditor.rules.get(finding.code)
        dossier = dossiers.get(finding.connection)
        account = rule.account() if rule is not None else None
        if found is None or account is None or dossier is None:
            return None
        try:
            return account.assess(found.finding, dossier, targets_of(dossier))
        except Exception:  # a rule that cannot assess costs its own words only
            _log.exception("rule %s could not assess its finding on %s", finding.code, finding.connection)
            return None

    def changes(finding: ReportedFinding) -> tuple[ReportedChange, ...]:
        return tuple(_changes(auditor, finding))

    def mitigations() -> tuple[ReportedMitigation, ...]:
        found = {(each.code, each.connection) for each, _ in findings}
        return tuple(
            mitigation
            for dossier in dossiers.values()
            for mitigation in _mitigations(auditor, dossier, evidence)
            if (mitigation.code, mitigation.connection) not in found
        )

    def suspicions() -> tuple[ReportedSuspicion, ...]:
        from halfopen.audit.suppositions import suspicions_of

        return tuple(
            ReportedSuspicion(
                each.finding.code,
                each.finding.connection,
                each.finding.severity,
                each.finding.message,
                each.words,
                each.settled_by,
            )
            for dossier in dossiers.values()
            for each in suspicions_of(dossier, auditor.rules.values(), targets_of(dossier))
        )

    return Depth(
        assess,
        changes,
        mitigations,
        suspicions,
        lambda: tuple(_starts(auditor, evidence)),
        strictest(map(targets_of, dossiers.values())),
    )


def _key(finding: ReportedFinding) -> _Key:
    return finding.code, finding.connection, finding.place


def _changes(auditor: Auditor, finding: ReportedFinding) -> Iterator[ReportedChange]:
    for fix in finding.fixes:
        files = [_diff(auditor, path, fix.changes[path]) for path in fix.changes]
        # what there is comes before what is put beside it
        ordered = sorted(files, key=lambda each: (each.is_new, each.path))
        yield ReportedChange(fix.title, fix.safe, tuple(each for each in ordered if each.diff))


def _diff(auditor: Auditor, path: str, changes: FileChanges) -> ChangedFile:
    text = auditor.text(path)
    before = text.data if text is not None else b""
    after = apply(before, changes)
    lines = difflib.unified_diff(
        _lines(before), _lines(after), path if text is not None else "/dev/null", path, n=_CONTEXT_LINES
    )
    diff = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
    return ChangedFile(path, text is None, diff)


def _lines(data: bytes) -> list[str]:
    """The lines as diffs count them, each with one kind of end."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    return [f"{line}\n" for line in (lines if lines[-1] else lines[:-1])]


def _mitigations(auditor: Auditor, dossier: Dossier, evidence: _Evidence) -> Iterator[ReportedMitigation]:
    for code, registered in auditor.rules.items():
        if dossier.connection.side not in registered.rule.sides:
            continue
        account = registered.account()
        try:
            said = list(account.mitigations(dossier)) if account is not None else []
        except Exception:  # a rule that cannot tell says nothing
            _log.exception("rule %s could not tell what speaks for %s", code, dossier.connection.id)
            continue
        for each in said:
            places = evidence(auditor.located(each.evidence))
            yield ReportedMitigation(code, dossier.connection.id, each.what, places)


def _starts(auditor: Auditor, evidence: _Evidence) -> Iterator[ReportedStart]:
    for start in auditor.starts():
        for said in evidence(auditor.located((Evidence(start.place, start.said),))):
            launch = start.launch
            yield ReportedStart(
                launch.server,
                launch.command,
                start.published or launch.port,
                start.service,
                said.place.path,
                said.place.line,
            )
