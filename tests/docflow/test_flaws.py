"""What somebody in a hurry forgets in docflow is found, where it was forgotten, and nothing else is."""

from __future__ import annotations

import importlib.resources
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Confidence
from halfopen.audit.rule import registered_rules
from halfopen.audit.settings import Settings
from halfopen.audit.views import Located

from .flaws import ALL, Expected, Flaw, apply, copy_of_docflow
from .test_docflow import FRONTEND

NAMES = [each.name for each in ALL]


class Workshop:
    """A copy of docflow and its audit, which each flaw changes and leaves as it was."""

    def __init__(self, root: Path) -> None:
        self.root = copy_of_docflow(root)
        self.auditor = Auditor(self.root, Settings())
        self.auditor.refresh()

    def found(self) -> list[Expected]:
        return sorted(map(self._expected, self.auditor.findings()))

    def _expected(self, located: Located) -> Expected:
        text = self.auditor.text(located.path)
        assert text is not None
        line = text.data.splitlines()[text.data[: located.start].count(b"\n")].decode().strip()
        finding = located.finding
        return Expected(finding.code, located.path, line, finding.confidence is Confidence.LOW)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("flaws") / "docflow")


@pytest.fixture
def patched(workshop: Workshop, request: pytest.FixtureRequest) -> Iterator[tuple[Flaw, Workshop]]:
    flaw: Flaw = request.param
    apply(flaw, workshop.root)
    workshop.auditor.touched(flaw.changed)
    workshop.auditor.refresh()
    yield flaw, workshop
    apply(flaw, workshop.root, "--reverse")
    workshop.auditor.touched(flaw.changed)


def test_each_rule_has_a_flaw_on_each_side() -> None:
    owed = {(code, side) for code, each in registered_rules().items() for side in each.rule.sides}
    assert {(each.code, each.side) for each in ALL} == owed


@pytest.mark.parametrize("patched", ALL, ids=NAMES, indirect=True)
def test_what_was_forgotten_is_found_and_nothing_else(patched: tuple[Flaw, Workshop]) -> None:
    flaw, workshop = patched
    assert workshop.found() == sorted((*flaw.expected, *flaw.follows))
    assert [each.code for each in flaw.expected] == [flaw.code]
    assert not workshop.auditor.problems()
    for path in flaw.changed:
        if path.endswith(".py"):
            compile((workshop.root / path).read_bytes(), path, "exec", dont_inherit=True)


@pytest.mark.parametrize("flaw", ALL, ids=NAMES)
def test_what_is_said_to_follow_is_said_by_the_rule(flaw: Flaw) -> None:
    text = importlib.resources.files(registered_rules()[flaw.code].package) / "rule.md"
    said = text.read_text(encoding="utf-8")
    assert [each.code for each in flaw.follows if each.code != flaw.code and each.code not in said] == []


def test_typescript_accepts_every_patched_client(tmp_path: Path) -> None:
    assert (FRONTEND / "node_modules").is_dir(), "`make test` installs what the frontend needs"
    (tmp_path / "node_modules").symlink_to(FRONTEND / "node_modules")
    for flaw in _of_the_frontend():
        _lay_out(flaw, tmp_path, "src")
    settings = json.loads((FRONTEND / "tsconfig.json").read_text(encoding="utf-8"))
    settings["include"] = ["*/src"]
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    compiler = FRONTEND / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        ["node", str(compiler), "--noEmit", "--pretty", "false"],
        cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


TOLD_BY_BACKEND = [each for each in ALL if each.telling("backend")]


@pytest.mark.parametrize("flaw", TOLD_BY_BACKEND, ids=[each.name for each in TOLD_BY_BACKEND])
def test_a_test_of_the_backend_tells(flaw: Flaw, tmp_path: Path) -> None:
    root = copy_of_docflow(tmp_path / "docflow")
    apply(flaw, root)
    telling = flaw.telling("backend")
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", ".", "--no-header", "--tb=no")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *telling],
        cwd=root / "backend", capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    failed = {
        line.split()[1].partition("[")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")
    }
    assert failed == set(telling), done.stdout


def test_tests_of_the_frontend_tell(tmp_path: Path) -> None:
    assert (FRONTEND / "node_modules").is_dir(), "`make test` installs what the frontend needs"
    (tmp_path / "node_modules").symlink_to(FRONTEND / "node_modules")
    shutil.copy(FRONTEND / "vite.config.ts", tmp_path)
    told = [each for each in ALL if each.telling("frontend")]
    files: list[str] = []
    for flaw in told:
        _lay_out(flaw, tmp_path, "src", "tests")
        files += {f"{flaw.name}/{telling.partition('::')[0]}" for telling in flaw.telling("frontend")}
    config = (FRONTEND / "vite.config.ts").read_text(encoding="utf-8")
    assert '"tests/**/*.test.ts"' in config
    config = config.replace('"tests/**/*.test.ts"', ", ".join(f'"{each}"' for each in files))
    (tmp_path / "vite.config.ts").write_text(config, encoding="utf-8")
    runner = FRONTEND / "node_modules" / "vitest" / "vitest.mjs"
    subprocess.run(
        ["node", str(runner), "run", "--reporter=json", "--outputFile=result.json"],
        cwd=tmp_path, env={**os.environ, "CI": "1"}, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    failed: set[str] = set()
    for file in json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["testResults"]:
        path = Path(file["name"]).resolve().relative_to(tmp_path.resolve()).as_posix()
        failed |= {
            f"{path}::{each['title']}" for each in file["assertionResults"] if each["status"] == "failed"
        }
    expected = {f"{flaw.name}/{telling}" for flaw in told for telling in flaw.telling("frontend")}
    assert expected - failed == set()


def _of_the_frontend() -> list[Flaw]:
    return [flaw for flaw in ALL if any(path.startswith("frontend/src/") for path in flaw.changed)]


def _lay_out(flaw: Flaw, root: Path, *folders: str) -> None:
    """The folders of a patched frontend, in one named after the flaw."""
    whole = copy_of_docflow(root / "whole" / flaw.name)
    apply(flaw, whole)
    for folder in folders:
        shutil.copytree(whole / "frontend" / folder, root / flaw.name / folder)
    shutil.rmtree(root / "whole" / flaw.name)
