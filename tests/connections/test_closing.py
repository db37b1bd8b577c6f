"""What is told of how a server ends a connection after an error, by what the client can know of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Finding, Severity
from halfopen.audit.settings import Settings

from .finding import write

ENDPOINT = """
import websockets
from fastapi import FastAPI, WebSocket

app = FastAPI()

async def tell(websocket, text):
    await websocket.send_json({"type": "error", "text": text})

@app.websocket("/work")
async def work(websocket: WebSocket):
    await websocket.accept()
    try:
        await websocket.send_json(await app.state.run())
    except Exception as error:
        {clause}
        await websocket.close()
"""
HANDLER = """
import websockets

async def prices(connection):
    try:
        async for symbol in connection:
            await connection.send(symbol)
    except Exception:
        print("failed")

async def main():
    async with websockets.serve(prices, "", 9000) as server:
        await server.serve_forever()
"""


def found(root: Path, text: str) -> Finding:
    auditor = Auditor(write(root, {"main.py": text}), Settings())
    auditor.refresh()
    [one] = [each.finding for each in auditor.findings() if each.finding.code == "WS5B"]
    return one


@pytest.mark.parametrize(
    ("clause", "severity"),
    [
        ("print(error)", Severity.MEDIUM),
        ('await websocket.send_json({"type": "error"})', Severity.MONITOR),
        ('await tell(websocket, "failed")', Severity.MONITOR),
    ],
)
def test_an_error_that_a_message_tells_first_weighs_less(
    tmp_path: Path, clause: str, severity: Severity
) -> None:
    one = found(tmp_path, ENDPOINT.replace("{clause}", clause))
    assert one.severity is severity
    assert ("only the message before it tells" in one.message) is (severity is Severity.MONITOR)


def test_a_library_that_closes_by_itself_is_not_said_to_leave_1006(tmp_path: Path) -> None:
    one = found(tmp_path, HANDLER)
    assert "websockets closes with 1000" in one.message
    assert "1006" not in one.message
