"""What an endpoint's dossier says of its sends: registries, broadcasts, queues, what a client that comes back is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.facts import Known, Unknown
from halfopen.connections.sending.facts import Broadcast, Sending

from .finding import dossiers

HEAD = """
import asyncio
import contextlib
import json
import logging
from collections import deque

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
logger = logging.getLogger(__name__)
lock = asyncio.Lock()
"""

LIVE = """
@app.websocket("/ws")
async def live(websocket: WebSocket{parameters}):
    await websocket.accept()
    {enter}
    try:
        while True:
            await broadcast(await websocket.receive_text())
    except WebSocketDisconnect:
        pass
    finally:
        {leave}
"""


def sending(root: Path, code: str) -> Sending:
    """The group of the one endpoint in a file."""
    _, made = dossiers(root, {"main.py": HEAD + code})
    (dossier,) = made
    assert dossier.sending is not None
    return dossier.sending


def broadcast(
    root: Path, body: str, container: str = "clients: list = []", enter: str = "", leave: str = ""
) -> Broadcast:
    """The one broadcast whose function has a body."""
    indented = body.replace("\n", "\n    ")
    code = f"{container}\n\nasync def broadcast(message):\n    {indented}\n" + LIVE.format(
        parameters="",
        enter=enter or "clients.append(websocket)",
        leave=leave or "clients.remove(websocket)",
    )
    (found,) = sending(root, code).broadcasts
    return found


@pytest.mark.parametrize(
    ("body", "dispatch", "seconds", "failure"),
    [
        ("for c in list(clients):\n    await c.send_text(message)", "sequential", None, "propagates"),
        (
            "for c in list(clients):\n    try:\n        await c.send_text(message)\n    except Exception:\n        logger.exception('x')",
            "sequential",
            None,
            "caught",
        ),
        (
            "for c in list(clients):\n    try:\n        await c.send_text(message)\n    except WebSocketDisconnect:\n        pass",
            "sequential",
            None,
            "disconnect-only",
        ),
        (
            "for c in list(clients):\n    with contextlib.suppress(Exception):\n        await c.send_text(message)",
            "sequential",
            None,
            "caught",
        ),
        (
            "for c in list(clients):\n    try:\n        await c.send_text(message)\n    except Exception:\n        break",
            "sequential",
            None,
            "propagates",
        ),
        (
            "for c in list(clients):\n    await asyncio.wait_for(c.send_text(message), timeout=5)",
            "sequential",
            5.0,
            "propagates",
        ),
        (
            "for c in list(clients):\n    async with asyncio.timeout(2):\n        await c.send_text(message)",
            "sequential",
            2.0,
            "propagates",
        ),
        (
            "await asyncio.gather(*(c.send_text(message) for c in clients), return_exceptions=True)",
            "gather",
            None,
            "caught",
        ),
        (
            "await asyncio.wait_for(asyncio.gather(*[c.send_text(message) for c in clients]), 3)",
            "gather",
            3.0,
            "caught",
        ),
        ("for c in list(clients):\n    asyncio.create_task(c.send_text(message))", "tasks", None, "caught"),
    ],
)
def test_how_a_broadcast_waits_for_its_clients(
    tmp_path: Path, body: str, dispatch: str, seconds: float | None, failure: str
) -> None:
    found = broadcast(tmp_path, body)

    assert isinstance(found.timeout, Known)
    assert (found.dispatch, found.timeout.value, found.failure) == (dispatch, seconds, failure)


SET = ("clients: set = set()", "clients.add(websocket)", "clients.discard(websocket)")
DICT = ("clients: dict = {}", "clients[id(websocket)] = websocket", "clients.pop(id(websocket), None)")
LIST = ("clients: list = []", "clients.append(websocket)", "clients.remove(websocket)")
LOCKED = (
    "clients: set = set()",
    "async with lock:\n        clients.add(websocket)",
    "async with lock:\n            clients.discard(websocket)",
)


@pytest.mark.parametrize(
    ("registry", "body", "expected"),
    [
        (LIST, "for c in clients:\n    await c.send_text(message)", "skips"),
        (LIST, "for c in clients[:]:\n    await c.send_text(message)", "copied"),
        (LIST, "for c in clients.copy():\n    await c.send_text(message)", "copied"),
        (LIST, "for c in clients:\n    asyncio.create_task(c.send_text(message))", "copied"),
        (SET, "for c in clients:\n    await c.send_text(message)", "raises"),
        (SET, "for c in tuple(clients):\n    await c.send_text(message)", "copied"),
        (DICT, "for key, c in clients.items():\n    await c.send_text(message)", "raises"),
        (DICT, "for c in list(clients.values()):\n    await c.send_text(message)", "copied"),
        (DICT, "for key in list(clients):\n    await clients[key].send_text(message)", "copied"),
        (LOCKED, "async with lock:\n    for c in clients:\n        await c.send_text(message)", "locked"),
        (SET, "async with lock:\n    for c in clients:\n        await c.send_text(message)", "raises"),
    ],
)
def test_what_changes_of_the_registry_do_to_a_broadcast(
    tmp_path: Path, registry: tuple[str, str, str], body: str, expected: str
) -> None:
    container, enter, leave = registry

    assert broadcast(tmp_path, body, container, enter, leave).live_iteration == expected


def test_a_socket_may_be_the_key_of_a_registry(tmp_path: Path) -> None:
    found = broadcast(
        tmp_path,
        "for client, user in list(clients.items()):\n    await client.send_text(message)",
        "clients: dict = {}",
        "clients[websocket] = {'name': 'guest'}",
        "clients.pop(websocket, None)",
    )

    assert (found.registry, found.name) == ("clients", "broadcast")
    assert isinstance(found.is_called, Known)
    assert found.is_called.value


def test_a_broadcast_that_nothing_calls_is_told(tmp_path: Path) -> None:
    code = "clients: list = []\n\nasync def announce(message):\n    for c in list(clients):\n        await c.send_text(message)\n"
    code += LIVE.format(
        parameters="", enter="clients.append(websocket)", leave="clients.remove(websocket)"
    ).replace("await broadcast(await websocket.receive_text())", "await websocket.receive_text()")

    (found,) = sending(tmp_path, code).broadcasts

    assert isinstance(found.is_called, Known)
    assert not found.is_called.value


QUEUE = """
subscribers: set = set()

