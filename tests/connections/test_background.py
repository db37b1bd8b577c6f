"""Who sees a failure: clauses, loops without their socket, tasks, promises, handlers of a client's failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.background.facts import Background

from .finding import dossiers

ENDPOINT = """
import asyncio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()

async def forward(websocket: WebSocket, source: asyncio.StreamReader) -> None:
    while True:
        await websocket.send_bytes(await source.read(100))

@app.websocket("/ws")
async def serve(websocket: WebSocket, source: asyncio.StreamReader) -> None:
    await websocket.accept()
{body}
"""


def _endpoint(root: Path, *lines: str) -> Background:
    body = "\n".join(f"    {line}" for line in lines)
    [dossier] = dossiers(root, {"main.py": ENDPOINT.format(body=body)})[1]
    assert dossier.background is not None
    return dossier.background


@pytest.mark.parametrize(
    ("clause", "spinning"),
    [
        ("except Exception: pass", [True]),
        ("except (ValueError, Exception): continue", [True]),
        ("except Exception: await asyncio.sleep(1)", [False]),
        ("except Exception: break", []),
        ("except WebSocketDisconnect: pass", []),
        ("except ValueError: continue", []),
    ],
)
def test_a_loop_that_stops_its_own_end_spins(tmp_path: Path, clause: str, spinning: list[bool]) -> None:
    lines = ("while True:", "    try: await websocket.receive_text()", f"    {clause}")
    assert [each.freezes for each in _endpoint(tmp_path, *lines).spins] == spinning


@pytest.mark.parametrize(
    ("clause", "reaction"),
    [
        ("except Exception: pass", "silent"),
        ("except Exception: await websocket.close()", "silent"),
        ("except Exception: await websocket.close(code=1011)", "answered"),
        ("except Exception as error: print(error)", "logged"),
        ("except Exception as error: app.state.error = error", "kept"),
        ("except Exception: raise", "raised"),
    ],
)
def test_what_a_clause_does_with_what_it_stops(tmp_path: Path, clause: str, reaction: str) -> None:
    lines = ("try:", "    while True: await websocket.receive_text()", clause)
    assert [each.reaction for each in _endpoint(tmp_path, *lines).catches] == [reaction]


@pytest.mark.parametrize(
    ("lines", "fate"),
    [
        (("asyncio.create_task(forward(websocket, source))",), "dropped"),
        (("task = asyncio.create_task(forward(websocket, source))", "task.cancel()"), "unobserved"),
        (("task = asyncio.create_task(forward(websocket, source))", "await task"), "observed"),
        (("task = asyncio.create_task(forward(websocket, source))", "task.add_done_callback(print)"), "observed"),
    ],
)  # fmt: skip
def test_who_learns_of_a_tasks_failure(tmp_path: Path, lines: tuple[str, ...], fate: str) -> None:
    assert [each.fate for each in _endpoint(tmp_path, *lines).tasks] == [fate]


@pytest.mark.parametrize(
    ("handlers", "floating"),
    [
        ("ws.onmessage = async (e) => { show(JSON.parse(e.data)); };", ["handler"]),
        (
            "ws.onmessage = async (e) => { try { show(JSON.parse(e.data)); } catch (error) { show(error); } };",
            [],
        ),
        ("ws.onmessage = (e) => { show(JSON.parse(e.data)); };", []),
        ("ws.onopen = () => { load(); };", ["call"]),
        ("ws.onopen = () => { load().catch(show); };", []),
        ("ws.onopen = () => { fetch('/a').then(show); };", ["chain"]),
    ],
)
def test_promises_that_nobody_handles(tmp_path: Path, handlers: str, floating: list[str]) -> None:
    source = (
        "const load = async () => { await fetch('/b'); };\n"
        "const show = (what: unknown) => console.log(what);\n"
        f"export function live(url: string) {{\n  const ws = new WebSocket(url);\n  {handlers}\n}}\n"
    )
    [dossier] = dossiers(tmp_path, {"live.ts": source})[1]
    assert dossier.background is not None
    assert [each.kind for each in dossier.background.floating] == floating
