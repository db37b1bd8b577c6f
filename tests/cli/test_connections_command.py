"""`halfopen connections`: cards, JSON and a Graphviz map, as a person or a script runs it."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console

from halfopen.cli.audit_command import audited
from halfopen.cli.scope import scope_of
from halfopen.report.connections_dot import dot_text
from halfopen.report.connections_text import write_connections

if TYPE_CHECKING:
    from .conftest import Run

SERVER = """\
from fastapi import FastAPI, WebSocket

app = FastAPI()
clients = {}


@app.websocket("/ws/{room}")
async def live(websocket: WebSocket, room: str):
    await websocket.accept()
    clients[room] = websocket
    while True:
        await websocket.receive_text()


@app.websocket("/metrics")
async def metrics(websocket: WebSocket):
    await websocket.accept()
"""
CLIENT = """\
import { useEffect } from "react";

export function useLive(room: string) {
  useEffect(() => {
    const ws = new WebSocket(`ws://${location.host}/ws/${room}`);
    return () => ws.close();
  }, [room]);
}

export function useElsewhere() {
  useEffect(() => {
    const ws = new WebSocket(`${import.meta.env.VITE_FEED}/feed`);
  }, []);
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "api").mkdir()
    (tmp_path / "web").mkdir()
    (tmp_path / "api" / "main.py").write_text(SERVER, encoding="utf-8")
    (tmp_path / "web" / "live.ts").write_text(CLIENT, encoding="utf-8")
    return tmp_path


def shown(project: Path, width: int | None = None) -> str:
    result = audited(scope_of([project], project))
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width or 80,
        force_terminal=width is not None,
        color_system=None,
        highlight=False,
        _environ={},
    )
    write_connections(result, console)
    return stream.getvalue()


def test_a_card_tells_address_owner_what_is_held_and_the_other_side(project: Path) -> None:
    text = shown(project)
    card = text[text.index("client useLive") : text.index("client useElsewhere")]
    assert "address       ws://{the page's host}/ws/{room}" in card
    assert "effect useLive; as long as it is mounted" in card
    assert "socket ws  line 5" in card
    assert "released  line 6" in card
    assert re.search(r"other side    (↔|<->) endpoint live \(fastapi\)  api/main.py:8", card)


def test_a_card_says_what_leaks_and_what_would_settle_the_unknown(project: Path) -> None:
    text = shown(project)
    card = text[text.index("client useElsewhere") : text.index("Environment")]
    assert "leaks: the effect returns no cleanup" in card
    assert "unknown       the value of VITE_FEED: a .env file or the build's environment" in card
    assert "other side    none found in this repository" in card


def test_the_map_lists_each_endpoint_with_its_clients_and_clients_without(project: Path) -> None:
    text = shown(project)
    page_map = text[text.index("Map") :]
    assert re.search(r"/ws/\{room\}  live  api/main.py:8\n +(↔|<->) useLive  web/live.ts:3", page_map)
    assert re.search(r"/metrics  metrics  api/main.py:16\n +no client in this repository", page_map)
    assert "Clients without an endpoint in this repository\n    useElsewhere" in page_map


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_no_line_is_wider_and_labels_stand_clear(project: Path, width: int) -> None:
    for line in shown(project, width).splitlines():
        assert cell_len(line) <= width


def test_no_connection_is_said(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('hello')\n", encoding="utf-8")
    assert shown(tmp_path) == "There is no WebSocket endpoint or client here.\n"


_DOT = re.compile(
    r'\s*(?:(?P<id>"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|-?\d+(?:\.\d+)?)|(?P<sign>->|[{}\[\];=,]))', re.DOTALL
)


def test_dot_is_the_graph_language_whatever_the_names_hold(project: Path) -> None:
    odd = 'export const a = new WebSocket("ws://h/\\"quoted\\\\\\u202e/x\\n");\n'
    (project / "web" / 'odd "name.ts').write_text(odd, encoding="utf-8")
    text = dot_text(audited(scope_of([project], project)))
    position, depth = 0, 0
    while text[position:].strip():
        match = _DOT.match(text, position)
        assert match is not None, text[position : position + 60]
        depth += {"{": 1, "}": -1}.get(match["sign"] or "", 0)
        position = match.end()
    assert depth == 0
    assert text.startswith("digraph halfopen {")
    assert '"web/live.ts:useLive" -> "api/main.py:live";' in text
    assert "\u202e" not in text


def test_the_command_writes_json_of_the_report_s_shape(run: Run, project: Path) -> None:
    done = run("connections", str(project), "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == 1
    assert document["environment"]["endpoints"]["value"] == ["/metrics", "/ws/{room}"]
    by_name = {each["name"]: each for each in document["connections"]}
    assert by_name["useLive"]["linked_to"] == ["api/main.py:live"]
    assert by_name["live"]["linked_to"] == ["web/live.ts:useLive"]
    assert by_name["live"]["facts"]["url"] == {
        "known": True,
        "value": "/ws/{room}",
        "confidence": "high",
        "evidence": [{"path": "api/main.py", "line": 7, "text": 'the route of live: "/ws/{room}"'}],
    }
    assert by_name["useElsewhere"]["facts"]["links" if by_name["useElsewhere"]["linked_to"] else "url"]


def test_a_file_shows_its_connections_and_their_other_sides(run: Run, project: Path) -> None:
    done = run("connections", "web/live.ts", "--format", "dot", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "api/main.py:live" in done.stdout
    assert "metrics" not in done.stdout


def test_a_path_that_is_not_there_is_told(run: Run, project: Path) -> None:
    done = run("connections", str(project / "nowhere"))
    assert done.returncode == 2
    assert "no such file or directory" in done.stderr