def broadcast_all(message):
    for queue in list(subscribers):
        queue.put_nowait(message)

@app.post("/events")
async def create(message: str):
    broadcast_all(message)

async def forward(websocket, queue):
    while True:
        await websocket.send_text(await queue.get())

@app.websocket("/ws")
async def live(websocket: WebSocket):
    await websocket.accept()
    queue = asyncio.Queue({size})
    subscribers.add(queue)
    task = asyncio.create_task(forward(websocket, queue))
    try:
        async for _ in websocket.iter_text():
            pass
    finally:
        subscribers.discard(queue)
        task.cancel()
"""


@pytest.mark.parametrize(("size", "expected"), [("", None), ("0", None), ("maxsize=100", 100), ("100", 100)])
def test_the_size_of_a_queue_and_who_fills_it(tmp_path: Path, size: str, expected: int | None) -> None:
    found = sending(tmp_path, QUEUE.replace("{size}", size))

    (queue,) = found.queues
    assert isinstance(queue.max_size, Known)
    assert queue.max_size.value == expected
    assert queue.fed_by_others
    assert [each.held for each in found.registries] == ["queues"]


PER_MESSAGE = """
async def work(websocket: WebSocket, text: str):
    {work}

@app.websocket("/ws")
async def live(websocket: WebSocket):
    await websocket.accept()
    tasks = {{}}
    running = None
    slots = asyncio.Semaphore(3)
    try:
        while True:
            text = await websocket.receive_text()
            {start}
    except WebSocketDisconnect:
        pass
