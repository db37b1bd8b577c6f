"""The six items of the environment: inferred with evidence, or unknown with what would settle them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from halfopen.connections.environment import Environment
from halfopen.connections.facts import Known, Unknown
from halfopen.workspace.connections import environment_around

from .finding import dossiers

SERVER = """
from fastapi import Cookie, Depends, FastAPI, Query, WebSocket
import json
import jwt

app = FastAPI()

def current_user(token: str):
    return jwt.decode(token, "key", algorithms=["HS256"])

@app.websocket("/ws")
async def live(websocket: WebSocket{parameters}):
    {check}
    await websocket.accept()
    {body}
"""


def server(check: str = "pass", body: str = "await websocket.receive_text()", parameters: str = "") -> str:
    return SERVER.format(check=check, body=body, parameters=parameters)


CLIENT = """
export function open() {
  const ws = new WebSocket("/ws");
  ws.onmessage = (event) => console.log(JSON.parse(event.data));
  return ws;
}
"""


def environment(root: Path, files: Mapping[str, str]) -> Environment:
    workspace, made = dossiers(root, files)
    return environment_around(workspace, made)


def value(fact: object) -> object:
    assert isinstance(fact, Known), fact
    return fact.value


def unknown(fact: object) -> str:
    assert isinstance(fact, Unknown), fact
    return fact.settled_by


def test_endpoints_are_their_full_paths_and_those_of_tests_count_for_nothing(tmp_path: Path) -> None:
    files = {"app/main.py": server(), "tests/test_app.py": server().replace("/ws", "/fake")}
    assert value(environment(tmp_path, files).endpoints) == ("/ws",)


def test_endpoints_of_a_client_s_repository_are_what_it_asks_for(tmp_path: Path) -> None:
    assert value(environment(tmp_path, {"a.ts": CLIENT}).endpoints) == ("/ws",)


def test_a_router_that_nothing_includes_leaves_the_endpoints_unknown(tmp_path: Path) -> None:
    router = server().replace("app = FastAPI()", "app = APIRouter()").replace("FastAPI,", "APIRouter,")
    assert "/ws" in unknown(environment(tmp_path, {"api.py": router}).endpoints)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await websocket.send_text('hello')", "plain text"),
        ("await websocket.send_bytes(b'x')", "binary"),
        ("await websocket.send_json({'value': 1})", "JSON without a type field"),
        ("await websocket.send_json({'type': 'tick'})", "JSON, told apart by a type field"),
        ("m = json.loads(await websocket.receive_text()); print(m['type'] == 'x')", "JSON, told apart by a type field"),
    ],
)  # fmt: skip
def test_message_format(tmp_path: Path, body: str, expected: str) -> None:
    assert value(environment(tmp_path, {"main.py": server(body=body)}).message_format) == expected


@pytest.mark.parametrize(
    ("parameters", "check", "expected"),
    [
        ("", "pass", "none"),
        (", token: str = Query(...)", "current_user(token)", "JWT in the query string"),
        ("", "current_user(websocket.query_params.get('token'))", "JWT in the query string"),
        ("", "current_user(websocket.cookies.get('session'))", "JWT in a cookie"),
        ("", "current_user(websocket.headers.get('authorization'))", "JWT in a header"),
        (", token: str = Query(None)", "pass", "a token in the query string, read but not checked"),
        (", user=Depends(current_user)", "pass", "JWT in the query string"),
    ],
)
def test_authentication(tmp_path: Path, parameters: str, check: str, expected: str) -> None:
    made = environment(tmp_path, {"main.py": server(check=check, parameters=parameters)})
    assert value(made.authentication) == expected


def test_a_secret_that_is_looked_up_and_used_up_is_checked(tmp_path: Path) -> None:
    check = "tickets.pop(websocket.query_params['ticket'])"
    made = environment(tmp_path, {"main.py": "tickets = {}\n" + server(check=check)})
    assert value(made.authentication) == "a token in the query string"


def test_authentication_in_the_first_message(tmp_path: Path) -> None:
    body = """m = await websocket.receive_json()
    if m["type"] == "auth":
        current_user(m["token"])"""
    made = environment(tmp_path, {"main.py": server(body=body)})
    assert value(made.authentication) == "JWT in the first message"


def test_a_token_that_no_server_reads_is_told(tmp_path: Path) -> None:
    files = {"main.py": server(), "a.ts": CLIENT.replace('"/ws"', '"/ws?token=" + token')}
    expected = "none on the server; a client sends token in the query string"
    assert value(environment(tmp_path, files).authentication) == expected


def test_state_management_is_looked_for_around_the_clients(tmp_path: Path) -> None:
    files = {
        "src/socket.ts": 'import { useLiveStore } from "./stores";\n' + CLIENT,
        "src/stores/index.ts": 'export { useLiveStore } from "./live";\n',
        "src/stores/live.ts": 'import { create } from "zustand";\nexport const useLiveStore = create(() => ({}));\n',
        "src/Page.tsx": 'import { useQuery } from "@tanstack/react-query";\nimport { open } from "./socket";\n'
        "export function Page() { open(); return null; }\n",
        "src/Elsewhere.tsx": 'import { atom } from "jotai";\nexport const a = atom(0);\n',
    }
    made = environment(tmp_path, files).state_management
    assert value(made) == "TanStack Query, Zustand (useLiveStore)"


def test_a_repository_without_a_browser_s_code_leaves_state_unknown(tmp_path: Path) -> None:
    assert "browser" in unknown(environment(tmp_path, {"main.py": server()}).state_management)


def test_deployment_from_files_names_the_server_its_processes_and_the_file(tmp_path: Path) -> None:
    files = {
        "main.py": server(),
        "Dockerfile": 'FROM python:3.12\nCMD ["uvicorn", "main:app", "--workers", "4"]\n',
    }
    made = environment(tmp_path, files).deployment
    assert value(made) == "several processes: uvicorn, 4 workers (Dockerfile)"


def test_deployment_from_code(tmp_path: Path) -> None:
    files = {"main.py": server(), "run.py": "import uvicorn\n\nuvicorn.run('main:app', reload=True)\n"}
    made = environment(tmp_path, files).deployment
    assert value(made) == "uvicorn, started in code with --reload (run.py)"


def test_deployment_that_nothing_tells_names_the_files_that_would(tmp_path: Path) -> None:
    assert "Dockerfile" in unknown(environment(tmp_path, {"main.py": server()}).deployment)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h;',
            "nginx: /ws passes upgrades, idle limit 3600 s",
        ),
        ("", "nginx: /ws passes no upgrade, idle limit 60 s"),
    ],
)
def test_reverse_proxy(tmp_path: Path, headers: str, expected: str) -> None:
    nginx = f"server {{ location /ws {{ proxy_pass http://api:8000; {headers} }} }}\n"
    made = environment(tmp_path, {"main.py": server(), "nginx.conf": nginx}).reverse_proxy
    assert value(made) == expected


def test_only_a_development_proxy_needs_confirmation_with_that_as_evidence(tmp_path: Path) -> None:
    vite = 'export default { server: { proxy: { "/ws": { target: "ws://localhost:8000", ws: true } } } };\n'
    made = environment(tmp_path, {"main.py": server(), "web/vite.config.ts": vite}).reverse_proxy
    assert "only Vite's development proxy" in unknown(made)
    assert [each.place.path for each in made.evidence] == ["web/vite.config.ts"]
