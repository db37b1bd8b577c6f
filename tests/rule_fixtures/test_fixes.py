"""Each fix of each fixture: it removes its finding, brings no other, and leaves the rest alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.edits.changes import apply

from .fixes import Applied, applied_fixes, comments, reads_well
from .workspaces import Workspace, workspaces

BAD = [each for each in workspaces() if each.is_bad]


@pytest.mark.parametrize("workspace", BAD, ids=[each.name for each in BAD])
def test_each_fix_removes_its_finding_and_keeps_the_rest(workspace: Workspace, tmp_path: Path) -> None:
    for applied in applied_fixes(workspace, tmp_path):
        assert applied.after != applied.before, f"{applied.name} changes nothing"
        _still_reads_well(applied)
        _keeps_comments(applied)
        _only_its_finding_is_gone(applied)
        _a_second_time_changes_nothing(applied)


def _still_reads_well(applied: Applied) -> None:
    for path, data in applied.after.items():
        assert reads_well(path, data), f"{applied.name} breaks {path}:\n{data.decode()}"


def _keeps_comments(applied: Applied) -> None:
    for path, data in applied.after.items():
        lost = comments(path, applied.before.get(path, b"")) - comments(path, data)
        assert not lost, f"{applied.name} loses {lost} in {path}"


def _only_its_finding_is_gone(applied: Applied) -> None:
    before = _findings(applied.auditor)
    applied.auditor.touched(applied.after)
    applied.auditor.refresh()
    after = _findings(applied.auditor)

    finding = applied.located.finding
    new = after - before
    assert not new, f"{applied.name} brings {new}"
    own = (finding.code, applied.located.path, finding.message)
    assert after[own] < before[own], f"{applied.name} leaves its finding"


def _findings(auditor: Auditor) -> Counter[tuple[str, str, str]]:
    return Counter((each.finding.code, each.path, each.finding.message) for each in auditor.findings())


def _a_second_time_changes_nothing(applied: Applied) -> None:
    for path, changes in applied.auditor.changes(applied.located, applied.fix).items():
        data = applied.after[path]
        assert apply(data, changes) == data, f"{applied.name} changes {path} again"
