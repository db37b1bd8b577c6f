"""Whether a server is known to listen on its own machine alone, from the code and the files that start it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Severity
from halfopen.audit.settings import Settings

APP = """
import os
import uvicorn
from fastapi import FastAPI, WebSocket
from settings import settings

app = FastAPI()
members = []
HOST = os.getenv("HOST", "127.0.0.1")

@app.post("/news")
async def news(text: str):
    for each in list(members):
        await each.send_text(text)

@app.websocket("/ws")
async def live(websocket: WebSocket):
    await websocket.accept()
    members.append(websocket)
    while True:
        await websocket.receive_text()

if __name__ == "__main__":
    uvicorn.run(app, port=8000{host})
"""
SETTINGS = """
from pydantic import Field
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    host: str = Field(default="127.0.0.1")

settings = Settings()
"""
DOCKERFILE = 'FROM python:3.12\nCMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]\n'
NGINX = "server {\n  listen 80;\n  location /ws {\n    proxy_pass http://127.0.0.1:8000;\n  }\n}\n"


@pytest.mark.parametrize(
    ("host", "files", "is_local"),
    [
        (', host="127.0.0.1"', {}, True),
        (', host="localhost"', {}, True),
        (", host=HOST", {}, True),
        (', host="0.0.0.0" if os.getenv("ALL") else settings.host', {"settings.py": SETTINGS}, True),
        (', host="0.0.0.0"', {}, False),
        ("", {}, False),
        (', host="127.0.0.1"', {"Dockerfile": DOCKERFILE}, False),
        (', host="127.0.0.1"', {"nginx.conf": NGINX}, False),
    ],
)
def test_what_listens_on_its_own_machine_weighs_less(
    tmp_path: Path, host: str, files: Mapping[str, str], is_local: bool
) -> None:
    for path, text in {"main.py": APP.replace("{host}", host), **files}.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    auditor = Auditor(tmp_path, Settings())
    auditor.refresh()
    found = {each.finding.code: each.finding for each in auditor.findings()}
    open_door, many = found["WS1C"], found["WS1D"]
    assert (open_door.severity is Severity.MEDIUM) is is_local
    assert ("every program of the machine that it listens on" in open_door.message) is is_local
    assert (many.severity is Severity.MONITOR) is is_local
    assert ("on its own machine alone" in many.message) is is_local
