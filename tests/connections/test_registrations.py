"""How an endpoint's entry in a registry outlives it, and the places that show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.dossier import FinallyRepair

from .finding import dossiers

ENDPOINT = '''
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
clients: set[WebSocket] = set()

@app.websocket("/live")
async def live(websocket: WebSocket):
    """Keeps a client."""
    await websocket.accept()
    clients.add(websocket)
    try:
        while True:
            message = await websocket.{receive}()
            print(message)
    {clauses}
'''
ONLY_DISCONNECT = """except WebSocketDisconnect:
        clients.discard(websocket)"""
BROAD_FIRST = """except Exception:
        print("error")
    except WebSocketDisconnect:
        clients.discard(websocket)"""
SWALLOWED = """except WebSocketDisconnect:
        clients.discard(websocket)
    except Exception:
        print("error")
    finally:
        print("over")
        print("gone")"""


def leak(root: Path, receive: str, clauses: str) -> tuple[str, list[str]]:
    """The kind of the registration's leak, and its evidence with the code that it points to."""
    text = ENDPOINT.format(receive=receive, clauses=clauses)
    workspace, [live] = dossiers(root, {"main.py": text})
    [registration] = [each for each in live.resources if each.kind == "registration"]
    [found] = registration.leaks
    shown: list[str] = []
    for each in found.evidence:
        span = each.place
        text_of = workspace.text(span.path)
        place = workspace.locate(span)  # pyright: ignore[reportArgumentType]
        assert text_of is not None
        assert place is not None
        shown.append(f"{text_of.data[place[0] : place[1]].decode().splitlines()[0]} -> {each.text}")
    return found.kind, shown


@pytest.mark.parametrize(
    ("receive", "why"),
    [
        ("receive_json", " (a binary frame, bad JSON)"),
        ("receive_text", " (a binary frame)"),
        ("receive_bytes", " (a text frame)"),
        ("receive", ""),
    ],
)
def test_what_makes_a_receive_fail_is_that_of_its_own_kind(tmp_path: Path, receive: str, why: str) -> None:
    kind, [shown] = leak(tmp_path, receive, ONLY_DISCONNECT)
    assert kind == "on-error"
    assert shown.endswith(f"an error raised here{why} leaves the handler while it is still in clients")


def test_a_broad_clause_in_front_is_named_with_the_one_that_it_shadows(tmp_path: Path) -> None:
    assert leak(tmp_path, "receive_text", BROAD_FIRST) == (
        "shadowed",
        [
            "except Exception: -> takes every disconnect, while it is still in clients",
            "except WebSocketDisconnect: -> lets go of it, and is never reached behind that clause",
        ],
    )


def test_the_end_of_a_handler_is_where_its_finally_ends(tmp_path: Path) -> None:
    assert leak(tmp_path, "receive_text", SWALLOWED) == (
        "unreached",
        ['print("gone") -> the handler ends here while it is still in clients'],
    )


MANAGER = """
from fastapi import FastAPI, WebSocket

class Rooms:
    def __init__(self):
        self.members = set()

    async def join(self, websocket):
        await websocket.accept()
        self.members.add(websocket)

    async def {name}(self, websocket):
        self.members.discard(websocket)

rooms = Rooms()
app = FastAPI()

@app.websocket("/live")
async def live(websocket: WebSocket):
    await rooms.join(websocket)
    while True:
        await websocket.receive_text()
        {uses}
"""


@pytest.mark.parametrize("uses", ["pass", "await rooms.handle_message(websocket)"])
@pytest.mark.parametrize(
    ("name", "release"),
    [("leave", "await rooms.leave(websocket)"), ("handle_message", None)],
)
def test_a_fix_calls_what_is_there_to_let_go(
    tmp_path: Path, name: str, release: str | None, uses: str
) -> None:
    text = MANAGER.replace("{name}", name).replace("{uses}", uses)
    _, [live] = dossiers(tmp_path, {"main.py": text})
    [registration] = [each for each in live.resources if each.kind == "registration"]
    repair = registration.repair
    assert (repair.release if isinstance(repair, FinallyRepair) else None) == release
