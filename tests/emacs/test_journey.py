"""A real Emacs with Eglot: a finding, its explanation, its fix, and that it goes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CLIENT = HERE.parents[1] / "clients" / "emacs"
MAIN = """\
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
watchers = []


@app.websocket("/ws")
async def progress(websocket: WebSocket):
    await websocket.accept()
    watchers.append(websocket)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        watchers.remove(websocket)
"""


def test_a_finding_is_shown_explained_and_fixed(tmp_path: Path) -> None:
    emacs = shutil.which("emacs")
    assert emacs is not None, "emacs is missing: apt-get install emacs-nox elpa-eglot"
    project = tmp_path / "project"
    project.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True, timeout=30)
    main = project / "main.py"
    main.write_text(MAIN, encoding="utf-8")
    (project / "halfopen.toml").write_text('select = ["WS1B"]\n', encoding="utf-8")
    environment = os.environ | {
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
    }
    done = subprocess.run(
        [emacs, "--batch", "--directory", CLIENT, "--load", HERE / "journey.el", main],
        env=environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert "watchers" in seen["finding"]
    assert "HOW TO VERIFY" in seen["hover"]
    assert "finally" in seen["fix"]
    fixed = main.read_text(encoding="utf-8")
    assert "finally:\n        watchers.remove(websocket)" in fixed
