"""Small audits built by hand, and the command run as a person or a script runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.views import Problem
from halfopen.report.result import (
    AuditResult,
    Place,
    ReportedConnection,
    ReportedEvidence,
    ReportedFinding,
    ReportedFix,
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRESS_TSX = """\
import { useEffect, useState } from "react";

export function useProgress(url: string) {
  const [progress, setProgress] = useState(0);
\tuseEffect(() => {
\t\tconst ws = new WebSocket(url);
\t\tws.onmessage = (event) => setProgress(JSON.parse(event.data).done);
\t}, [url]);
  return progress;
}
"""

MAIN_PY = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()
clients = {}


@app.websocket("/ws/{名前}")
async def progress(websocket: WebSocket, 名前: str):
    await websocket.accept()
    clients[名前] = websocket
    while True:
        await websocket.receive_text()
"""


@pytest.fixture
def result() -> AuditResult:
    """An audit of a client and an endpoint with a finding of every kind that output tells apart."""
    lines = {"web/useProgress.tsx": PROGRESS_TSX.splitlines(), "api/main.py": MAIN_PY.splitlines()}
    client = ReportedConnection(
        id="client-1",
        side="client",
        name="useProgress",
        library="native",
        place=Place("web/useProgress.tsx", 6, 14, 6, 32),
        linked_to=("server-1",),
    )
    server = ReportedConnection(
        id="server-1",
        side="server",
        name="progress",
        library="FastAPI",
        place=Place("api/main.py", 7, 1, 12, 39),
        linked_to=("client-1",),
        facts={"path": "/ws/{名前}"},
    )
    alone = ReportedConnection(
        id="client-2",
        side="client",
        name="useChat",
        library="partysocket",
        place=Place("web/useChat.ts", 3, 1, 9, 2),
    )
    findings = (
        ReportedFinding(
            code="WS1B",
            slug="unclosed-connection",
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            place=Place("web/useProgress.tsx", 6, 14, 6, 32),
            message="`ws` stays open when `url` changes or the component unmounts: the effect returns no cleanup.",
            connection="client-1",
            evidence=(
                ReportedEvidence(
                    Place("web/useProgress.tsx", 5, 2, 8, 11), "this effect runs again for every `url`"
                ),
                ReportedEvidence(
                    Place("web/useProgress.tsx", 8, 2, 8, 11), "it ends without a cleanup function"
                ),
            ),
            fixes=(ReportedFix("Close `ws` in the effect's cleanup", safe=True),),
        ),
        ReportedFinding(
            code="WS1B",
            slug="unclosed-connection",
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            place=Place("api/main.py", 10, 5, 10, 32),
            message="`clients[名前]` keeps the socket after a disconnect.",
            connection="server-1",
            evidence=(
                ReportedEvidence(Place("api/main.py", 12, 15, 12, 39), "raises when the client is gone"),
            ),
            fixes=(ReportedFix("Remove the socket in a finally block", safe=False),),
            effects=("WS3A",),
        ),
        ReportedFinding(
            code="WS2B",
            slug="unbounded-retry",
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            place=Place("web/useChat.ts", 3, 1, 3, 9),
            message="If `retry` has no limit, every client returns in the same second.",
            connection="client-2",
        ),
        ReportedFinding(
            code="WS4A",
            slug="no-heartbeat",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            place=Place("api/main.py", 9, 5, 9, 29),
            message="Suppressed here.",
            connection="server-1",
            suppressed=True,
        ),
    )
    return AuditResult(
        root=".",
        files=3,
        seconds=0.42,
        findings=findings,
        connections=(client, server, alone),
        problems=(
            Problem("pyproject.toml", 4, "settings", 'unknown setting "exlude"; did you mean "exclude"?'),
            Problem("api/broken.py", 12, "syntax", "syntax error; the rest of the file is audited"),
        ),
        lines_of=lambda path: lines.get(path, ()),
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `python -m halfopen` in the test's directory, output piped, colours as the machine's defaults."""

    def run(
        *arguments: str | Path,
        cwd: Path = tmp_path,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if key not in COLOUR_VARIABLES}
        return subprocess.run(
            [sys.executable, "-m", "halfopen", *map(str, arguments)],
            cwd=cwd,
            env=kept | dict(environment or {}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run


COLOUR_VARIABLES = {
    "NO_COLOR",
    "FORCE_COLOR",
    "TTY_COMPATIBLE",
    "COLUMNS",
    "LINES",
    "CLICOLOR",
    "CLICOLOR_FORCE",
}
