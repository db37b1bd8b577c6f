"""Clients that a library makes: found where the socket is made, once, with library, owner and address."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.facts import Known

from .finding import Found, dossiers, found, site_text


@pytest.mark.parametrize(
    ("imports", "call", "library", "url"),
    [
        ("import ReconnectingWebSocket from 'reconnecting-websocket'", "new ReconnectingWebSocket('wss://h/a')", "reconnecting-websocket", "wss://h/a"),
        ("import { WebSocket as Socket } from 'partysocket'", "new Socket('wss://h/a')", "partysocket", "wss://h/a"),
        ("import Socket from 'partysocket/ws'", "new Socket('wss://h/a')", "partysocket", "wss://h/a"),
        ("import PartySocket from 'partysocket'", "new PartySocket({ host: 'h.example.com', room: 'r' })", "partysocket", None),
        ("import { io } from 'socket.io-client'", "io('https://h')", "socket.io-client", "https://h"),
        ("import connect from 'socket.io-client'", "connect('https://h')", "socket.io-client", "https://h"),
        ("import io from 'socket.io-client'", "io.connect('https://h')", "socket.io-client", "https://h"),
        ("import { createClient } from 'graphql-ws'", "createClient({ url: 'wss://h/graphql' })", "graphql-ws", "wss://h/graphql"),
        ("import { HubConnectionBuilder } from '@microsoft/signalr'", "new HubConnectionBuilder().withUrl('/hub').withAutomaticReconnect().build()", "signalr", "/hub"),
        ("import * as signalR from '@microsoft/signalr'", "new signalR.HubConnectionBuilder().withUrl('/hub').build()", "signalr", "/hub"),
        ("import { Centrifuge } from 'centrifuge'", "new Centrifuge('wss://h/connection')", "centrifuge", "wss://h/connection"),
        ("import { Socket } from 'phoenix'", "new Socket('/socket', {})", "phoenix", "/socket"),
        ("import { Websocket } from 'websocket-ts'", "new Websocket('wss://h/a')", "websocket-ts", "wss://h/a"),
        ("import { WebsocketBuilder as Builder } from 'websocket-ts'", "new Builder('wss://h/a').withBackoff(b).build()", "websocket-ts", "wss://h/a"),
        ("import Sockette from 'sockette'", "new Sockette('wss://h/a', {})", "sockette", "wss://h/a"),
        ("import Robust from 'robust-websocket'", "new Robust('wss://h/a')", "robust-websocket", "wss://h/a"),
        ("import WebSocket from 'ws'", "new WebSocket('wss://h/a')", "ws", "wss://h/a"),
        ("const WebSocket = require('ws')", "new WebSocket('wss://h/a')", "ws", "wss://h/a"),
        ("import WebSocket from 'isomorphic-ws'", "new WebSocket('wss://h/a')", "ws", "wss://h/a"),
    ],
)  # fmt: skip
def test_a_client_of_each_library_is_found_where_it_is_made(
    tmp_path: Path, imports: str, call: str, library: str, url: str | None
) -> None:
    files = {"src/live.ts": f"{imports};\n\nexport function open() {{\n  return {call};\n}}\n"}
    [one] = found(tmp_path, files)
    assert (one.path, one.line, one.side, one.library, one.name) == (
        "src/live.ts",
        4,
        "client",
        library,
        "open",
    )
    if url is not None:
        assert one.url is not None
        assert one.url.endswith(url)
    assert site_text(tmp_path, files) == [call]


@pytest.mark.parametrize(
    ("imports", "call", "library"),
    [
        ("import useWebSocket from 'react-use-websocket'", "useWebSocket('wss://h/a')", "react-use-websocket"),
        ("import { useWebSocket } from 'react-use-websocket'", "useWebSocket('wss://h/a')", "react-use-websocket"),
        ("import useSocket from 'partysocket/use-ws'", "useSocket('wss://h/a')", "partysocket"),
        ("import { usePartySocket } from 'partysocket/react'", "usePartySocket({ host: 'h' })", "partysocket"),
        ("import { useWebSocket } from 'ahooks'", "useWebSocket('wss://h/a')", "ahooks"),
    ],
)  # fmt: skip
def test_a_hook_is_a_client_of_its_component_that_leaks_nothing(
    tmp_path: Path, imports: str, call: str, library: str
) -> None:
    source = f"{imports};\n\nexport function Chat() {{\n  const socket = {call};\n  return <p>{{String(socket)}}</p>;\n}}\n"
    _, [dossier] = dossiers(tmp_path, {"Chat.tsx": source})
    assert (dossier.connection.library, dossier.connection.name) == (library, "Chat")
    assert dossier.resources == ()


def test_wrappers_of_the_project_are_one_connection_where_the_socket_is_made(tmp_path: Path) -> None:
    files = {
        "src/SocketClient.ts": """
            import ReconnectingWebSocket from 'reconnecting-websocket';

            export class SocketClient {
              private socket: ReconnectingWebSocket | null = null;
              connect(url: string) {
                this.socket = new ReconnectingWebSocket(url);
              }
              close() {
                this.socket?.close();
              }
            }
        """,
        "src/useLive.ts": """
            import { useEffect } from 'react';
            import { SocketClient } from './SocketClient';

            export function useLive(url: string) {
              useEffect(() => {
                const client = new SocketClient();
                client.connect(url);
                return () => client.close();
              }, [url]);
            }
        """,
        "src/Page.tsx": """
            import { useLive } from './useLive';

            export function Page() {
              useLive('wss://h/live');
              return <main />;
            }
        """,
    }
    [one] = found(tmp_path, files)
    assert (one.path, one.line, one.library, one.name) == (
        "src/SocketClient.ts", 6, "reconnecting-websocket", "SocketClient",
    )  # fmt: skip


def test_a_class_of_the_project_that_extends_a_librarys_is_made_at_its_new(tmp_path: Path) -> None:
    files = {
        "live.ts": """
            import ReconnectingWebSocket from 'reconnecting-websocket';

            export class LiveSocket extends ReconnectingWebSocket {}

            export const live = new LiveSocket('wss://h/live');
        """,
        "more.ts": """
            import { LiveSocket } from './live';

            export const more = new LiveSocket('wss://h/more');
        """,
    }
    assert [(each.path, each.line, each.library, each.url) for each in found(tmp_path, files)] == [
        ("live.ts", 5, "reconnecting-websocket", "wss://h/live"),
        ("more.ts", 3, "reconnecting-websocket", "wss://h/more"),
    ]


def test_a_builder_that_is_kept_makes_its_connection_where_it_builds(tmp_path: Path) -> None:
    files = {
        "hub.ts": """
            import { HubConnectionBuilder } from '@microsoft/signalr';

            export function connect() {
              const builder = new HubConnectionBuilder();
              builder.withUrl('/hub');
              const unused = new HubConnectionBuilder();
              return builder.build();
            }
        """
    }
    assert [(each.line, each.library) for each in found(tmp_path, files)] == [(7, "signalr")]


def test_a_server_of_ws_is_an_endpoint_with_its_path(tmp_path: Path) -> None:
    files = {
        "server.ts": """
            import { WebSocketServer } from 'ws';

            const wss = new WebSocketServer({ port: 8080, path: '/live' });
            wss.on('connection', (socket) => socket.send('hello'));
        """,
        "old.js": """
            const WebSocket = require('ws');

            const server = new WebSocket.Server({ port: 8080 });
        """,
    }
    assert found(tmp_path, files) == [
        Found("old.js", 3, "server", "ws", "server", None),
        Found("server.ts", 3, "server", "ws", "wss", "/live"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import type { Socket } from 'socket.io-client';\nexport type Live = Socket;\n",
        "import { io } from './io';\nexport const live = io('https://h');\n",
        "import { Socket } from 'net';\nexport const live = new Socket();\n",
        "import { createClient } from '@supabase/supabase-js';\nexport const db = createClient('https://h', 'k');\n",
        "import { useSocket } from './socket';\nexport const useLive = () => useSocket('wss://h');\n",
        "const news = { connect(url: string) { return url; } };\nexport const a = news.connect('ws://h');\n",
        "import { ReadyState } from 'react-use-websocket';\nexport const open = ReadyState.OPEN;\n",
    ],
)
def test_what_only_looks_like_a_library_is_none(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, {"src/live.ts": source}) == []


@pytest.mark.parametrize(
    "path", ["src/live.test.ts", "src/__tests__/live.ts", "tests/live.ts", "src/live.d.ts"]
)
def test_tests_and_declarations_make_no_connection(tmp_path: Path, path: str) -> None:
    source = "import { io } from 'socket.io-client';\nexport const live = io('https://h');\n"
    assert found(tmp_path, {path: source}) == []


# --- Python ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("imports", "call", "library"),
    [
        ("import websockets", "websockets.connect('ws://h/a')", "websockets"),
        ("from websockets import connect", "connect('ws://h/a')", "websockets"),
        ("from websockets.asyncio.client import connect as dial", "dial('ws://h/a')", "websockets"),
        ("from websockets.sync.client import connect", "connect('ws://h/a')", "websockets"),
        ("import websockets.client", "websockets.client.connect('ws://h/a')", "websockets"),
        ("from tornado.websocket import websocket_connect", "websocket_connect('ws://h/a')", "tornado"),
    ],
)
def test_a_python_client_belongs_to_the_function_that_makes_it(
    tmp_path: Path, imports: str, call: str, library: str
) -> None:
    source = f"{imports}\n\n\nasync def follow():\n    async with {call} as ws:\n        await ws.send('x')\n"
    assert found(tmp_path, {"feed.py": source}) == [
        Found("feed.py", 5, "client", library, "follow", "ws://h/a")
    ]


def test_a_client_session_is_followed_to_where_it_connects(tmp_path: Path) -> None:
    files = {
        "feed.py": """
            import aiohttp


            class Feed:
                def __init__(self, session: aiohttp.ClientSession) -> None:
                    self.session = session

                async def run(self):
                    self.ws = await self.session.ws_connect("wss://h/feed")


            async def once():
                async with aiohttp.ClientSession() as session:
                    async with session.ws_connect("wss://h/once") as ws:
                        return await ws.receive()
        """
    }
    assert found(tmp_path, files) == [
        Found("feed.py", 9, "client", "aiohttp", "Feed", "wss://h/feed"),
        Found("feed.py", 14, "client", "aiohttp", "once", "wss://h/once"),
    ]


def test_a_socketio_client_has_the_address_it_connects_to(tmp_path: Path) -> None:
    files = {
        "feed.py": """
            import socketio

            sio = socketio.AsyncClient()


            async def main():
                await sio.connect("https://h")
        """
    }
    assert found(tmp_path, files) == [
        Found("feed.py", 3, "client", "python-socketio", "feed.py", "https://h")
    ]


@pytest.mark.parametrize(
    "path",
    [
        "tests/feed.py",
        "app/test_feed.py",
        "app/feed_test.py",
        "conftest.py",
        "feed_mock.py",
        "testcode/feed.py",
    ],
)
def test_python_tests_make_no_connection(tmp_path: Path, path: str) -> None:
    source = "import websockets\n\n\nasync def follow():\n    await websockets.connect('ws://h')\n"
    assert found(tmp_path, {path: source}) == []


def test_connect_of_something_else_is_no_client(tmp_path: Path) -> None:
    files = {
        "feed.py": """
            import sqlite3
            from websockets.exceptions import ConnectionClosed

            database = sqlite3.connect("x.db")
        """
    }
    assert found(tmp_path, files) == []


def test_an_import_that_is_added_later_makes_the_call_a_client(tmp_path: Path) -> None:
    workspace, none = dossiers(tmp_path, {"feed.py": "async def follow():\n    await connect('ws://h')\n"})
    assert none == ()
    (tmp_path / "feed.py").write_text(
        "from websockets import connect\n\n\nasync def follow():\n    await connect('ws://h')\n"
    )
    workspace.touched(["feed.py"])
    workspace.update()
    from halfopen.workspace.connections import connections_of

    assert [each.connection.library for each in connections_of(workspace)] == ["websockets"]


def test_the_browsers_class_may_be_an_options_default(tmp_path: Path) -> None:
    files = {
        "live.ts": """
            interface Options {
              WebSocket?: typeof WebSocket;
            }

            const browsers = () => (typeof WebSocket === 'undefined' ? undefined : WebSocket);

            export class Live {
              constructor(private options: Options) {}
              connect(url: string) {
                const { WebSocket = browsers()! } = this.options;
                return new WebSocket(url);
              }
            }
        """
    }
    assert [(each.line, each.library, each.name) for each in found(tmp_path, files)] == [
        (11, "native", "Live")
    ]


@pytest.mark.parametrize(
    ("source", "reconnects", "attempts"),
    [
        ("import { WebsocketBuilder } from 'websocket-ts';\nexport const a = new WebsocketBuilder('wss://h').withBackoff(new ConstantBackoff(1)).build();\n", True, None),
        ("import Sockette from 'sockette';\nexport const a = new Sockette('wss://h', { maxAttempts: 10 });\n", True, 10),
        ("import Robust from 'robust-websocket';\nexport const a = new Robust('wss://h');\n", True, 3),
        ("import { useWebSocket } from 'ahooks';\nexport function A() { const a = useWebSocket('wss://h'); return null; }\n", True, 3),
    ],
)  # fmt: skip
def test_what_a_library_does_after_an_end_is_known(
    tmp_path: Path, source: str, reconnects: bool, attempts: int | None
) -> None:
    _, [dossier] = dossiers(tmp_path, {"src/live.tsx": source})
    assert dossier.reconnection is not None
    automatic, limit = dossier.reconnection.automatic, dossier.reconnection.attempts
    assert (isinstance(automatic, Known) and automatic.value) is reconnects
    assert isinstance(limit, Known)
    assert limit.value == attempts
