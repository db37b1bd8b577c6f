"""What a team tells of its own code, by the command: library tables, and functions to trust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from halfopen.audit.settings import load_settings

if TYPE_CHECKING:
    from .conftest import Run

OUR_SOCKET = """\
[library]
name = "our-socket"
ecosystem = "npm"
packages = ["@acme/our-socket"]
roles = ["client"]

[reconnection]
reconnects = { value = true, source = "our-socket 2.1" }
initial_delay_ms = { value = 500.0, source = "our-socket 2.1" }
max_delay_ms = { value = 500.0, source = "our-socket 2.1" }
growth = { value = "fixed", source = "our-socket 2.1" }
jitter = { value = "none", source = "our-socket 2.1" }
max_attempts = { value = "none", source = "our-socket 2.1" }

  [interface]
  close = ["end"]
  listen = ['on']
  message_events = ["data"]

  [[constructor]]
  module = '@acme/our-socket'
  export = 'connect'
  kind = 'factory'
  makes = 'client'
  url_argument = 0
"""

FILES = {
    "tables/our-socket.toml": OUR_SOCKET,
    "app/core/gate.py": "async def admit(websocket):\n    return await websocket.app.state.gate.ask(websocket.scope)\n",
    "app/main.py": """\
from acme_limits import spend
from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect
from app.core.gate import admit

app = FastAPI()


@app.websocket("/ws/progress")
async def progress(websocket: WebSocket, who=Depends(admit)):
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            spend(who)
            await websocket.send_text(text)
    except WebSocketDisconnect:
        pass
""",
    "web/src/read.ts": "export const asProgress = (given: unknown) => given as { done: number };\n",
    "web/src/Progress.tsx": """\
import { connect } from '@acme/our-socket';
import { useEffect, useState } from 'react';
import { asProgress } from './read';

export function Progress() {
  const [done, setDone] = useState(0);
  useEffect(() => {
    const socket = connect('wss://app.example/ws/progress');
    socket.on('data', (event) => setDone(asProgress(JSON.parse(event.data)).done));
  }, []);
  return <progress value={done} />;
}
""",
}

SETTINGS = """\
libraries = ["tables/*.toml"]

[trusted-wrappers]
authenticates = ["app.core.gate.admit"]
validates = [
  "web/src/read:asProgress",
]
limits-rate = ["acme_limits.spend"]
"""


def put(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_a_teams_table_and_trusted_functions_count_with_their_evidence(run: Run, tmp_path: Path) -> None:
    put(tmp_path, FILES)
    before = json.loads(run("audit", "--format", "json", "--exit-zero").stdout)
    assert [each["library"] for each in before["connections"]] == ["fastapi"]
    put(tmp_path, {"halfopen.toml": SETTINGS})
    ran = run("audit", "--format", "json", "--exit-zero")
    assert ran.stderr == ""
    after = json.loads(ran.stdout)
    endpoint, client = after["connections"]
    assert client["library"] == "our-socket"
    assert client["linked_to"] == [endpoint["id"]]
    leak = next(each for each in after["findings"] if each["code"] == "WS1B")
    assert "socket" in leak["message"]
    assert "our-socket 2.1" in json.dumps(client["facts"]["reconnection.automatic"])
    said = {
        name: each["line"]
        for connection in (endpoint, client)
        for name, fact in connection["facts"].items()
        if isinstance(fact, dict)
        for each in fact["evidence"]
        if each["path"] == "halfopen.toml"
    }
    assert said["admission.authentication"] == 4
    assert said["messages.inbound"] == 6
    assert said["receiving.limits"] == 8
    gone = {each["code"] for each in before["findings"]} - {each["code"] for each in after["findings"]}
    assert {"WS1C", "WS7C"} & gone


def test_tables_of_settings_above_the_audited_directory_count(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    put(tmp_path, {**{f"product/{name}": text for name, text in FILES.items()}, "halfopen.toml": SETTINGS})
    put(tmp_path, {"tables/our-socket.toml": OUR_SOCKET, "tables/broken.toml": "[library]\nname = \n"})
    ran = run("audit", "--format", "json", "--exit-zero", "product")
    assert "our-socket" in [each["library"] for each in json.loads(ran.stdout)["connections"]]
    assert "../tables/broken.toml:2: is not valid TOML" in ran.stderr
    put(tmp_path, {"halfopen.toml": 'libraries = ["tables/none.toml"]\n'})
    said = run("audit", "product").stdout
    assert "../halfopen.toml:1: libraries: ../tables/none.toml: there is no such file" in said


def test_the_overview_knows_the_teams_client(run: Run, tmp_path: Path) -> None:
    put(tmp_path, {**FILES, "halfopen.toml": SETTINGS})
    assert "our-socket" in run("connections").stdout


def test_tables_that_cannot_be_used_are_told_at_file_and_line(run: Run, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.toml"
    outside.write_text(OUR_SOCKET)
    put(tmp_path, FILES)
    wrong = OUR_SOCKET.replace("our-socket", "theirs").replace("growth = ", "grows = ")
    put(tmp_path, {"tables/theirs.toml": wrong, "tables/x/broken.toml": "[library]\nname = \n"})
    (tmp_path / "tables" / "large.toml").write_text("#" * 300_000)
    (tmp_path / "tables" / "linked.toml").symlink_to(outside)
    settings = 'libraries = [\n  "tables/*.toml",\n  "tables/x/*.toml",\n  "none.toml",\n  "../up.toml",\n]\n'
    put(tmp_path, {"halfopen.toml": settings})
    ran = run("audit", "--format", "json", "--exit-zero")
    told = sorted(line.removeprefix("halfopen: ") for line in ran.stderr.splitlines())
    assert told == [
        'halfopen.toml:1: libraries: should be a path below the folder of the settings, with / between its parts, not "../up.toml"; it is left out',
        "halfopen.toml:4: libraries: none.toml: there is no such file",
        "tables/large.toml: is longer than 200,000 bytes: not read",
        "tables/linked.toml: is a link out of the project: not read",
        "tables/theirs.toml:11: [reconnection] has no setting 'grows'; did you mean 'growth'?; the table is left out until it is corrected",
        "tables/x/broken.toml:2: is not valid TOML: Invalid value, at column 8; the table is left out until it is corrected",
    ]
    assert "our-socket" in [each["library"] for each in json.loads(ran.stdout)["connections"]]


@pytest.mark.parametrize("name", ["admit", "app.core gate", "a:b:c", "x" * 400 + ".y"])
def test_a_name_that_names_no_function_is_told(tmp_path: Path, name: str) -> None:
    put(tmp_path, {"halfopen.toml": f"[trusted-wrappers]\nvalidates = [{json.dumps(name)}]\n"})
    settings, [problem] = load_settings(tmp_path)
    assert settings.trusted_wrappers.validates == ()
    assert problem.line == 2
    assert "should name a function" in problem.message
