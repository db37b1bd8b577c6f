"""What README.md shows is what a reader gets."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
HALFOPEN = Path(sys.executable).with_name("halfopen")


def test_the_output_shown_is_that_of_the_demo() -> None:
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown
    audit = subprocess.run(
        [HALFOPEN, "audit", "fixtures/demo", "--exit-zero"],
        cwd=REPOSITORY,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    for excerpt in shown[1].split("⋮\n"):
        assert excerpt in audit.stdout, "the demo prints something else by now; copy it into README.md"


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "clients/neovim/README.md"]
)
def test_links_within_the_repository_lead_somewhere(document: str) -> None:
    path = REPOSITORY / document
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
