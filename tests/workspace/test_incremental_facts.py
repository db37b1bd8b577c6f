"""Edits that bear on what a dossier says of a connection leave the audit as a fresh one of the same files."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings

FILES = {
    "api/main.py": """\
import logging
from fastapi import Depends, FastAPI
from .auth import TokenMiddleware, current_user
from .feeds import router
from .tasks import pulse

app = FastAPI()
app.add_middleware(TokenMiddleware)
app.include_router(router, prefix="/ws", dependencies=[Depends(current_user)])


@app.get("/rooms")
async def rooms(user=Depends(current_user)):
    return []


@app.on_event("startup")
async def start():
    asyncio.create_task(pulse())
""",
    "api/auth.py": """\
import jwt
from fastapi import Query, WebSocket, WebSocketException
from .settings import ORIGINS, SECRET


class TokenMiddleware:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket" and scope["headers"].get("origin") not in ORIGINS:
            return
        await self.app(scope, receive, send)


async def current_user(websocket: WebSocket, token: str = Query(...)):
    try:
        return jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise WebSocketException(code=1008)


def allowed(user, room):
    return room in user["rooms"]
""",
    "api/settings.py": """\
ORIGINS = {"https://app.example"}
SECRET = "s"
PING_SECONDS = 20
LIMIT = 100
""",
    "api/registry.py": """\
import asyncio
import logging
from fastapi import WebSocket
from .settings import LIMIT

logger = logging.getLogger(__name__)


class Registry:
    def __init__(self):
        self.rooms: dict[str, set[WebSocket]] = {}
        self.queue = asyncio.Queue(maxsize=LIMIT)

    async def join(self, room, websocket):
        await websocket.accept()
        self.rooms.setdefault(room, set()).add(websocket)

    def leave(self, room, websocket):
        self.rooms.get(room, set()).discard(websocket)

    async def broadcast(self, room, message):
        for websocket in list(self.rooms.get(room, ())):
            try:
                await websocket.send_json(message)
            except Exception:
                logger.exception("lost %s", message)


registry = Registry()
""",
    "api/tasks.py": """\
import asyncio
from .registry import registry
from .settings import PING_SECONDS


async def pulse():
    while True:
        await asyncio.sleep(PING_SECONDS)
        await registry.broadcast("all", {"type": "ping"})


async def announce(session, room, text):
    session.add(text)
    await registry.broadcast(room, {"type": "message", "text": text})
    await session.commit()
""",
    "api/feeds.py": """\
import asyncio
import json
from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from .auth import allowed, current_user
from .registry import logger, registry
from .tasks import announce

router = APIRouter()


@router.websocket("/feed/{room}")
async def feed(websocket: WebSocket, room: str, user=Depends(current_user)):
    if not allowed(user, room):
        await websocket.close(code=4003)
        return
    await registry.join(room, websocket)
    try:
        while True:
            message = await websocket.receive_json()
            if message["type"] == "pong":
                continue
            elif message["type"] == "say":
                logger.info("got %s", message)
                await announce(user, room, message["text"])
            else:
                await websocket.send_json({"type": "error", "detail": "unknown"})
    except WebSocketDisconnect:
        registry.leave(room, websocket)


@router.websocket("/jobs")
async def jobs(websocket: WebSocket):
    await websocket.accept()
    task = asyncio.create_task(work(websocket))
    try:
        async for text in websocket.iter_text():
            await registry.queue.put(json.loads(text))
    except Exception:
        pass


async def work(websocket):
    while True:
        job = await registry.queue.get()
        await websocket.send_json({"type": "job", "job": job})
""",
    "web/src/constants.ts": """\
export const BASE_DELAY = 1000;
export const MAX_DELAY = 30000;
export const PING_MS = 25000;
export const EVENTS = { say: 'say', message: 'message' } as const;
export const API = `ws://${location.host}/ws`;
""",
    "web/src/delay.ts": """\
import { BASE_DELAY, MAX_DELAY } from './constants';

export function delayOf(attempt: number) {
  return Math.min(MAX_DELAY, BASE_DELAY * 2 ** attempt) * (0.5 + Math.random() / 2);
}
""",
    "web/src/store.ts": """\
import { create } from 'zustand';

export const useFeed = create((set, get) => ({
  messages: [],
  status: 'closed',
  add: (message) => set((state) => ({ messages: [...state.messages, message] })),
  setStatus: (status) => set({ status }),
}));
""",
    "web/src/heartbeat.ts": """\
import { PING_MS } from './constants';

export function beat(socket: WebSocket) {
  return setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'ping' }));
  }, PING_MS);
}
""",
    "web/src/useFeedSocket.ts": """\
import { useEffect, useRef } from 'react';
import { API, EVENTS } from './constants';
import { delayOf } from './delay';
import { beat } from './heartbeat';
import { useFeed } from './store';

