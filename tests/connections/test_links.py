"""Which client talks to which endpoint, through proxies and settings, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.workspace.connections import links_between

from .finding import dossiers, write

SERVER = """
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("{path}")
async def {name}(websocket: WebSocket):
    await websocket.accept()
    await websocket.receive_text()
"""
CLIENT = "export function open(id: string) {{\n  return new WebSocket({url});\n}}\n"


def server(path: str, name: str = "live") -> str:
    return SERVER.format(path=path, name=name)


def client(url: str) -> str:
    return CLIENT.format(url=url)


def links(root: Path, files: Mapping[str, str]) -> set[tuple[str, str]]:
    """Each link as the endpoint's name and its strength."""
    workspace, made = dossiers(root, files)
    return {(each.endpoint.rpartition(":")[2], each.strength) for each in links_between(workspace, made)}


def test_the_page_s_own_host_and_an_equal_path_are_certain(tmp_path: Path) -> None:
    files = {"api/main.py": server("/ws/{room}"), "web/a.ts": client("`ws://${location.host}/ws/${id}`")}
    assert links(tmp_path, files) == {("live", "certain")}


def test_another_path_is_no_link(tmp_path: Path) -> None:
    files = {"api/main.py": server("/ws"), "web/a.ts": client("'/socket'")}
    assert links(tmp_path, files) == set()


def test_a_public_host_with_a_short_path_is_someone_else_s(tmp_path: Path) -> None:
    files = {"api/main.py": server("/ws"), "web/a.ts": client("'wss://stream.example.com:9443/ws'")}
    assert links(tmp_path, files) == set()


def test_a_setting_without_a_value_leaves_a_likely_link(tmp_path: Path) -> None:
    files = {"api/main.py": server("/api/ws"), "web/a.ts": client("`${import.meta.env.VITE_WS}/ws`")}
    assert links(tmp_path, files) == {("live", "likely")}


def test_a_value_in_an_env_file_settles_it(tmp_path: Path) -> None:
    files = {
        "api/main.py": server("/api/ws"),
        "api/other.py": server("/ws", "other"),
        "web/.env": "VITE_WS=ws://localhost:8000/api  # development\n",
        "web/src/a.ts": client("`${import.meta.env.VITE_WS}/ws`"),
    }
    assert links(tmp_path, files) == {("live", "certain")}


def test_a_default_that_is_written_out_decides_before_the_setting(tmp_path: Path) -> None:
    files = {
        "api/main.py": server("/ws"),
        "api/other.py": server("/metrics/ws", "other"),
        "web/a.ts": client("(import.meta.env.VITE_WS || 'ws://localhost:8000') + '/ws'"),
    }
    assert links(tmp_path, files) == {("live", "certain")}


def test_two_applications_that_serve_the_same_path_are_both_likely(tmp_path: Path) -> None:
    files = {
        "one.py": server("/ws", "one"),
        "two.py": server("/ws", "two"),
        "web/a.ts": client("'/ws'"),
    }
    assert links(tmp_path, files) == {("one", "likely"), ("two", "likely")}


def test_the_application_that_is_started_is_preferred(tmp_path: Path) -> None:
    files = {
        "one.py": server("/ws", "one"),
        "two.py": server("/ws", "two"),
        "Dockerfile": 'FROM python:3.12\nCMD ["uvicorn", "two:app"]\n',
        "web/a.ts": client("'/ws'"),
    }
    assert links(tmp_path, files) == {("two", "certain")}


def test_fixed_text_is_preferred_to_a_parameter(tmp_path: Path) -> None:
    files = {
        "one.py": server("/ws/{room}", "room"),
        "two.py": server("/ws/status", "status"),
        "web/a.ts": client("'/ws/status'"),
    }
    assert links(tmp_path, files) == {("status", "certain")}


def test_an_endpoint_of_a_test_gives_way(tmp_path: Path) -> None:
    files = {
        "app/main.py": server("/ws", "real"),
        "tests/test_app.py": server("/ws", "fake"),
        "web/a.ts": client("'/ws'"),
    }
    assert links(tmp_path, files) == {("real", "certain")}


def test_a_router_that_nothing_includes_is_likely_at_most(tmp_path: Path) -> None:
    router = server("/ws/live").replace("FastAPI()", "APIRouter()").replace("FastAPI,", "APIRouter,")
    files = {"api/live.py": router, "web/a.ts": client("'/api/v1/ws/live'")}
    assert links(tmp_path, files) == {("live", "likely")}


def test_nginx_replaces_a_location_s_prefix(tmp_path: Path) -> None:
    nginx = """
        server {
            listen 80;
            location /backend/ { proxy_pass http://api:8000/; }
        }
        """
    files = {
        "api/main.py": server("/ws"),
        "nginx.conf": nginx,
        "web/a.ts": client("`wss://${location.host}/backend/ws`"),
    }
    assert links(tmp_path, files) == {("live", "certain")}
    del files["nginx.conf"]
    (tmp_path / "nginx.conf").unlink()
    assert links(tmp_path, files) == {("live", "likely")}


def test_vite_s_rewrite_is_applied(tmp_path: Path) -> None:
    vite = """
        import { defineConfig } from "vite";
        export default defineConfig({
          server: {
            proxy: {
              "/dev": { target: "ws://localhost:8000", ws: true, rewrite: (path) => path.replace(/^\\/dev/, "") },
            },
          },
        });
        """
    files = {"api/main.py": server("/ws"), "web/vite.config.ts": vite, "web/a.ts": client("'/dev/ws'")}
    assert links(tmp_path, files) == {("live", "certain")}


def test_next_s_rewrites_are_applied(tmp_path: Path) -> None:
    config = """
        module.exports = {
          async rewrites() {
            return [{ source: "/socket/:path*", destination: "http://api:8000/ws/:path*" }];
          },
        };
        """
    files = {
        "api/main.py": server("/ws/live"),
        "web/next.config.js": config,
        "web/a.ts": client("'/socket/live'"),
    }
    assert links(tmp_path, files) == {("live", "certain")}


def test_a_slash_too_many_is_told(tmp_path: Path) -> None:
    files = {"api/main.py": server("/ws"), "web/a.ts": client("'/ws/'")}
    workspace, made = dossiers(tmp_path, files)
    [link] = links_between(workspace, made)
    assert link.strength == "likely"
    assert any("the client asks for /ws/, the endpoint is /ws" in each.text for each in link.evidence)


def test_links_follow_an_edit_of_either_side_or_of_a_prefix(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from chat import router
        app = FastAPI()
        app.include_router(router, prefix="/v1")
        """
    chat = (
        server("/ws")
        .replace("FastAPI()", "APIRouter()")
        .replace("FastAPI,", "APIRouter,")
        .replace("app", "router")
    )
    write(tmp_path, {"main.py": main, "chat.py": chat, "web/a.ts": client("'/v1/ws'")})
    auditor = Auditor(tmp_path, Settings())

    def linked() -> set[str]:
        auditor.refresh()
        return {other for each in auditor.connections() for other in each.linked_to if each.side == "client"}

    assert linked() == {"chat.py:live"}
    write(tmp_path, {"main.py": main.replace("/v1", "/v2")})
    auditor.touched(["main.py"])
    assert linked() == set()
    write(tmp_path, {"web/a.ts": client("'/v2/ws'")})
    auditor.touched(["web/a.ts"])
    assert linked() == {"chat.py:live"}
    write(tmp_path, {"web/a.ts": client("`${import.meta.env.VITE_WS}/ws`"), "web/.env": "VITE_WS=/v3\n"})
    auditor.touched(["web/a.ts", "web/.env"])
    assert linked() == set()
    write(tmp_path, {"web/.env": "VITE_WS=/v2\n"})
    auditor.touched(["web/.env"])
    assert linked() == {"chat.py:live"}


def test_a_placeholder_in_an_env_file_settles_nothing(tmp_path: Path) -> None:
    files = {
        "api/main.py": server("/ws"),
        "web/.env.production": "VITE_WS=APP_WS_URL\n",
        "web/src/a.ts": client("`${import.meta.env.VITE_WS}/ws`"),
    }
    assert links(tmp_path, files) == {("live", "likely")}


def test_a_prefix_that_something_in_front_takes_off_is_likely(tmp_path: Path) -> None:
    files = {"api/main.py": server("/v1/live"), "web/a.ts": client("`wss://${location.host}/api/v1/live`")}
    assert links(tmp_path, files) == {("live", "likely")}


def test_a_prefix_that_the_proxy_leaves_is_no_link(tmp_path: Path) -> None:
    files = {
        "api/main.py": server("/ws"),
        "nginx.conf": "server { listen 80; location /api/ { proxy_pass http://api:8000; } }\n",
        "web/a.ts": client("`wss://${location.host}/api/ws`"),
    }
    assert links(tmp_path, files) == set()


def test_a_prefix_in_front_of_several_is_no_link(tmp_path: Path) -> None:
    files = {
        "one/main.py": server("/ws", "one"),
        "two/main.py": server("/ws", "two"),
        "web/a.ts": client("`wss://${location.host}/api/ws`"),
    }
    assert links(tmp_path, files) == set()


def test_a_path_of_another_service_is_no_prefix(tmp_path: Path) -> None:
    files = {
        "api/main.py": server("/realtime"),
        "api/upstream.py": """
            import websockets

            async def relay():
                async with websockets.connect("wss://openai.example.com/openai/realtime") as upstream:
                    await upstream.recv()
            """,
    }
    assert links(tmp_path, files) == set()
