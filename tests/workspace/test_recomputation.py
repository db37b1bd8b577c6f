"""What an edit has computed anew, in counts: of answers, and of calls of functions. Nothing here measures time.

A rule that asks more than it needs does not show in what it finds; it shows in every save from then on.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.connections.client_view import Client
from halfopen.connections.endpoints import Endpoint
from halfopen.semantics.queries import Queries

APP = """\
from fastapi import FastAPI
{imports}
app = FastAPI()
{routers}"""

MANAGER = """\
import asyncio
from collections import defaultdict
from fastapi import WebSocket


class ConnectionManager:
    def __init__(self):
        self.rooms: dict[str, set[WebSocket]] = defaultdict(set)

    async def connect(self, websocket: WebSocket, room: str):
        await websocket.accept()
        self.rooms[room].add(websocket)

    def disconnect(self, websocket: WebSocket, room: str):
        self.rooms[room].discard(websocket)

    async def broadcast(self, room: str, message: dict):
        for socket in list(self.rooms[room]):
            await socket.send_json(message)


manager = ConnectionManager()
"""

AUTH = """\
import jwt
from fastapi import Query, WebSocket, WebSocketException
from .settings import SECRET


async def current_user(websocket: WebSocket, token: str = Query(...)):
    try:
        return jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise WebSocketException(code=1008)
"""

SETTINGS = """\
SECRET = "s"
PING_SECONDS = 20
"""

FEED = """\
import asyncio
import logging
from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from ..auth import current_user
from ..manager import manager
from ..settings import PING_SECONDS

logger = logging.getLogger(__name__)
router = APIRouter()


async def ping_{n}(websocket: WebSocket):
    while True:
        await asyncio.sleep(PING_SECONDS)
        await websocket.send_json({{"type": "ping"}})


@router.websocket("/feed{n}/{{room}}")
async def feed_{n}(websocket: WebSocket, room: str, user=Depends(current_user)):
    await manager.connect(websocket, room)
    task = asyncio.create_task(ping_{n}(websocket))
    try:
        while True:
            data = await websocket.receive_json()
            await manager.broadcast(room, {{"type": "feed{n}", "user": user["sub"], "text": data["text"]}})
    except WebSocketDisconnect:
        logger.info("left %s", room)
    finally:
        task.cancel()
        manager.disconnect(websocket, room)


@router.get("/feed{n}")
async def rooms_{n}():
    return list(manager.rooms)
"""

CLIENT = """\
import {{ useEffect, useState }} from 'react';
import {{ base, retryAfter }} from '../socket';

type Message{n} = {{ type: string; user: string; text: string }};

export function useFeed{n}(room: string) {{
  const [items, setItems] = useState<Message{n}[]>([]);
  useEffect(() => {{
    let socket: WebSocket;
    let attempt = 0;
    function connect() {{
      socket = new WebSocket(`${{base}}/ws/feed{n}/${{room}}`);
      socket.onopen = () => {{
        attempt = 0;
      }};
      socket.onmessage = (event) => {{
        const message = JSON.parse(event.data);
        if (message.type === 'feed{n}') setItems((before) => [...before, message]);
      }};
      socket.onclose = () => setTimeout(connect, retryAfter(attempt++));
    }}
    connect();
    return () => socket.close();
  }}, [room]);
  return items;
}}
"""

VIEW = """\
import {{ useFeed{n} }} from './useFeed{n}';

export function Feed{n}({{ room }}: {{ room: string }}) {{
  const items = useFeed{n}(room);
  return (
    <ul>
      {{items.map((each, index) => (
        <li key={{index}}>{{each.text}}</li>
      ))}}
    </ul>
  );
}}
"""

SOCKET = """\
export const base = import.meta.env.VITE_WS_URL;

