"""The nearest settings file governs a file, on every surface."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Severity
from halfopen.audit.settings_tree import load_tree
from halfopen.report.gather import gather

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


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def found(root: Path) -> dict[str, set[str]]:
    """The codes found in each file."""
    auditor = Auditor(root, load_tree(root))
    auditor.refresh()
    result: dict[str, set[str]] = {path: set() for path in auditor.files()}
    for each in auditor.findings():
        result[each.path].add(each.finding.code)
    return result


def test_the_nearest_file_governs_and_alone(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "halfopen.toml": 'select = ["WS1B", "WS2A"]\n',
            "web/pyproject.toml": '[tool.halfopen]\nselect = ["WS1B"]\n',
            "web/plain/pyproject.toml": "[project]\nname = 'x'\n",
            "web/old/halfopen.toml": 'ignore = ["WS"]\n',
            "a.tsx": CLIENT,
            "web/b.tsx": CLIENT,
            "web/plain/c.tsx": CLIENT,
            "web/old/deep/d.tsx": CLIENT,
        },
    )
    assert found(root) == {
        "a.tsx": {"WS1B", "WS2A"},
        "web/b.tsx": {"WS1B"},
        "web/plain/c.tsx": {"WS1B"},
        "web/old/deep/d.tsx": set(),
    }


def test_the_settings_above_the_audited_directory_count_within_the_repository(tmp_path: Path) -> None:
    root = write(
        tmp_path / "repository",
        {
            "halfopen.toml": 'select = ["WS1B"]\nexclude = ["web/gen/", "*.stories.tsx"]\n'
            '[per-file-ignores]\n"web/src/legacy/**" = ["WS1B"]\n',
            "web/a.tsx": CLIENT,
            "web/src/legacy/b.tsx": CLIENT,
            "web/src/c.stories.tsx": CLIENT,
            "web/gen/d.tsx": CLIENT,
        },
    )
    without = found(root / "web")
    assert without["a.tsx"] > {"WS1B"}, "without a repository nothing above is read"
    (root / ".git").mkdir()
    assert found(root / "web") == {"a.tsx": {"WS1B"}, "src/legacy/b.tsx": set()}
    (root / ".git").rmdir()
    (tmp_path / ".git").mkdir()
    assert found(root / "web")["a.tsx"] == {"WS1B"}
    write(root / "web", {"pyproject.toml": "[tool.halfopen]\nselect = ['WS2A']\n"})
    assert found(root / "web")["a.tsx"] == {"WS2A"}


def test_the_report_measures_each_connection_by_the_targets_of_its_file(tmp_path: Path) -> None:
    endpoint = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()
watchers = []


@app.websocket("/ws/{name}")
async def feed_{name}(websocket: WebSocket):
    await websocket.accept()
    watchers.append(websocket)
    while True:
        text = await websocket.receive_text()
        for each in watchers:
            await each.send_text(text)
"""
    root = write(
        tmp_path,
        {
            "halfopen.toml": 'select = ["WS1D"]\n[targets]\nqueue-depth = 70\n',
            "strict/halfopen.toml": 'select = ["WS1D"]\n[targets]\nconnections-per-client = 2\n',
            "strict/main.py": endpoint.replace("{name}", "strict"),
            "open/main.py": endpoint.replace("{name}", "open"),
        },
    )
    auditor = Auditor(root, load_tree(root))
    auditor.refresh()
    result = gather(auditor, ".")
    assert result.depth is not None
    told = {each.place.path: result.depth.assess(each) for each in result.shown}
    assert {path: "the target is 2" in each.estimate for path, each in told.items() if each is not None} == {
        "strict/main.py": True,
        "open/main.py": False,
    }
    assert result.depth.targets.connections_per_client == 2, "what is for all of them is the strictest"
    assert result.depth.targets.queue_depth == 70


def test_excludes_of_a_nested_file_mean_its_own_folder(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "halfopen.toml": 'select = ["WS1B"]\nexclude = ["never/"]\n',
            "web/halfopen.toml": 'select = ["WS1B"]\nexclude = ["gen/", "/top.tsx", "src/*.tmp.tsx"]\n',
            "top.tsx": CLIENT,
            "gen/a.tsx": CLIENT,
            "web/top.tsx": CLIENT,
            "web/src/top.tsx": CLIENT,
            "web/src/gen/b.tsx": CLIENT,
            "web/src/c.tmp.tsx": CLIENT,
            "web/never/d.tsx": CLIENT,
        },
    )
    assert set(found(root)) == {"top.tsx", "gen/a.tsx", "web/src/top.tsx"}


