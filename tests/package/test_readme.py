"""What README.md shows is what a reader gets."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
HALFOPEN = Path(sys.executable).with_name("halfopen")


def test_the_output_shown_is_that_of_an_audit() -> None:
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown
    audit = subprocess.run(
        [HALFOPEN, "audit", "fixtures/docflow-vibecoded", "--exit-zero"],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    for excerpt in shown[1].split("⋮\n"):
        assert excerpt in audit.stdout, "the audit prints something else by now; copy it into README.md"


def test_the_demo_shows_the_worst_and_writes_a_report() -> None:
    demo = subprocess.run(
        [sys.executable, "scripts/demo.py"], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=True
    )
    assert demo.stdout.startswith("docflow, as it is quickly made")
    worst, every = demo.stdout.split("\nAll of them\n")
    assert worst.count("\n  HIGH WS") == 3
    assert all(f"\n  {chapter} " in f"\n{every}" for chapter in ("Connection", "Reconnection", "Security"))
    [named] = re.findall(r"^  (\S+\.html) ", every, re.MULTILINE)
    assert (REPOSITORY / named).read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *(path.relative_to(REPOSITORY).as_posix() for path in sorted(REPOSITORY.glob("clients/*/README.md"))),
    ],
)
def test_links_within_the_repository_lead_somewhere(document: str) -> None:
    path = REPOSITORY / document
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
