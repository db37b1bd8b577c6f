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


QUEUED = """
    import asyncio
    import json
    from typing import Literal
    from fastapi import FastAPI, WebSocket
    from pydantic import BaseModel
    app = FastAPI()

    class Ping(BaseModel):
        type: Literal["ping"] = "ping"

    class Pong(BaseModel):
        type: Literal["pong"]

    class Connection:
        def __init__(self, websocket: WebSocket):
            self.websocket = websocket
            self.outbox = asyncio.Queue(maxsize=9)
            self.heard = asyncio.Event()

        def offer(self, message):
            self.outbox.put_nowait(message)

        async def write(self):
            while True:
                message = await self.outbox.get()
                await self.websocket.send_text(message.model_dump_json())

        async def read(self):
            while True:
                message = Pong.model_validate_json(await self.websocket.receive_text())
                {heard}

        async def beat(self):
            while True:
                await asyncio.sleep(30)
                self.heard.clear()
                self.offer(Ping())
                {waits}

    @app.websocket("/ws")
    async def live(websocket: WebSocket):
        await websocket.accept()
        connection = Connection(websocket)
        await asyncio.gather(connection.write(), connection.read(), connection.beat())
"""
WITHIN = """try:
                    async with asyncio.timeout(10):
                        await self.heard.wait()
                except TimeoutError:
                    return"""
FOR = """try:
                    await asyncio.wait_for(self.heard.wait(), 10)
                except asyncio.TimeoutError:
                    break"""
UNHEEDED = """try:
                    await asyncio.wait_for(self.heard.wait(), 10)
                except asyncio.TimeoutError:
                    continue"""
OF_PONG = """match message:
                    case Pong():
                        self.heard.set()"""


@pytest.mark.parametrize(
    ("heard", "waits", "watchdogs"),
    [
        ("self.heard.set()", WITHIN, [("answer", 10.0, ())]),
        ("self.heard.set()", FOR, [("answer", 10.0, ())]),
        (OF_PONG, FOR, [("answer", 10.0, ("pong",))]),
        ("if isinstance(message, Pong): self.heard.set()", FOR, [("answer", 10.0, ("pong",))]),
        ("self.heard.set()", UNHEEDED, []),
        ("pass", WITHIN, []),
    ],
)
def test_a_ping_through_a_queue_and_the_event_that_waits_for_its_answer(
    tmp_path: Path, heard: str, waits: str, watchdogs: list[tuple[str, float, tuple[str, ...]]]
) -> None:
    files = {"main.py": QUEUED.replace("{heard}", heard).replace("{waits}", waits)}
    liveness = surrounded(tmp_path, files).liveness
    assert liveness is not None
    [heartbeat] = liveness.heartbeats
    assert (value(heartbeat.interval_seconds), heartbeat.message.shown) == (30.0, '{"type": "ping"}')
    assert heartbeat.is_ping
    found = [(each.watches, value(each.deadline_seconds), each.renewed_by) for each in liveness.watchdogs]
    assert found == watchdogs


@pytest.mark.parametrize(
    ("handler", "reply", "answers_everything"),
    [
        ("if (m.type === 'ping') say({ type: 'pong' });", '{"type": "pong"}', False),
        ("say({ type: 'seen' }); if (m.type === 'ping') show(m);", None, True),
        ("if (m.type === 'ping') { show(m); return; } if (m.n) say({ type: 'more' });", None, False),
    ],
)
def test_what_a_client_says_to_a_ping(
    tmp_path: Path, handler: str, reply: str | None, answers_everything: bool
) -> None:
    source = f"""
        import {{ show }} from "./show";
        const ws = new WebSocket('/ws');
        const say = (message: object) => ws.send(JSON.stringify(message));
        ws.onmessage = (event) => {{ const m = JSON.parse(event.data); {handler} }};
    """
    liveness = surrounded(tmp_path, {"live.ts": source}).liveness
    assert liveness is not None
    [answer] = liveness.answers
    assert (answer.reply.shown if answer.reply is not None else None) == reply
    assert liveness.answers_everything is answers_everything


def test_a_deadline_where_a_reconnecting_socket_is_made_waits_for_no_answer(tmp_path: Path) -> None:
    source = """
        let silence: ReturnType<typeof setTimeout> | undefined;
        function retry() { setTimeout(() => { if (navigator.onLine) open(); else retry(); }, 1000); }
        function listen() { clearTimeout(silence); silence = setTimeout(giveUp, 45_000); }
        function giveUp() { socket?.close(); retry(); }
        let socket: WebSocket | undefined;
        export function open() {
          socket = new WebSocket('/ws');
          listen();
          socket.onmessage = () => listen();
          socket.onclose = () => retry();
        }
    """
    liveness = surrounded(tmp_path, {"live.ts": source}).liveness
    assert liveness is not None
    assert [each.watches for each in liveness.watchdogs] == ["messages"]
