"""VS Code in Chromium, and a workspace for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from . import applications, code
from .code import Code


@pytest.fixture(scope="session")
def vscode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Code]:
    """A VS Code with the extension, and halfopen on its PATH."""
    running = code.start(tmp_path_factory.mktemp("vscode"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=code.chromium(),
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A flawed client and its endpoint."""
    return applications.docflow(tmp_path / "docflow")
