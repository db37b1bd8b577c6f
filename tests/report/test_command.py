"""`halfopen audit --format markdown|html --output FILE`, as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .conftest import shop_in

HOSTILE = "<img src=x onerror=alert(1)>"


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "halfopen", "audit", "--no-cache", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def test_it_writes_a_file_and_says_nothing(tmp_path: Path) -> None:
    root = shop_in(tmp_path)
    done = run("shop", "--format", "html", "--output", "report.html", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")
    done = run("--format", "markdown", "--exit-zero", cwd=root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# WebSocket reliability audit of `shop`\n")


def test_options_choose_what_is_in_it(tmp_path: Path) -> None:
    shop_in(tmp_path)
    done = run("shop", "--format", "markdown", "--min-confidence", "high", cwd=tmp_path)
    assert "Confidence: High" in done.stdout
    assert "Confidence: Medium" not in done.stdout


def test_hostile_names_in_real_files(tmp_path: Path) -> None:
    folder = tmp_path / "shop" / "web"
    folder.mkdir(parents=True)
    code = (
        "export function Page() {\n"
        f'  const ws = new WebSocket("wss://example.com/{HOSTILE}");\n'
        "  ws.onmessage = () => {};\n"
        "  return null;\n"
        "}\n"
    )
    (folder / f"{HOSTILE}.tsx").write_text(code, encoding="utf-8")
    page = run("shop", "--format", "html", cwd=tmp_path).stdout
    assert "onerror=alert(1)" in page
    assert "<img" not in page
    text = run("shop", "--format", "markdown", cwd=tmp_path).stdout
    assert f"`web/{HOSTILE}.tsx`" in text
