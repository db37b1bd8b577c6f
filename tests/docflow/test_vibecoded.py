"""The same product as it is quickly made: it works, and an audit shows what it is not ready for."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect

from .stack import FRONTEND, Program, free_port

VIBECODED = Path(__file__).parents[2] / "fixtures" / "docflow-vibecoded"
MOST_MISSES = 8
"""At least 20 of the 28 checks of chapters 1 to 7 find something."""
CHECKS = frozenset(f"WS{chapter}{letter}" for chapter in range(1, 8) for letter in "ABCD")
NOT_FOUND = frozenset({"WS3B", "WS3C", "WS3D", "WS4D"})


def audit() -> dict[str, Any]:
    command = [sys.executable, "-m", "halfopen", "audit", "--format", "json", "--exit-zero", str(VIBECODED)]
    report: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
    )
    return report


def test_it_violates_most_checks_and_each_audit_says_the_same() -> None:
    report = audit()
    found = {finding["code"] for finding in report["findings"]}
    assert found == CHECKS - NOT_FOUND
    assert len(NOT_FOUND) <= MOST_MISSES
    assert report["score"] <= 3
    assert all(connection["linked_to"] for connection in report["connections"])
    assert audit() == report


def test_a_document_is_uploaded_and_completes(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "main:app", "--app-dir", str(VIBECODED / "backend")]
    environment = {"PATH": "/usr/bin:/bin", "STEP_SECONDS": "0.01", "PYTHONDONTWRITEBYTECODE": "1"}
    server = Program([*command, "--port", str(port)], "Uvicorn running on", environment)
    try:
        # In a thread of its own: Playwright's loop may run in this one.
        with ThreadPoolExecutor(1) as thread:
            messages, document = thread.submit(asyncio.run, asyncio.wait_for(_watch_one(port), 60)).result()
    finally:
        server.stop()
    stages = [each["stage"] for each in messages if each["type"] == "progress"]
    assert list(dict.fromkeys(stages)) == ["extracting", "analyzing", "summarizing", "completed"]
    assert document["summary"] == "10 words. Keywords: weave, engines, algebraic, patterns, looms"


async def _watch_one(port: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What somebody's socket says of a document, and the document at its end."""
    at = f"127.0.0.1:{port}"
    messages: list[dict[str, Any]] = []
    async with httpx.AsyncClient(base_url=f"http://{at}") as http:
        login = await http.post("/api/login", json={"username": "demo", "password": "demo"})
        token = login.json()["token"]
        async with connect(f"ws://{at}/ws?token={token}") as socket:
            content = b"Engines weave algebraic patterns as looms weave flowers and leaves"
            uploaded = await http.post(
                "/api/documents", data={"token": token}, files={"file": ("text.txt", content)}
            )
            while not messages or messages[-1].get("stage") != "completed":
                messages.append(json.loads(await socket.recv()))
        return messages, (await http.get(f"/api/documents/{uploaded.json()['id']}")).json()


def test_its_client_is_typed(tmp_path: Path) -> None:
    frontend = shutil.copytree(VIBECODED / "frontend", tmp_path / "frontend")
    (frontend / "node_modules").symlink_to(FRONTEND / "node_modules")
    compiler = FRONTEND / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        ["node", compiler, "--noEmit"], cwd=frontend, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout
