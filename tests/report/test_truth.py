"""What the report says follows from the code: numbers, names, commands and the variant of the fix."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI, WebSocket

from halfopen.report.markdown_output import write_markdown

from .conftest import audited, shop_in

CONSUMER = """\
import asyncio
import json
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer

from .limits import get_rate_limit_key, check_ws_rate_limit


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.room = UUID(self.scope["url_route"]["kwargs"]["room_id"])
        self.user = None
        await self.accept()

    async def receive(self, text_data):
        data = json.loads(text_data)
        if data.get("type") == "auth":
            auth_helper = self.scope["auth_helper"]
            self.user = await auth_helper(data.get("token", ""))
            if self.user is None:
                await self.close(code=4001)
                return
            self.scope["user"] = self.user
        elif data.get("type") == "chat" and self.user is not None:
            if not check_ws_rate_limit(self.user.id):
                await self.close(code=4008)
                return
            asyncio.create_task(self.answer(data.get("content", "")))

    async def answer(self, content):
        await self.send(text_data=json.dumps({"type": "answer", "content": content.strip()}))
"""
CLIENT = """\
export class ChatService {
  private ws: WebSocket | null = null;
  private attempts = 0;
  private timer = 0;

  constructor(private readonly room: string, private readonly show: (text: string) => void) {}

  connect() {
    this.ws = new WebSocket(`ws://localhost:8000/ws/chat/${this.room}/`);
    this.ws.onmessage = (event) => {
      const message = JSON.parse(event.data);
      this.show(message.content);
    };
    this.ws.onclose = (event) => {
      if (event.code !== 1000 && event.code !== 4001 && this.attempts < 3) {
        this.attempts++;
        this.timer = window.setTimeout(() => this.connect(), Math.min(1000 * 2 ** this.attempts, 20000));
      }
    };
  }

  disconnect() {
    clearTimeout(this.timer);
    this.ws?.close(1000);
  }
}
"""
FILES = {
    "backend/chat/consumers.py": CONSUMER,
    "backend/chat/limits.py": """\
import redis

store = redis.from_url("redis://localhost")


def get_rate_limit_key(user):
    return f"limit:{user}"


def check_ws_rate_limit(user):
    key = get_rate_limit_key(user)
    return store.incr(key) < 20
""",
    "backend/chat/middleware.py": """\
from channels.db import database_sync_to_async
from channels.middleware import BaseMiddleware

from .tokens import get_user_from_token


class TokenMiddleware(BaseMiddleware):
    async def __call__(self, scope, receive, send):
        scope["user"] = None
        scope["auth_helper"] = database_sync_to_async(get_user_from_token)
        return await super().__call__(scope, receive, send)
""",
    "backend/chat/tokens.py": """\
import jwt


def get_user_from_token(token):
    return jwt.decode(token, "key", algorithms=["HS256"]).get("user")
""",
    "backend/config/asgi.py": """\
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from chat.consumers import ChatConsumer
from chat.middleware import TokenMiddleware

routes = [path("ws/chat/<uuid:room_id>/", ChatConsumer.as_asgi())]
application = ProtocolTypeRouter({"websocket": TokenMiddleware(URLRouter(routes))})
""",
    "docker-compose.yml": """\
services:
  api:
    build: backend
    command: uvicorn config.asgi:application --host 0.0.0.0 --port 8000
    ports: ["8080:8000"]
