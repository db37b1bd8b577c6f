"""The workspace that is measured: made up, the same at every run, and dense with sockets where it counts."""

from dataclasses import dataclass
from pathlib import Path

FILES = 1_000
SOCKETS_IN_A_DENSE_FILE = 60


@dataclass(frozen=True, slots=True)
class Dense:
    """A file of about a thousand lines with sixty sockets, and an edit inside its first function."""

    path: Path
    language: str
    inserted_line: int
    inserted_text: str


@dataclass(frozen=True, slots=True)
class Workspace:
    root: Path
    python: Dense
    tsx: Dense
    lines: int


ENDPOINT = """\
@router.websocket("/rooms/{{room}}/feed{n}")
async def feed_{n}(websocket: WebSocket, room: str) -> None:
    await websocket.accept()
    listeners_{n}[room].add(websocket)
    queue: asyncio.Queue[str] = asyncio.Queue(maxsize=100)
    pump = asyncio.create_task(pump(websocket, queue))
    try:
        while True:
            text = await websocket.receive_text()
            if text == "ping":
                await websocket.send_text("pong")
            else:
                await queue.put(text)
    except WebSocketDisconnect:
        listeners_{n}[room].discard(websocket)
        pump.cancel()


"""

HOOK = """\
export function useFeed{n}(room: string) {{
  const [items, setItems] = useState<string[]>([]);
  const attempts = useRef(0);
  useEffect(() => {{
    const socket = new WebSocket(`${{base}}/rooms/${{room}}/feed{n}`);
    socket.onopen = () => {{
      attempts.current = 0;
    }};
    socket.onmessage = (event) => {{
      setItems((before) => [...before, event.data]);
    }};
    socket.onerror = () => console.warn('feed {n} failed');
    const timer = setInterval(() => socket.send('ping'), 20000);
  }}, [room]);
  return items;
}}

"""

PLAIN_PYTHON = '''\
from dataclasses import dataclass


@dataclass
class Record{n}:
    key: str
    amount: int


def total_{n}(records: list[Record{n}]) -> int:
    """The sum of all amounts."""
    seen: dict[str, int] = {{}}
    for record in records:
        seen[record.key] = seen.get(record.key, 0) + record.amount
    return sum(seen.values())
'''

PLAIN_TSX = """\
import {{ useState }} from 'react';

export function Panel{n}({{ title }}: {{ title: string }}) {{
  const [open, setOpen] = useState(false);
  return (
    <section>
      <button onClick={{() => setOpen(!open)}}>{{title}}</button>
      {{open && <p>panel {n}</p>}}
    </section>
  );
}}
"""


def build(root: Path) -> Workspace:
    """Writes the workspace below `root`, which must exist and be empty."""
    texts = {
        "pyproject.toml": (
            '[project]\nname = "measured"\nversion = "1"\ndependencies = ["fastapi", "uvicorn"]\n\n'
            '[tool.ruff.lint]\nselect = ["ALL"]\n'
        ),
        "backend/feeds.py": _dense_python(),
        "frontend/src/feeds.tsx": _dense_tsx(),
    }
    for n in range((FILES - 2) // 2):
        texts[f"backend/module_{n // 50}/record_{n}.py"] = PLAIN_PYTHON.format(n=n)
        texts[f"frontend/src/panels_{n // 50}/Panel{n}.tsx"] = PLAIN_TSX.format(n=n)
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Workspace(
        root=root,
        python=Dense(
            root / "backend/feeds.py",
            "python",
            _line_after(texts["backend/feeds.py"], "await websocket.accept()"),
            "    room = room.strip()\n",
        ),
        tsx=Dense(
            root / "frontend/src/feeds.tsx",
            "typescriptreact",
            _line_after(texts["frontend/src/feeds.tsx"], "useEffect(() => {"),
            "    attempts.current += 1;\n",
        ),
        lines=sum(text.count("\n") for text in texts.values()),
    )


def _dense_python() -> str:
    head = (
        "import asyncio\nfrom collections import defaultdict\n\n"
        "from fastapi import APIRouter, WebSocket, WebSocketDisconnect\n\nrouter = APIRouter()\n"
    )
    registries = "".join(
        f"listeners_{n}: defaultdict[str, set[WebSocket]] = defaultdict(set)\n"
        for n in range(SOCKETS_IN_A_DENSE_FILE)
    )
    pump = (
        "async def pump(websocket: WebSocket, queue: asyncio.Queue[str]) -> None:\n"
        "    while True:\n        await websocket.send_text(await queue.get())\n"
    )
    endpoints = "".join(ENDPOINT.format(n=n) for n in range(SOCKETS_IN_A_DENSE_FILE))
    return f"{head}{registries}\n\n{pump}\n\n{endpoints}".rstrip("\n") + "\n"


def _dense_tsx() -> str:
    head = "import { useEffect, useRef, useState } from 'react';\n\nconst base = 'wss://example.test';\n\n"
    return head + "".join(HOOK.format(n=n) for n in range(SOCKETS_IN_A_DENSE_FILE))


def _line_after(text: str, marker: str) -> int:
    """The zero-based line below the first line that contains `marker`."""
    return next(n for n, line in enumerate(text.splitlines()) if marker in line) + 1
