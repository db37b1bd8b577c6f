"""Other processes read files ahead; whatever becomes of them, the result is that of one process."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.source import Language
from halfopen.workspace import ahead
from halfopen.workspace.ahead import Ahead
from halfopen.workspace.extracts import ExtractCache
from halfopen.workspace.store import Store

RULE = Path(__file__).parents[2] / "fixtures" / "rules" / "WS1B"
WAIT_SECONDS = 60.0


class Patient(Ahead):
    """Gives the workers the time to read everything, and counts what is taken of it."""

    taken = 0

    def take(self, key: bytes) -> ahead.Reading | None:
        until = time.monotonic() + WAIT_SECONDS
        for thread in self.threads:
            thread.join(max(0.0, until - time.monotonic()))
        found = super().take(key)
        self.taken += found is not None
        return found


def state_of(auditor: Auditor) -> object:
    auditor.refresh()
    found = [
        (each.path, each.start, each.end, each.finding.message, each.evidence) for each in auditor.findings()
    ]
    return found, auditor.connections(), auditor.problems()


@pytest.fixture(autouse=True)
def _any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "LEAST_BYTES", 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for side in ("python", "react"):
        for path in sorted(RULE.glob(f"{side}/good_*.*"))[:6]:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.py").write_text("def f(:\n  WebSocket\n")
    # What an audited folder holds is never imported, by no process.
    (tmp_path / "zlib.py").write_text("raise SystemExit('imported')\n")
    return tmp_path


def test_what_others_read_is_what_this_process_reads(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = state_of(Auditor(root, Settings(), cache=ExtractCache()))
    workers = Patient(2)
    cache = ExtractCache(Store(tmp_path_factory.mktemp("cache")), workers)
    together = state_of(Auditor(root, Settings(), cache=cache))
    cache.finish_ahead()
    assert together == alone
    assert workers.taken > 3
    cache.write()
    assert state_of(Auditor(root, Settings(), cache=cache)) == alone
    cache.close()


def test_workers_that_are_killed_or_cannot_start_cost_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = state_of(Auditor(root, Settings(), cache=ExtractCache()))
    workers = Ahead(1)
    workers.start([(b"k", b"x = 1\n", Language.PYTHON)])
    for process in workers.processes:
        process.kill()
    assert state_of(Auditor(root, Settings(), cache=ExtractCache(ahead=workers))) == alone
    workers.close()
    for executable in ("", str(root / "none")):
        monkeypatch.setattr(sys, "executable", executable)
        cache = ExtractCache(ahead=Ahead(1))
        assert state_of(Auditor(root, Settings(), cache=cache)) == alone
        cache.finish_ahead()


def test_a_worker_ends_with_its_input() -> None:
    workers = Ahead(1)
    workers.start([(hashlib.sha1(b"x").digest(), b"x = 1\n", Language.PYTHON)])
    [process] = workers.processes
    assert process.stdin is not None
    with process.stdin:
        pass
    assert process.wait(WAIT_SECONDS) == 0


def test_little_code_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "LEAST_BYTES", 100)
    monkeypatch.setattr(subprocess, "Popen", None)
    workers = Ahead(1)
    workers.start([(b"k", b"x = 1\n", Language.PYTHON)])
    assert workers.take(b"k") is None
    assert workers.processes == []