"""

ONCE = "await websocket.send_text(text)"
FOR_EVER = "while True:\n        await websocket.send_text(text)\n        await asyncio.sleep(1)"


@pytest.mark.parametrize(
    ("start", "work", "endless", "limited", "guarded"),
    [
        ("asyncio.create_task(work(websocket, text))", ONCE, False, False, False),
        ("asyncio.create_task(work(websocket, text))", FOR_EVER, True, False, False),
        ("await asyncio.create_task(work(websocket, text))", ONCE, False, True, False),
        (
            "if text not in tasks:\n                tasks[text] = asyncio.create_task(work(websocket, text))",
            FOR_EVER,
            True,
            False,
            True,
        ),
        (
            "if running:\n                running.cancel()\n            running = asyncio.create_task(work(websocket, text))",
            ONCE,
            False,
            False,
            True,
        ),
        (
            "if len(tasks) > 4:\n                continue\n            tasks[text] = asyncio.create_task(work(websocket, text))",
            ONCE,
            False,
            True,
            True,
        ),
    ],
)
def test_tasks_that_messages_start(
    tmp_path: Path, start: str, work: str, endless: bool, limited: bool, guarded: bool
) -> None:
    (found,) = sending(tmp_path, PER_MESSAGE.format(start=start, work=work)).tasks_per_message

    assert (found.endless, found.is_limited, found.is_guarded) == (endless, limited, guarded)


GIVEN = """
async def load_jobs():
    return []

@app.websocket("/ws")
async def live(websocket: WebSocket{parameters}):
    await websocket.accept()
    {first}
    while True:
        data = await websocket.receive_json()
        {each}
"""


@pytest.mark.parametrize(
    ("first", "each", "expected"),
    [
        ("pass", "pass", False),
        ("await websocket.send_json({'type': 'connected'})", "pass", False),
        ("await websocket.send_json({'jobs': await load_jobs()})", "pass", True),
        ("jobs = await load_jobs()\n    await websocket.send_json(jobs)", "pass", True),
        (
            "pass",
            "if data['type'] == 'subscribe':\n            await websocket.send_json(await load_jobs())",
            True,
        ),
        (
            "pass",
            "if data['type'] == 'subscribe':\n"
            "            await websocket.send_json({'type': 'subscribed', 'channels': await load_jobs()})",
            False,
        ),
        ("pass", "await websocket.send_json(await load_jobs())", False),
    ],
)
def test_whether_a_new_connection_is_given_the_state(
    tmp_path: Path, first: str, each: str, expected: bool
) -> None:
    fact = sending(tmp_path, GIVEN.format(parameters="", first=first, each=each)).snapshot_on_connect

    assert isinstance(fact, Known)
    assert fact.value is expected


@pytest.mark.parametrize(
    ("parameters", "each", "expected"),
    [
        ("", "pass", None),
        (", since: int = 0", "print(since)", "since"),
        (", since: int = 0", "pass", None),
        ("", "print(data.get('last_id'))", "last_id"),
        ("", "print(data['cursor'])", "cursor"),
        ("", "print(data['text'])", None),
    ],
)
def test_how_a_client_may_say_what_it_has_seen(
    tmp_path: Path, parameters: str, each: str, expected: str | None
) -> None:
    fact = sending(tmp_path, GIVEN.format(parameters=parameters, first="pass", each=each)).resume_parameter

    assert (fact.value if isinstance(fact, Known) else None) == expected
    assert isinstance(fact, Known | Unknown)


KEPT = """
class Feed:
    def __init__(self):
        self.kept: deque = deque(maxlen=100)
        self.waiting: asyncio.Queue = asyncio.Queue(maxsize=100)
        self.clients: set[WebSocket] = set()

    def lines(self):
        return list(self.kept)

    async def read(self):
        return list(self.kept)

    async def say(self, line):
        {say}

    async def tell(self, line):
        for client in {clients}:
            await client.send_json(line)