export function useFeedSocket(room: string, token: string) {
  const add = useFeed((state) => state.add);
  const setStatus = useFeed((state) => state.setStatus);
  const outbox = useRef<string[]>([]);
  const socketRef = useRef<WebSocket | null>(null);
  useEffect(() => {
    let attempt = 0;
    let timer: number;
    function connect() {
      const socket = new WebSocket(`${API}/feed/${room}?token=${token}`);
      socketRef.current = socket;
      const beating = beat(socket);
      socket.onopen = () => {
        attempt = 0;
        setStatus('open');
        outbox.current.forEach((each) => socket.send(each));
      };
      socket.onmessage = (event) => {
        const message = JSON.parse(event.data);
        switch (message.type) {
          case 'ping':
            socket.send(JSON.stringify({ type: 'pong' }));
            break;
          case EVENTS.message:
            add(message);
            break;
        }
      };
      socket.onclose = () => {
        clearInterval(beating);
        setStatus('closed');
        timer = setTimeout(connect, delayOf(attempt++));
      };
    }
    connect();
    return () => {
      clearTimeout(timer);
      socketRef.current?.close();
    };
  }, [room]);
  return (text: string) => socketRef.current?.send(JSON.stringify({ type: EVENTS.say, text }));
}
""",
    "web/src/Feed.tsx": """\
import { useFeed } from './store';
import { useFeedSocket } from './useFeedSocket';

export function Feed({ room, token }: { room: string; token: string }) {
  const say = useFeedSocket(room, token);
  const messages = useFeed((state) => state.messages);
  const status = useFeed((state) => state.status);
  return (
    <div>
      {status !== 'open' && <p>offline</p>}
      {messages.map((each) => <p key={each.id}>{each.text}</p>)}
      <button onClick={() => say('hello')}>Say</button>
    </div>
  );
}
""",
    "web/src/jobs.ts": """\
import useWebSocket from 'react-use-websocket';
import { API } from './constants';

export function useJobs() {
  const { lastJsonMessage } = useWebSocket(`${API}/jobs`, { shouldReconnect: () => true });
  return lastJsonMessage;
}
""",
    "web/package.json": '{"dependencies": {"react": "^18.0.0", "react-use-websocket": "^4.0.0"}}\n',
    "requirements.txt": "fastapi==0.115.0\nuvicorn[standard]==0.30.0\n",
    "nginx.conf": """\
server {
  location /ws {
    proxy_pass http://api:8000;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_read_timeout 30s;
  }
}
""",
    "docker-compose.yml": """\
services:
  api:
    command: uvicorn api.main:app --host 0.0.0.0 --workers 2
""",
}

TEXTS = {
    "requirements.txt": ("fastapi\nuvicorn==0.20.0\n", "fastapi\nhypercorn\n", ""),
    "nginx.conf": (
        "server {\n  location / {\n    proxy_pass http://api:8000;\n  }\n}\n",
        "server {\n  location /ws/feed {\n    proxy_pass http://api:8000;\n    proxy_read_timeout 1h;\n  }\n}\n",
    ),
    "docker-compose.yml": (
        "services:\n  api:\n    command: uvicorn api.main:app --ws-ping-interval 5\n",
        "services:\n  api:\n    command: uvicorn api.main:app --reload\n    deploy:\n      replicas: 3\n",
    ),
    "web/package.json": ('{"dependencies": {"react-use-websocket": "^3.0.0"}}\n', "{}"),
    "web/.env": ("VITE_WS=ws://localhost/ws\n", ""),
    "Procfile": ("web: gunicorn api.main:app -k uvicorn.workers.UvicornWorker -w 4\n",),
}
"""What files that are no code may say instead; every one of them may also be deleted."""

LINES = {
    ".py": (
        "    await websocket.accept()",
        "            await websocket.send_json({'type': 'pong'})",
        "            await asyncio.wait_for(websocket.receive_json(), 30)",
        "PING_SECONDS = 5",
        "ORIGINS = None",
        "SECRET = jwt",
        "from .auth import allowed as current_user",
        "from .settings import PING_SECONDS as LIMIT",
        "    raise ValueError",
        "router = APIRouter(dependencies=[Depends(allowed)])",
        "        await registry.broadcast(room, {'type': 'say'})",
        "        self.rooms = {}",
        "    logger.info(token)",
        "asyncio.create_task(pulse())",
        "",
    ),
    ".ts": (
        "export const BASE_DELAY = 10;",
        "export const PING_MS = 5;",
        "  socket.onclose = null;",
        "  socket.send('ping');",
        "        setStatus('connecting');",
        "          case 'job':",
        "export * from './constants';",
        "import { PING_MS as BASE_DELAY } from './constants';",
        "  clear: () => set({ messages: [] }),",
        "    return () => clearInterval(beating);",
        "    window.addEventListener('unhandledrejection', console.error);",
        "        navigator.onLine;",
        "",
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person does; the numbers choose among whatever is there."""

    action: str
    file: int
    line: int
    other: int


ACTIONS = (
    "delete a line", "delete a line", "insert a line", "insert a line", "copy a line", "delete some lines",
    "rename a name", "rename a name everywhere", "write another number", "move a file", "delete a file",
    "restore a file", "restore every file", "say otherwise", "say otherwise",
)  # fmt: skip
STEPS = st.builds(Step, st.sampled_from(ACTIONS), st.integers(0, 60), st.integers(0, 80), st.integers(0, 60))