def test_severities_ignores_and_targets_follow_the_file(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "halfopen.toml": '[severity]\nWS = "MONITOR"\nWS1B = "CRITICAL"\nmissing-reconnect = "low"\n'
            '[per-file-ignores]\n"old/**" = ["WS1", "missing-reconnect"]\n"*.md" = []\n',
            "a.tsx": CLIENT,
            "old/b.tsx": CLIENT,
        },
    )
    auditor = Auditor(root, load_tree(root))
    auditor.refresh()
    severities = {each.finding.code: each.finding.severity for each in auditor.findings("a.tsx")}
    assert severities.pop("WS1B") is Severity.CRITICAL
    assert set(severities.values()) == {Severity.MONITOR}
    codes = {each.finding.code for each in auditor.findings("old/b.tsx")}
    assert codes
    assert not codes & {"WS1A", "WS1B", "WS2A"}
    [problem] = auditor.tree.problems
    assert (problem.path, problem.line) == ("halfopen.toml", 4)
    assert "severity.missing-reconnect" in problem.message
    assert 'should be one of "CRITICAL"' in problem.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[severity]\nWS9X = "HIGH"\n', 2, "should name rules by code"),
        ('[per-file-ignores]\n"tests/**" = ["nonsense"]\n', 2, "should name rules by code"),
        ('[per-file-ignores]\n"tests/**" = "WS1B"\n', 2, "should be a list"),
        ("severity = 3\n", 1, "should be a table"),
        ("require-reasons = 'yes'\n", 1, "should be true or false"),
    ],
)
def test_what_is_wrong_below_the_root_is_told_with_its_path(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    root = write(tmp_path, {"web/halfopen.toml": text, "web/a.tsx": CLIENT})
    [problem] = load_tree(root).problems
    assert (problem.path, problem.line) == ("web/halfopen.toml", line)
    assert words in problem.message


def test_an_editor_goes_on_top_of_every_file(tmp_path: Path) -> None:
    root = write(
        tmp_path, {"web/halfopen.toml": 'select = ["WS1B", "WS2A"]\n', "web/a.tsx": CLIENT, "b.tsx": CLIENT}
    )
    editor = {"ignore": ["WS1B"], "perFileIgnores": {"fooBar/**": ["WS2A"]}, "severity": {"WS2A": "high"}}
    tree = load_tree(root, editor)
    for path in ("web/a.tsx", "b.tsx"):
        settings = tree.governing(path).settings
        assert settings.ignore == ("WS1B",)
        assert settings.per_file_ignores == {"fooBar/**": ("WS2A",)}
        assert settings.severity == {"WS2A": Severity.HIGH}
    assert tree.governing("web/a.tsx").settings.select == ("WS1B", "WS2A")


def test_settings_in_folders_that_are_left_out_do_not_count(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            ".gitignore": "ignored/\n",
            "halfopen.toml": 'exclude = ["left-out/"]\n',
            "ignored/halfopen.toml": "wrong = 1\n",
            "left-out/halfopen.toml": "wrong = 1\n",
            "node_modules/x/halfopen.toml": "wrong = 1\n",
        },
    )
    tree = load_tree(root)
    assert len(tree.every) == 1
    assert tree.problems == ()


def test_a_settings_file_below_that_comes_or_goes_changes_what_is_found(tmp_path: Path) -> None:
    root = write(tmp_path, {"halfopen.toml": 'select = ["WS1B"]\n', "web/a.tsx": CLIENT})
    auditor = Auditor(root, load_tree(root))
    auditor.refresh()
    assert len(auditor.findings()) == 1
    write(root, {"web/halfopen.toml": 'exclude = ["a.tsx"]\n'})
    auditor.reconfigure(load_tree(root))
    assert auditor.refresh() == {"web/a.tsx"}
    assert auditor.findings() == ()
    (root / "web/halfopen.toml").unlink()
    auditor.reconfigure(load_tree(root))
    assert auditor.refresh() == {"web/a.tsx"}
    assert len(auditor.findings()) == 1
