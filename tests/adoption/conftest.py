"""A repository of halfopen's own source, as hooks and actions fetch it, and one of a flawed application."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PUBLISHED = (
    "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "action.yml", ".pre-commit-hooks.yaml",
    "server", "rules",
)  # fmt: skip
CARD = """\
import { useEffect, useState } from 'react';

export function Card({ id }: { id: string }) {
  const [percent, setPercent] = useState(0);
  useEffect(() => {
    const ws = new WebSocket(`wss://${location.host}/ws/documents/${id}`);
    ws.onmessage = (event) => setPercent(JSON.parse(event.data).percent);
  }, [id]);
  return <p>{percent} %</p>;
}
"""


def git(folder: Path, *arguments: str) -> str:
    """What git says; nothing of the user's own settings counts."""
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *author, *arguments], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """halfopen as it is now, committed in a repository of its own."""
    folder = tmp_path_factory.mktemp("source")
    for name in PUBLISHED:
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(path, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "halfopen")
    return folder


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A repository with a socket that is never closed."""
    folder = tmp_path / "application"
    (folder / "web").mkdir(parents=True)
    (folder / "web" / "Card.tsx").write_text(CARD, encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A card")
    return folder


@pytest.fixture(scope="session")
def shown() -> dict[str, str]:
    """The configurations that docs/ci.md shows, by the file that they are for."""
    text = (REPOSITORY / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    return {block.splitlines()[0].removeprefix("# "): block for block in blocks}