feed = Feed()


@app.post("/say")
async def say(text: str):
    await feed.say({line})


@app.websocket("/ws")
async def live(websocket: WebSocket):
    await websocket.accept()
    {enter}
    try:
        while True:
            await websocket.receive_text()
    finally:
        feed.clients.discard(websocket)
"""
_AT_ONCE = "self.kept.append(line)\n        await self.tell(line)"
_FIRST = "feed.clients.add(websocket)\n    {between}\n    for line in {lines}:\n        await websocket.send_json(line)"
_COPY = _FIRST.format(between="pass", lines="feed.lines()")
_LAST = "for line in feed.lines():\n        await websocket.send_json(line)\n    feed.clients.add(websocket)"
_PAUSE = _FIRST.format(between="await websocket.send_text('hello')", lines="feed.lines()")


@pytest.mark.parametrize(
    ("enter", "say", "clients", "line", "overlaps"),
    [
        (_COPY, _AT_ONCE, "list(self.clients)", "{'text': text}", False),
        (_LAST, _AT_ONCE, "list(self.clients)", "{'text': text}", False),
        (_PAUSE, _AT_ONCE, "list(self.clients)", "{'text': text}", True),
        (_PAUSE, _AT_ONCE, "list(self.clients)", "{'id': 1, 'text': text}", False),
        (_PAUSE, _AT_ONCE, "list(self.clients)", "dict(id=1, text=text)", False),
        (
            _FIRST.format(between="pass", lines="feed.kept"),
            _AT_ONCE,
            "list(self.clients)",
            "{'text': text}",
            True,
        ),
        (
            _FIRST.format(between="pass", lines="await feed.read()"),
            _AT_ONCE,
            "list(self.clients)",
            "{'text': text}",
            False,
        ),
        (
            _COPY,
            "self.kept.append(line)\n        await asyncio.sleep(1)\n        await self.tell(line)",
            "list(self.clients)",
            "{'text': text}",
            True,
        ),
        (
            _COPY,
            "self.kept.append(line)\n        await self.waiting.put(line)",
            "list(self.clients)",
            "{'text': text}",
            True,
        ),
        (_COPY, _AT_ONCE, "self.clients", "{'text': text}", True),
        (
            _COPY,
            "self.kept.append(line)\n        async with lock:\n            await self.tell(line)",
            "list(self.clients)",
            "{'text': text}",
            True,
        ),
        (
            _COPY,
            "async with lock:\n            self.kept.append(line)\n            await self.tell(line)",
            "list(self.clients)",
            "{'text': text}",
            False,
        ),
    ],
)
def test_whether_a_history_overlaps_with_what_comes_live(
    tmp_path: Path, enter: str, say: str, clients: str, line: str, overlaps: bool
) -> None:
    found = sending(tmp_path, KEPT.format(enter=enter, say=say, clients=clients, line=line))

    assert bool(found.replay_overlaps) is overlaps
    assert [each.store for each in found.replays] == ["Feed.kept"]


@pytest.mark.parametrize(
    "enter",
    [
        "feed.clients.add(websocket)",
        "for line in [each for each in feed.kept if each['at'] > 5]:\n        await websocket.send_json(line)",
        "for line in feed.lines():\n        if line['at'] > 5:\n            await websocket.send_json(line)",
        "await websocket.send_json(feed.lines())",
        "for line in feed.lines():\n        await feed.tell(line)",
    ],
)
def test_what_is_no_replay(tmp_path: Path, enter: str) -> None:
    code = KEPT.format(enter=enter, say=_AT_ONCE, clients="list(self.clients)", line="{'text': text}")

    assert sending(tmp_path, code).replays == ()
