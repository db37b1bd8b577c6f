"""How each side notices that the other is gone, and what serves a connection, read from small workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Fact, Known
from halfopen.workspace.surroundings import surround

from .finding import dossiers

ENDPOINT = """
    from fastapi import FastAPI, WebSocket
    app = FastAPI()

    @app.websocket("/ws")
    async def live(websocket: WebSocket):
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)
"""


def surrounded(root: Path, files: Mapping[str, str]) -> Dossier:
    workspace, made = dossiers(root, files)
    [placed], _ = surround(workspace, made, ())
    return placed.surrounded


def value(fact: Fact[object]) -> object:
    return fact.value if isinstance(fact, Known) else None


@pytest.mark.parametrize(
    ("timer", "interval", "shown"),
    [
        ("setInterval(() => ws.send('ping'), 30_000)", 30.0, "ping"),
        ("setInterval(() => ws.send(JSON.stringify({ type: 'ping' })), SECONDS * 1000)", 25.0, '{"type": "ping"}'),
        ("const beat = () => { ws.send(HELLO); setTimeout(beat, 15000); }; beat()", 15.0, "heartbeat"),
        ("setInterval(() => say({ op: 'keepalive' }), 10000)", 10.0, '{"op": "keepalive"}'),
    ],
)  # fmt: skip
def test_a_timer_that_sends_is_a_heartbeat(tmp_path: Path, timer: str, interval: float, shown: str) -> None:
    source = f"""
        const SECONDS = 25;
        const HELLO = 'heartbeat';
        const ws = new WebSocket('/ws');
        const say = (message: object) => ws.send(JSON.stringify(message));
        {timer};
    """
    liveness = surrounded(tmp_path, {"live.ts": source}).liveness
    assert liveness is not None
    [heartbeat] = liveness.heartbeats
    assert (value(heartbeat.interval_seconds), heartbeat.message.shown) == (interval, shown)
    assert heartbeat.is_ping
    assert value(liveness.detects_silence) is False


@pytest.mark.parametrize(
    ("version", "command", "interval"),
    [
        ("0.54.0", "uvicorn main:app", 20.0),
        ("0.54.0", "uvicorn main:app --ws-ping-interval 0", None),
        ("0.45.0", "uvicorn main:app --ws wsproto", None),
        ("0.46.0", "uvicorn main:app --ws wsproto", 20.0),
        ("0.54.0", "gunicorn -k uvicorn.workers.UvicornWorker main:app", 20.0),
        ("0.54.0", "hypercorn main:app", None),
        ("0.54.0", "granian --interface asgi main:app", None),
    ],
)
def test_the_keepalive_follows_server_version_and_flags(
    tmp_path: Path, version: str, command: str, interval: float | None
) -> None:
    files = {
        "main.py": ENDPOINT,
        "requirements.txt": f"uvicorn=={version}\n",
        "Procfile": f"web: {command}\n",
    }
    keepalive = surrounded(tmp_path, files).surroundings.serving.keepalive
    assert isinstance(keepalive, Known)
    assert keepalive.value.interval_seconds == interval


def test_processes_are_workers_times_replicas(tmp_path: Path) -> None:
    compose = """
        services:
          api:
            build: .
            command: uvicorn main:app --workers 4
            deploy:
              replicas: 3
    """
    serving = surrounded(tmp_path, {"main.py": ENDPOINT, "compose.yml": compose}).surroundings.serving
    assert isinstance(serving.processes, Known)
    assert (serving.processes.value.count, serving.processes.value.are_several) == (12, True)


def test_without_a_start_nothing_is_claimed(tmp_path: Path) -> None:
    serving = surrounded(tmp_path, {"main.py": ENDPOINT}).surroundings.serving
    assert not isinstance(serving.keepalive, Known)
    assert not isinstance(serving.processes, Known)
