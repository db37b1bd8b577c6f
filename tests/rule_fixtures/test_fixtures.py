"""Each rule reports in its fixtures what they expect, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from .workspaces import Workspace, auditor_of, reported, workspaces

ALL = workspaces()


@pytest.mark.parametrize("workspace", ALL, ids=[each.name for each in ALL])
def test_the_audit_reports_what_the_fixture_expects(workspace: Workspace, tmp_path: Path) -> None:
    expected = workspace.expected()
    auditor = auditor_of(workspace.copy_to(tmp_path))
    spoken_of = {workspace.code, *(each.code for each in expected)}

    assert [each for each in reported(auditor) if each.code in spoken_of] == expected
    assert not auditor.problems()


@pytest.mark.parametrize("workspace", ALL, ids=[each.name for each in ALL])
def test_a_fixture_is_what_its_name_says(workspace: Workspace) -> None:
    own = [each for each in workspace.expected() if each.code == workspace.code]
    assert workspace.source.name.startswith(("bad_", "good_"))
    assert bool(own) is workspace.is_bad
    headers = [text.splitlines()[0] for text in workspace.files().values() if text.strip()]
    assert any(line.startswith(("# ", "// ")) and line.endswith(".") for line in headers), (
        "the first line says what it shows"
    )