def after(step: Step, files: dict[str, str]) -> dict[str, str]:
    """The files after a step."""
    code = sorted(path for path in files if path.endswith((".py", ".ts", ".tsx")))
    changed = dict(files)
    if step.action == "restore every file" or not code:
        return dict(FILES)
    path, other = code[step.file % len(code)], code[step.other % len(code)]
    lines = files[path].split("\n")
    at = step.line % len(lines)
    match step.action:
        case "delete a line":
            changed[path] = "\n".join(lines[:at] + lines[at + 1 :])
        case "delete some lines":
            changed[path] = "\n".join(lines[:at] + lines[at + 1 + step.other % 6 :])
        case "insert a line":
            choice = LINES[".py" if path.endswith(".py") else ".ts"]
            changed[path] = "\n".join([*lines[:at], choice[step.other % len(choice)], *lines[at:]])
        case "copy a line":
            there = files[other].split("\n")
            changed[path] = "\n".join([*lines[:at], there[step.line % len(there)], *lines[at:]])
        case "rename a name" | "rename a name everywhere":
            words = sorted(set(re.findall(r"[A-Za-z_]\w{2,}", files[path])))
            if words:
                word = words[step.line % len(words)]
                named = word[:-2] if word.endswith("_1") else f"{word}_1"
                for each in code if step.action.endswith("everywhere") else [path]:
                    changed[each] = re.sub(rf"\b{word}\b", named, files[each])
        case "write another number":
            numbers = sorted(set(re.findall(r"\b\d+\b", files[path])))
            if numbers:
                number = numbers[step.line % len(numbers)]
                changed[path] = re.sub(rf"\b{number}\b", ("0", "7", "60000")[step.other % 3], files[path])
        case "move a file":
            del changed[path]
            stem, _, ending = path.rpartition(".")
            changed[f"{stem[:-2] if stem.endswith('_2') else f'{stem}_2'}.{ending}"] = files[path]
        case "delete a file":
            every = sorted(files)
            del changed[every[step.file % len(every)]]
        case "restore a file":
            name = sorted(FILES)[step.file % len(FILES)]
            changed[name] = FILES[name]
        case "say otherwise":
            name = sorted(TEXTS)[step.file % len(TEXTS)]
            choice = (*TEXTS[name], None)
            text = choice[step.other % len(choice)]
            if text is None:
                changed.pop(name, None)
            else:
                changed[name] = text
        case _:
            raise AssertionError(step.action)
    return changed


def put(root: Path, before: dict[str, str], files: dict[str, str]) -> list[str]:
    """Write what differs; the paths that were touched."""
    touched = [path for path in before.keys() | files.keys() if before.get(path) != files.get(path)]
    for path in touched:
        file = root / path
        text = files.get(path)
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="")
    return sorted(touched)


def state_of(auditor: Auditor) -> dict[str, object]:
    findings = [
        (each.path, each.start, each.finding.code, each.finding.message, each.finding.severity, each.evidence)
        for each in auditor.findings()
    ]
    return {
        "findings": findings,
        "connections": list(auditor.connections()),
        "environment": auditor.environment(),
        # Syntax errors are told of the files that were parsed, which a fresh start does only where it must.
        "failures": sorted(each.message for each in auditor.problems() if each.kind == "rule"),
    }


def run(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        files = dict(FILES)
        put(root, {}, files)
        auditor = Auditor(root, Settings())
        auditor.refresh()
        for done, step in enumerate(steps, start=1):
            before, files = files, after(step, files)
            auditor.touched(put(root, before, files))
            auditor.refresh()
            fresh = Auditor(root, Settings())
            fresh.refresh()
            assert state_of(auditor) == state_of(fresh), steps[:done]


@given(st.lists(STEPS, min_size=1, max_size=6))
@settings(
    deadline=None,
    max_examples=10,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
def test_after_any_edits_the_facts_are_those_of_a_fresh_start(steps: list[Step]) -> None:
    run(steps)


STORE = """\
import { create } from 'zustand';

export const useSocket = create((set, get) => ({
  socket: null,
  connect: () => set({ socket: new WebSocket('wss://app.example/ws') }),
  disconnect: () => get().socket?.close(),
}));
"""


def test_facts_go_with_what_the_socket_was_known_by(tmp_path: Path) -> None:
    """The close is the socket's only while the store is one: an import elsewhere in the file decides that."""
    files = {"web/store.ts": STORE}
    put(tmp_path, {}, files)
    auditor = Auditor(tmp_path, Settings())
    auditor.refresh()
    assert "closing.closes" in auditor.connections()[0].facts
    auditor.touched(put(tmp_path, files, {"web/store.ts": STORE.partition("\n")[2]}))
    auditor.refresh()
    fresh = Auditor(tmp_path, Settings())
    fresh.refresh()
    assert "closing.closes" not in auditor.connections()[0].facts
    assert state_of(auditor) == state_of(fresh)
