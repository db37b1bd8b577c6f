"""A team's own rules: a package that is installed beside halfopen is found, told of and run."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

PACK = Path(__file__).parent / "acme"
MAIN = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()
watchers = []


@app.websocket("/progress")
async def progress(websocket: WebSocket) -> None:
    await websocket.accept()


@app.websocket("/ws/alerts")
async def alerts(websocket: WebSocket) -> None:
    await websocket.accept()
    watchers.append(websocket)
    async for _ in websocket.iter_text():
        await websocket.send_text("seen")
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has halfopen, from that of these tests, and the pack."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    [packages] = folder.glob("[Ll]ib/**/site-packages")
    host = "; ".join(f"site.addsitedir({each!r})" for each in site.getsitepackages())
    (packages / "host.pth").write_text(f"import site; {host}\n", encoding="utf-8")
    python = programs / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index",
         "--no-build-isolation", PACK],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(MAIN, encoding="utf-8")
    return tmp_path


def halfopen(python: Path, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [python, "-m", "halfopen", *arguments],
        cwd=cwd, capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def test_its_rules_are_listed_and_explained(python: Path, project: Path) -> None:
    rules = halfopen(python, "rules", cwd=project)
    assert "ACME1" in rules
    assert "WS1A" in rules
    assert "passes WebSocket upgrades on for paths below" in halfopen(
        python, "explain", "unrouted-endpoint", cwd=project
    )


def test_its_findings_stand_among_the_others(python: Path, project: Path) -> None:
    told = json.loads(halfopen(python, "audit", "--format", "json", cwd=project))
    found = [each for each in told["findings"] if each["code"] == "ACME1"]
    assert [(each["path"], each["line"], each["severity"]) for each in found] == [("main.py", 8, "HIGH")]
    assert {each["code"][:2] for each in told["findings"]} == {"AC", "WS"}


def test_settings_choose_among_its_rules(python: Path, project: Path) -> None:
    settings = project / "halfopen.toml"
    settings.write_text('select = ["ACME"]\n', encoding="utf-8")
    told = json.loads(halfopen(python, "audit", "--format", "json", cwd=project))
    assert {each["code"] for each in told["findings"]} == {"ACME1"}
    settings.write_text('select = ["ACME"]\nignore = ["unrouted-endpoint"]\n', encoding="utf-8")
    assert not json.loads(halfopen(python, "audit", "--format", "json", cwd=project))["findings"]


def test_the_full_report_has_its_words(python: Path, project: Path) -> None:
    report = halfopen(python, "audit", "--format", "markdown", cwd=project)
    assert "100 % of the connections to /progress fail." in report
    assert "/ws/alerts is a path that the proxy passes on" in report
    assert "ACME1 Unrouted endpoint" in report


def test_without_the_pack_its_rules_are_unknown(project: Path) -> None:
    assert "ACME1" not in halfopen(Path(sys.executable), "rules", cwd=project)
