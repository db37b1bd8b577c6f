"""The handlers that a python-socketio server is given: found at each way of registering them, in all files."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.connections.admission.facts import Admission
from halfopen.connections.facts import Known
from halfopen.connections.receiving.facts import Receiving

from .finding import dossiers, write

_SERVER = "import socketio\n\nsio = socketio.AsyncServer(async_mode='asgi')\napp = socketio.ASGIApp(sio)\n"


def _receiving(root: Path, files: dict[str, str]) -> Receiving:
    [receiving] = [each.receiving for each in dossiers(root, files)[1] if each.receiving is not None]
    return receiving


def _admission(root: Path, files: dict[str, str]) -> Admission:
    [admission] = [
        each.admission for each in dossiers(root, files)[1] if isinstance(each.admission, Admission)
    ]
    return admission


@pytest.mark.parametrize(
    "registered",
    [
        "@sio.event\nasync def draw(sid, data):\n    await sio.emit('drawn', data)\n",
        "@sio.event(namespace='/board')\nasync def draw(sid, data):\n    await sio.emit('drawn', data)\n",
        "@sio.on('draw')\nasync def handler(sid, data):\n    await sio.emit('drawn', data)\n",
        "async def draw(sid, data):\n    await sio.emit('drawn', data)\n\n\nsio.on('draw', draw)\n",
        "async def draw(sid, data):\n    await sio.emit('drawn', data)\n\n\nsio.on('draw', handler=draw)\n",
        "@sio.on('*')\nasync def anything(event, sid, data):\n    await sio.emit(event, data)\n",
        "class Board(socketio.AsyncNamespace):\n    async def on_draw(self, sid, data):\n"
        "        await self.emit('drawn', data)\n\n\nsio.register_namespace(Board('/board'))\n",
        "class Board:\n    def __init__(self):\n        sio.on('draw', self.draw)\n\n"
        "    async def draw(self, sid, data):\n        await sio.emit('drawn', data)\n\n\nboard = Board()\n",
        "def register(server):\n    @server.event\n    async def draw(sid, data):\n"
        "        await server.emit('drawn', data)\n\n\nregister(sio)\n",
    ],
)
def test_a_handler_runs_for_each_message(tmp_path: Path, registered: str) -> None:
    receiving = _receiving(tmp_path, {"server.py": f"{_SERVER}\n\n{registered}"})
    assert [each.kind for each in receiving.work] == ["broadcast"]


@pytest.mark.parametrize("event", ["connect", "disconnect"])
def test_what_the_library_calls_by_itself_is_no_message(tmp_path: Path, event: str) -> None:
    handler = f"@sio.event\nasync def {event}(sid, *rest):\n    await sio.emit('came or went', sid)\n"
    assert not _receiving(tmp_path, {"server.py": f"{_SERVER}\n\n{handler}"}).work


@pytest.mark.parametrize(
    ("target", "kinds"),
    [
        ("", ["broadcast"]),
        (", to=None", ["broadcast"]),
        (", room=data['room']", ["group"]),
        (", data['room']", ["group"]),
        (", to=sid", []),
        (", room=sid", []),
        (", sid", []),
    ],
)
def test_whom_an_emit_reaches(tmp_path: Path, target: str, kinds: list[str]) -> None:
    handler = f"@sio.event\nasync def draw(sid, data):\n    await sio.emit('drawn', data{target})\n"
    work = _receiving(tmp_path, {"server.py": f"{_SERVER}\n\n{handler}"}).work
    assert [each.kind for each in work] == kinds


@pytest.mark.parametrize(
    ("origins", "check"),
    [
        ("", "exact"),
        (", cors_allowed_origins='*'", "none"),
        (", cors_allowed_origins=[]", "none"),
        (", cors_allowed_origins=None", "exact"),
        (", cors_allowed_origins=['https://app.example.com']", "exact"),
        (", cors_allowed_origins=settings.ORIGINS", None),
        (", **options", None),
    ],
)
def test_which_origins_may_connect(tmp_path: Path, origins: str, check: str | None) -> None:
    server = _SERVER.replace("async_mode='asgi'", f"async_mode='asgi'{origins}")
    handler = "@sio.event\nasync def draw(sid, data):\n    await sio.emit('drawn', data)\n"
    found = _admission(tmp_path, {"server.py": f"{server}\n\n{handler}"}).origin_check
    assert (found.value if isinstance(found, Known) else None) == check


def test_a_new_handler_in_another_file_counts_after_a_save(tmp_path: Path) -> None:
    files = {"server.py": _SERVER, "events.py": "from server import sio\n"}
    auditor = Auditor(write(tmp_path, files), Settings())
    auditor.refresh()
    assert not [each for each in auditor.findings() if each.finding.code == "WS7C"]
    (tmp_path / "events.py").write_text(
        "from server import sio\n\n\n@sio.event\nasync def draw(sid, data):\n    await sio.emit('drawn', data)\n"
    )
    auditor.touched(["events.py"])
    auditor.refresh()
    assert [each.finding.span.path for each in auditor.findings() if each.finding.code == "WS7C"] == [
        "events.py"
    ]
