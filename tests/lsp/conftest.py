from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from . import editor as client
from .editor import Editor

StartEditor = Callable[..., Awaitable[Editor]]


@pytest_asyncio.fixture
async def start_editor() -> AsyncIterator[StartEditor]:
    """Starts servers and says `initialize` to them; what is still there at the end of the test is ended."""
    started: list[Editor] = []

    async def start(*folders: Path, **params: Any) -> Editor:
        started.append(await client.start())
        await started[-1].initialize(*folders, **params)
        return started[-1]

    yield start
    for each in started:
        await client.stop(each)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A repository with nothing in it, that wants one rule: how many rules there are is not the tests' matter."""
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "pyproject.toml").write_text(
        '[project]\nname = "sample"\nversion = "1"\n\n[tool.halfopen]\nselect = ["WS1B"]\n', encoding="utf-8"
    )
    return root