""",
    "web/chat.ts": CLIENT,
}


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("chat")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return write_markdown(audited(root))


def finding(report: str, code: str, path: str) -> str:
    """The section of the finding of a rule in a file."""
    parts = re.split(r"^### F\d+\. ", report.split("\n## Summary", maxsplit=1)[0], flags=re.MULTILINE)[1:]
    [found] = [each for each in parts if each.startswith(code) and f"**Location:** `{path}`" in each]
    return found


def test_delays_count_from_what_the_attempts_start_at(chat: str) -> None:
    assert "return in the same moment: 2, 6, 14 s after it, and then not any more." in finding(
        chat, "WS2B", "web/chat.ts"
    )
    assert "3 attempts within about 14 s" in finding(chat, "WS2A", "web/chat.ts")


def test_codes_that_the_server_closes_with_are_named(chat: str) -> None:
    assert "Told apart: 1000, 4001. This server also closes with 4008" in finding(chat, "WS5B", "web/chat.ts")


def test_the_fix_is_that_of_the_case(chat: str) -> None:
    gives_up = finding(chat, "WS2A", "web/chat.ts")
    assert "+      if (event.code !== 1000 && event.code !== 4001 && this.attempts < Infinity) {" in gives_up
    assert "Reconnector" not in gives_up, "what gives up needs no second way back"
    assert "if (this.ws !== ws) return;" in finding(chat, "WS1A", "web/chat.ts"), "a class has no effect"
    server = finding(chat, "WS7B", "backend/chat/consumers.py")
    assert "data = Message.model_validate_json(text_data)" in server
    assert '    type: Literal["auth", "chat"]' in server
    assert "const checked = Message.safeParse(JSON.parse(event.data));" in finding(
        chat, "WS7B", "web/chat.ts"
    )
    assert 'task = asyncio.create_task(self.answer(data.get("content", "")))' in finding(
        chat, "WS5D", "backend/chat/consumers.py"
    )


def test_a_limiter_is_no_login_and_a_note_of_nobody_no_check(chat: str) -> None:
    environment = chat.split("### Connections", maxsplit=1)[0]
    assert "check_ws_rate_limit" not in environment
    assert 'scope["user"]' not in chat.replace("\\", "")
    assert "get_rate_limit_key" not in chat.split("## Looked for and not reported")[1]


def test_a_start_that_is_found_is_no_question(chat: str) -> None:
    assert "uvicorn, one process (docker-compose.yml)" in chat
    assert "how the server is started" not in chat


def test_addresses_are_those_that_work_on_this_machine(chat: str) -> None:
    assert "ws://localhost:8080/ws/chat/00000000-0000-4000-8000-000000000001/" in chat
    assert "# put a real room_id in place of what stands for it in the address" in chat
    assert "export FIRST=" in chat, "the first message signs in"
    assert "docker compose --file docker-compose.yml restart api" in chat


def test_what_only_a_running_page_knows_is_no_question(chat: str) -> None:
    assert "the value of" not in chat.split("## Needs confirmation")[1]


def test_what_is_alike_is_shown_once(tmp_path: Path) -> None:
    root = shop_in(tmp_path)
    page = (root / "web/useOrders.tsx").read_text(encoding="utf-8")
    (root / "web/useSales.tsx").write_text(page.replace("useOrders", "useSales"), encoding="utf-8")
    report = write_markdown(audited(root))
    assert report.count("+export function withJitter") == 1
    assert re.search(r"and puts `web/reconnectDelay.ts` beside it, as in \[F\d+\]\(#f\d+\)", report)
    assert re.search(r"the same as for \[F\d+\]\(#f\d+\), here at `web/useSales.tsx:\d+`", report)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """An endpoint of this machine that sends, and closes who sends `bye`."""
    app = FastAPI()

    @app.websocket("/ws/orders/{shop_id}")
    async def orders(websocket: WebSocket, shop_id: str) -> None:
        await websocket.accept()
        await websocket.send_json({"shop": shop_id})
        while await websocket.receive_text() != "bye":
            pass
        await websocket.close(code=4001, reason="bye")

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(
    ("title", "first", "said"),
    [
        ("Many connections at once", None, r"\('open for 1 s', 5\)"),
        ("Many connections at once", "bye", r"received 4001 \(private use\) bye.*', 5\)"),
        ("Long-running connection", None, r" open\n.* end\n"),
        ("Long-running connection", "bye", r" open\n.* received 4001 \(private use\) bye"),
    ],
)
def test_the_commands_of_the_tests_work_as_typed(
    tmp_path: Path, port: int, title: str, first: str | None, said: str
) -> None:
    report = write_markdown(audited(shop_in(tmp_path)))
    commands = report.split(f"### {title}")[1].split("```sh\n")[1].split("\n```\n")[0]
    commands = commands.replace(":9000/", f":{port}/").replace(
        "python -m pip install", ": python -m pip install"
    )
    environment = {
        **os.environ,
        "COUNT": "5",
        "DURATION": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    if first is not None:
        environment["FIRST"] = first
    ran = subprocess.run(
        ["bash", "-c", commands], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert re.search(said, ran.stdout), ran
    assert not ran.stderr
