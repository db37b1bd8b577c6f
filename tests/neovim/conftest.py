from collections.abc import Iterator
from pathlib import Path

import pytest

from .editor import Editor, start, stop


@pytest.fixture
def neovim(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Editor]:
    """A real Neovim with halfopen enabled, and nothing of the user's configuration."""
    nvim = start(tmp_path_factory.mktemp("neovim"), monkeypatch)
    try:
        yield Editor(nvim)
    finally:
        stop(nvim)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty repository: a folder that Neovim and halfopen take for the root."""
    (tmp_path / ".git").mkdir()
    settings = '[tool.halfopen]\nselect = ["WS1B", "WS8G"]\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    return tmp_path