export function retryAfter(attempt: number) {
  return Math.min(30000, 500 * 2 ** attempt);
}
"""


def application(features: int) -> dict[str, str]:
    """A product of so many features, each with an endpoint, a hook and a component, around one manager."""
    every = range(features)
    files = {
        "api/__init__.py": "",
        "api/feeds/__init__.py": "",
        "api/app.py": APP.format(
            imports="".join(f"from .feeds.feed_{n} import router as router_{n}\n" for n in every),
            routers="".join(f'app.include_router(router_{n}, prefix="/ws")\n' for n in every),
        ),
        "api/manager.py": MANAGER,
        "api/auth.py": AUTH,
        "api/settings.py": SETTINGS,
        "web/src/socket.ts": SOCKET,
        "requirements.txt": "fastapi\nuvicorn\n",
        "web/package.json": '{"dependencies": {"react": "^18.2.0"}}\n',
    }
    for n in every:
        files[f"api/feeds/feed_{n}.py"] = FEED.format(n=n)
        files[f"web/src/feeds/useFeed{n}.ts"] = CLIENT.format(n=n)
        files[f"web/src/feeds/Feed{n}.tsx"] = VIEW.format(n=n)
    return files


class Product:
    """The product on disk with its audit, which tells what each edit had it compute."""

    def __init__(self, root: Path, features: int) -> None:
        self.root = root
        for name, text in application(features).items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        self.auditor = Auditor(root, Settings())
        self.auditor.refresh()

    def edit(self, path: str, old: str, new: str) -> Work:
        """What a save computes anew. The same edit was made and taken back before: nothing is new but the edit."""
        self._save(path, old, new)
        self._save(path, new, old)
        with counted() as work:
            self._save(path, old, new)
        self._save(path, new, old)
        return work

    def _save(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        self.auditor.touched([path])
        self.auditor.refresh()


class Work:
    """Answers that were computed, and calls of Python functions that were made, meanwhile."""

    def __init__(self) -> None:
        self.keys: list[Hashable] = []
        self.calls = 0

    @property
    def answers(self) -> int:
        return len(self.keys)

    @property
    def kinds(self) -> Counter[object]:
        return Counter(key[0] if isinstance(key, tuple) else key for key in self.keys)

    def of(self, kind: object) -> set[str]:
        """The connections of which a kind of answer was computed: endpoints by their names, clients by their files."""
        found: set[str] = set()
        for key in self.keys:
            if isinstance(key, tuple) and key[0] == kind and len(key) > 1:
                match key[1]:
                    case Endpoint() as endpoint:
                        found.add(endpoint.name)
                    case Client(call=call):
                        found.add(call.path)
                    case _:
                        pass
        return found

    @property
    def connections(self) -> set[str]:
        """The connections of which anything was computed."""
        return {name for kind in self.kinds for name in self.of(kind)}


@contextmanager
def counted() -> Iterator[Work]:
    work = Work()
    compute = Queries._compute  # pyright: ignore[reportPrivateUsage]

    def noted(self: Queries, key: Hashable, make: Callable[[], object]) -> object:
        work.keys.append(key)
        return compute(self, key, make)

    def profile(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            work.calls += 1

    before = sys.getprofile()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Queries, "_compute", noted)
        sys.setprofile(profile)
        try:
            yield work
        finally:
            sys.setprofile(before)


@dataclass(frozen=True)
class Edit:
    """An edit of the product, whose own code it changes, and what it may cost: half as much again as it does today.

    What costs more than that asks for more than it needs. Where it does need it, the numbers are to be set anew.
    """

    path: str
    old: str
    new: str
    endpoints: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    answers: int = 0
    calls: int = 0


FEATURES = 6
ENDPOINTS = frozenset(f"feed_{n}" for n in range(FEATURES))
CLIENTS = frozenset(f"web/src/feeds/useFeed{n}.ts" for n in range(FEATURES))

EDITS = {
    "a line in an endpoint": Edit(
        "api/feeds/feed_2.py",
        "            data = await websocket.receive_json()\n",
        "            data = await websocket.receive_json()\n            data['text'] = data['text'].strip()\n",
        # It broadcasts over the manager that all share: who sends to a client, and when, is asked of each.
        endpoints=ENDPOINTS,
        answers=250,
        calls=330_000,
    ),
    "a line in a client": Edit(
        "web/src/feeds/useFeed2.ts",
        "        attempt = 0;\n",
        "        attempt = 0;\n        console.log('open');\n",
        clients=frozenset({"web/src/feeds/useFeed2.ts"}),
        answers=190,
        calls=77_000,
    ),
    "what a component shows": Edit(
        "web/src/feeds/Feed2.tsx",
        "<ul>",
        '<ul className="feed">',
        clients=frozenset({"web/src/feeds/useFeed2.ts"}),
        answers=33,
        calls=48_000,
    ),
    "how the manager sends": Edit(
        "api/manager.py",
        "in list(self.rooms[room])",
        "in tuple(self.rooms[room])",
        endpoints=ENDPOINTS,
        answers=400,
        calls=490_000,
    ),
    "a number that endpoints use": Edit(
        "api/settings.py",
        "PING_SECONDS = 20",
        "PING_SECONDS = 25",
        endpoints=ENDPOINTS,
        answers=93,
        calls=175_000,
    ),
    "a number that clients use": Edit(
        "web/src/socket.ts",
        "Math.min(30000,",
        "Math.min(20000,",
        clients=CLIENTS,
        answers=180,
        calls=290_000,
    ),
    "a function beside an endpoint": Edit(
        "api/feeds/feed_2.py",
        '@router.get("/feed2")',
        'def short(text: str) -> str:\n    return text[:80]\n\n\n@router.get("/feed2")',
        answers=1,  # what connections the file has
        calls=6_000,
    ),
    "a function beside a dependency": Edit(
        "api/auth.py",
        "async def current_user",
        "def hashed(password: str) -> str:\n    return password[::-1]\n\n\nasync def current_user",
        answers=1,
        calls=6_000,
    ),
    "a function beside what clients use": Edit(
        "web/src/socket.ts",
        "export function retryAfter",
        "export function title(text: string) {\n  return text.trim();\n}\n\nexport function retryAfter",
        calls=6_000,
    ),
    "a setting that nobody uses": Edit(
        "api/settings.py", "SECRET =", "PAGE_SIZE = 50\nSECRET =", calls=6_000
    ),
}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    return Product(tmp_path_factory.mktemp("product"), FEATURES)


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_has_what_rests_on_it_computed_and_nothing_else(product: Product, name: str) -> None:
    edit = EDITS[name]
    work = product.edit(edit.path, edit.old, edit.new)
    assert work.connections <= edit.endpoints | edit.clients
    assert work.of("dossier") == edit.endpoints | edit.clients
    told = "\n".join(f"{count:5} {kind}" for kind, count in work.kinds.most_common())
    assert work.answers <= edit.answers, told
    assert work.calls <= edit.calls, told


def test_what_an_endpoint_receives_and_how_it_closes_is_not_asked_of_the_others(product: Product) -> None:
    edit = EDITS["a line in an endpoint"]
    work = product.edit(edit.path, edit.old, edit.new)
    for group in ("server site", "endpoint code", "receiving", "closing"):
        assert work.of(group) == {"feed_2"}


@pytest.mark.parametrize(("name", "growth"), [("a line in a client", 2.0), ("a line in an endpoint", 8.0)])
def test_a_save_costs_no_more_than_the_rest_of_the_product_has_to_do_with_it(
    tmp_path: Path, name: str, growth: float
) -> None:
    """In a product three times as large: clients share how long they wait, which is searched again; endpoints a manager."""
    edit = EDITS[name]
    small = Product(tmp_path / "small", 3).edit(edit.path, edit.old, edit.new)
    large = Product(tmp_path / "large", 9).edit(edit.path, edit.old, edit.new)
    assert large.calls <= growth * small.calls
