"""docflow's own tests: they stand with it, and run here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCFLOW = Path(__file__).parents[2] / "fixtures" / "docflow"
FRONTEND = DOCFLOW / "frontend"


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.parametrize("module", ["test_admission", "test_progress", "test_reliability"])
def test_the_server(module: str) -> None:
    options = ("-q", "-p", "no:cacheprovider", "--rootdir", ".")
    run(sys.executable, "-m", "pytest", *options, f"tests/{module}.py", cwd=DOCFLOW / "backend")


def test_the_client() -> None:
    assert (FRONTEND / "node_modules").is_dir(), "`make test` installs what the frontend needs"
    run("npx", "vitest", "run", "--no-color", cwd=FRONTEND)


def test_the_client_is_typed() -> None:
    assert (FRONTEND / "node_modules").is_dir(), "`make test` installs what the frontend needs"
    run("npx", "tsc", "--noEmit", cwd=FRONTEND)
