"""A baseline knows its findings again wherever they went, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from halfopen.audit.baseline import baseline_text
from halfopen.audit.engine import Auditor
from halfopen.audit.fingerprints import identities
from halfopen.audit.settings import Settings
from halfopen.audit.settings_tree import load_tree

CLIENT = """\
import { useEffect } from "react";

export function Live({ url }: { url: string }) {
  useEffect(() => {
    const ws = new WebSocket(url);
    ws.onmessage = (event) => console.log(event.data);
  }, [url]);
  return null;
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "Live.tsx").write_text(CLIENT, encoding="utf-8")
    (tmp_path / "halfopen.toml").write_text('select = ["WS1B", "WS2A"]\nbaseline = "known.json"\n')
    write_baseline(tmp_path)
    return tmp_path


def write_baseline(root: Path) -> None:
    auditor = Auditor(root, Settings(select=("WS1B", "WS2A")))
    auditor.refresh()
    known = identities(auditor.findings(), auditor.text, auditor.connection_names())
    (root / "known.json").write_text(baseline_text(known, root, root), encoding="utf-8")


def open_findings(root: Path) -> tuple[list[str], int]:
    """The codes that are reported, and how many entries of the baseline are gone."""
    auditor = Auditor(root, load_tree(root))
    auditor.refresh()
    reported = [each.finding.code for each in auditor.findings() if not each.suppressed]
    return reported, len(auditor.baseline_gone())


def test_what_is_known_is_not_reported_and_what_is_new_is(project: Path) -> None:
    assert open_findings(project) == ([], 0)
    (project / "web" / "New.tsx").write_text(CLIENT, encoding="utf-8")
    assert sorted(open_findings(project)[0]) == ["WS1B", "WS2A"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "// a\n\n\n" + text,
        lambda text: text.replace("    const ws", "\t\tconst  ws"),
        lambda text: text.replace("Live", "Renamed"),
        lambda text: text.replace("console.log(event.data)", "render(event.data)"),
    ],
    ids=["moved", "indented", "renamed-owner", "edited-below"],
)
def test_a_finding_is_known_again_when_what_is_around_it_changes(project: Path, change: object) -> None:
    path = project / "web" / "Live.tsx"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")  # pyright: ignore
    assert open_findings(project) == ([], 0)


def test_a_file_that_was_renamed_keeps_its_entries_and_a_copy_has_none(project: Path) -> None:
    path = project / "web" / "Live.tsx"
    path.rename(project / "web" / "Moved.tsx")
    assert open_findings(project) == ([], 0)
    path.write_text(CLIENT, encoding="utf-8")
    assert sorted(open_findings(project)[0]) == ["WS1B", "WS2A"]


def test_what_is_fixed_is_counted_and_what_comes_back_twice_is_reported_once(project: Path) -> None:
    path = project / "web" / "Live.tsx"
    path.write_text(
        CLIENT.replace("  }, [url]", "    return () => ws.close();\n  }, [url]"), encoding="utf-8"
    )
    assert open_findings(project) == ([], 1)
    second = CLIENT.partition("\n\n")[2].replace("Live", "Other")
    path.write_text(CLIENT + second, encoding="utf-8")
    assert sorted(open_findings(project)[0]) == ["WS1B", "WS2A"]


def test_a_baseline_serves_whatever_directory_is_audited(project: Path) -> None:
    (project / ".git").mkdir()
    assert open_findings(project / "web") == ([], 0)
    write_baseline(project / "web")
    entries = json.loads((project / "web" / "known.json").read_text(encoding="utf-8"))["findings"]
    assert {each["path"] for each in entries} == {"Live.tsx"}
    assert "WebSocket(url)" not in (project / "known.json").read_text(encoding="utf-8"), (
        "code stays out of it"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no such file"),
        ("{", "is no baseline"),
        ("[]", "is no baseline"),
        ('{"halfopen-baseline": 2, "findings": []}', "is no baseline"),
        ('{"halfopen-baseline": 1, "findings": [{"code": 3}]}', "is no baseline"),
        ("[" * 100_000, "is no baseline"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_told_and_everything_reported(
    project: Path, text: str | None, words: str
) -> None:
    path = project / "known.json"
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    auditor = Auditor(project, load_tree(project))
    auditor.refresh()
    assert [each.suppressed for each in auditor.findings()] == [False, False]
    [problem] = [each for each in auditor.problems() if each.kind == "baseline"]
    assert problem.path == "known.json"
    assert words in problem.message


def test_a_baseline_that_changes_is_read_again(project: Path) -> None:
    auditor = Auditor(project, load_tree(project))
    auditor.refresh()
    text = (project / "known.json").read_text(encoding="utf-8")
    (project / "known.json").write_text('{"halfopen-baseline": 1, "findings": []}', encoding="utf-8")
    auditor.touched(["known.json"])
    assert auditor.refresh() == {"web/Live.tsx"}
    assert [each.suppressed for each in auditor.findings()] == [False, False]
    (project / "known.json").write_text(text, encoding="utf-8")
    auditor.touched(["known.json"])
    auditor.refresh()
    assert [each.suppressed for each in auditor.findings()] == [True, True]
