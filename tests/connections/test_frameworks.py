"""Endpoints of servers beside FastAPI and Starlette: found at what serves them, with their route, and what they leak."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.connections.route_patterns import path_of_pattern

from .finding import Found, found, leaks, write


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("import websockets", "websockets.serve(echo, 'localhost', 8765)"),
        ("from websockets.asyncio.server import serve", "serve(echo, 'localhost', 8765)"),
        ("from websockets.sync.server import serve", "serve(echo, 'localhost', 8765)"),
        ("from websockets.legacy.server import serve", "serve(ws_handler=echo, port=8765)"),
        ("from functools import partial\nimport websockets", "websockets.serve(partial(echo, 1), port=1)"),
    ],
)
def test_the_handler_given_to_websockets_is_the_endpoint(tmp_path: Path, imports: str, call: str) -> None:
    source = (
        f"{imports}\n\n\nasync def echo(connection):\n    async for message in connection:\n"
        f"        await connection.send(message)\n\n\nasync def main():\n    async with {call}:\n        pass\n"
    )
    [one] = found(tmp_path, {"server.py": source})
    assert (one.side, one.library, one.name) == ("server", "websockets", "echo")
    assert (tmp_path / "server.py").read_text().splitlines()[one.line - 1].startswith("async def echo")


def test_a_method_and_a_handler_of_another_file_are_found(tmp_path: Path) -> None:
    files = {
        "hub.py": """
            class Hub:
                async def handle(self, connection):
                    await connection.recv()
        """,
        "main.py": """
            import websockets
            from hub import Hub

            hub = Hub()


            async def main():
                await websockets.serve(hub.handle, "localhost", 1)
        """,
    }
    assert found(tmp_path, files) == [Found("hub.py", 2, "server", "websockets", "handle", None)]


def test_the_function_whose_answer_is_a_socket_is_aiohttps_endpoint(tmp_path: Path) -> None:
    files = {
        "app.py": """
            from aiohttp import web
            import aiohttp.web as w

            routes = web.RouteTableDef()


            async def chat(request):
                ws = web.WebSocketResponse(heartbeat=20)
                await ws.prepare(request)
                return ws


            @routes.get("/live/{room}")
            async def live(request):
                ws = w.WebSocketResponse()
                return ws


            class Feed(web.View):
                async def get(self):
                    return web.WebSocketResponse()


            async def page(request):
                return web.Response(text="hello")


            app = web.Application()
            app.add_routes([web.get("/chat", chat), web.get("/", page)])
            app.router.add_route("GET", "/feed", Feed)
        """
    }
    assert found(tmp_path, files) == [
        Found("app.py", 7, "server", "aiohttp", "chat", "/chat"),
        Found("app.py", 14, "server", "aiohttp", "live", "/live/{room}"),
        Found("app.py", 19, "server", "aiohttp", "Feed", "/feed"),
    ]


def test_a_route_that_a_helper_adds_under_a_path_it_is_given(tmp_path: Path) -> None:
    files = {
        "relay.py": """
            from aiohttp import web

            class Relay:
                async def live(self, request):
                    socket = web.WebSocketResponse()
                    await socket.prepare(request)
                    return socket

                def attach(self, app, path):
                    app.router.add_get(path, self.live)
        """,
        "app.py": """
            from aiohttp import web
            from relay import Relay

            app = web.Application()
            relay = Relay()
            relay.attach(app, "/realtime")
        """,
    }
    assert found(tmp_path, files) == [Found("relay.py", 4, "server", "aiohttp", "live", "/realtime")]


CHANNELS_ROUTING = """
    from django.urls import path, re_path
    from . import consumers

    websocket_urlpatterns = [
        re_path(
            r"^ws/chat/(?P<room>[0-9a-f-]+)/$",
            consumers.Chat.as_asgi(),
        ),
        path("ws/notices/<int:user>/", consumers.Notices.as_asgi()),
    ]
"""


def test_consumers_of_channels_have_the_route_of_another_file(tmp_path: Path) -> None:
    files = {
        "chat/__init__.py": "",
        "chat/routing.py": CHANNELS_ROUTING,
        "chat/base.py": """
            from channels.generic.websocket import AsyncJsonWebsocketConsumer


            class Authenticated(AsyncJsonWebsocketConsumer):
                async def connect(self):
                    await self.accept()
        """,
        "chat/consumers.py": """
            from channels.generic.websocket import WebsocketConsumer
            from .base import Authenticated


            class Chat(Authenticated):
                async def receive_json(self, content):
                    await self.send_json(content)


            class Notices(WebsocketConsumer):
                def connect(self):
                    self.accept()
        """,
    }
    assert found(tmp_path, files) == [
        Found("chat/consumers.py", 5, "server", "channels", "Chat", "/ws/chat/{room}/"),
        Found("chat/consumers.py", 10, "server", "channels", "Notices", "/ws/notices/{user}/"),
    ]


def test_tornado_quart_and_litestar(tmp_path: Path) -> None:
    files = {
        "tornado_app.py": """
            import tornado.web
            from tornado.websocket import WebSocketHandler


            class Echo(WebSocketHandler):
                def on_message(self, message):
                    self.write_message(message)


            class Page(tornado.web.RequestHandler):
                def get(self):
                    self.write("hello")


            app = tornado.web.Application([(r"/", Page), (r"/echo/(.*)", Echo)])
        """,
        "quart_app.py": """
            from quart import Blueprint, Quart, websocket

            app = Quart(__name__)
            chat = Blueprint("chat", __name__)


            @app.websocket("/ws")
            async def ws():
                await websocket.send(await websocket.receive())


            @chat.websocket("/rooms/<int:room>")
            async def rooms(room):
                await websocket.send("hello")


            @app.route("/")
            async def page():
                return "hello"
        """,
        "litestar_app.py": """
            from litestar import Litestar, WebSocket, get, websocket, websocket_listener
            from litestar.handlers import WebsocketListener


            @websocket("/ws/{room:int}")
            async def low(socket: WebSocket, room: int) -> None:
                await socket.accept()


            @websocket_listener(path="/echo")
            async def echo(data: str) -> str:
                return data


            class Listener(WebsocketListener):
                path = "/listen"

                async def on_receive(self, data: str) -> str:
                    return data


            @get("/")
            async def page() -> str:
                return "hello"
        """,
    }
    assert [(each.path, each.library, each.name, each.url) for each in found(tmp_path, files)] == [
        ("litestar_app.py", "litestar", "low", "/ws/{room}"),
        ("litestar_app.py", "litestar", "echo", "/echo"),
        ("litestar_app.py", "litestar", "Listener", "/listen"),
        ("quart_app.py", "quart", "ws", "/ws"),
        ("quart_app.py", "quart", "rooms", "/rooms/{room}"),
        ("tornado_app.py", "tornado", "Echo", "/echo/{}"),
    ]


def test_a_socketio_server_is_one_endpoint(tmp_path: Path) -> None:
    files = {
        "app.py": """
            import socketio

            sio = socketio.AsyncServer(async_mode="asgi")


            @sio.event
            async def connect(sid, environ):
                pass
        """
    }
    assert found(tmp_path, files) == [Found("app.py", 3, "server", "python-socketio", "sio", None)]


@pytest.mark.parametrize(
    "path", ["tests/app.py", "app/test_app.py", "conftest.py", "mock_server.py", "mocks/app.py"]
)
def test_servers_of_tests_are_no_endpoints(tmp_path: Path, path: str) -> None:
    source = "import websockets\n\n\nasync def echo(c):\n    pass\n\n\nserver = websockets.serve(echo)\n"
    assert found(tmp_path, {path: source}) == []


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (r"^ws/(?P<room>\w+)/$", "/ws/{room}/"),
        (r"ws/(?P<a>[0-9]{4}(?:-x)?)/(?P<b>\d+)$", "/ws/{a}/{b}"),
        (r"^ws/live/?$", "/ws/live/"),
        (r"/ws/(.*)", "/ws/{}"),
        ("ws/<uuid:id>/", "/ws/{id}/"),
        ("/ws/<id>", "/ws/{id}"),
        ("/ws/{id:int}", "/ws/{id}"),
        (r"/ws/{id:\d+}", "/ws/{id}"),
    ],
)
def test_a_pattern_as_a_path(written: str, path: str) -> None:
    assert path_of_pattern(written) == path


# --- what a consumer leaves behind -------------------------------------------------------------

CONSUMER = """
    import asyncio
    from channels.generic.websocket import AsyncWebsocketConsumer

    online = set()


    class Chat(AsyncWebsocketConsumer):
        async def connect(self):
            {connect}
            await self.accept()

        async def disconnect(self, code):
            {disconnect}

        async def beat(self):
            while True:
                await asyncio.sleep(20)
                await self.send("ping")

        async def greet(self):
            await self.send("hello")

        async def leave(self):
            self.task.cancel()
            online.discard(self)
            await self.channel_layer.group_discard("room", self.channel_name)
"""

JOIN = 'await self.channel_layer.group_add("room", self.channel_name)'
SPAWN = "self.task = asyncio.create_task(self.beat())"


@pytest.mark.parametrize(
    ("connect", "disconnect", "named"),
    [
        (JOIN, "pass", 'the group "room"'),
        (SPAWN, "pass", "self.beat()"),
        ("asyncio.create_task(self.beat())", "self.task = None", "self.beat()"),
        ("online.add(self)", "pass", "online"),
    ],
)
def test_what_connect_acquires_and_disconnect_keeps_is_a_leak(
    tmp_path: Path, connect: str, disconnect: str, named: str
) -> None:
    [message] = leaks(tmp_path, {"consumers.py": CONSUMER.format(connect=connect, disconnect=disconnect)})
    assert named in message


@pytest.mark.parametrize(
    ("connect", "disconnect"),
    [
        (JOIN, 'await self.channel_layer.group_discard("room", self.channel_name)'),
        (JOIN, "await self.leave()"),
        (SPAWN, "self.task.cancel()"),
        (SPAWN, "await self.leave()"),
        ("online.add(self)", "online.discard(self)"),
        ("self.task = asyncio.create_task(self.greet())", "pass"),
        ("self.rooms = []", "pass"),
    ],
)
def test_what_disconnect_undoes_is_none(tmp_path: Path, connect: str, disconnect: str) -> None:
    assert leaks(tmp_path, {"consumers.py": CONSUMER.format(connect=connect, disconnect=disconnect)}) == []


def test_tornado_undoes_in_on_close(tmp_path: Path) -> None:
    source = """
        from tornado.websocket import WebSocketHandler


        class {name}(WebSocketHandler):
            clients = set()

            def open(self):
                self.clients.add(self)

            def on_close(self):
                {close}
    """
    assert leaks(tmp_path, {"good.py": source.format(name="Good", close="self.clients.remove(self)")}) == []
    [message] = leaks(tmp_path, {"bad.py": source.format(name="Bad", close="print('gone')")})
    assert "Bad.clients" in message


HANDLER = """
    import websockets
    from aiohttp import web

    clients = set()


    async def chat(connection):
        clients.add(connection)
        {end}


    async def live(request):
        socket = web.WebSocketResponse()
        clients.add(socket)
        {end_of_live}
        return socket


    def sweep():
        {sweep}


    server = websockets.serve(chat, "localhost", 1)
"""


def test_a_socket_that_a_handler_enters_and_nothing_removes_is_a_leak(tmp_path: Path) -> None:
    source = HANDLER.format(end="await connection.recv()", end_of_live="pass", sweep="print(clients)")
    assert sorted(leaks(tmp_path, {"app.py": source})) == [
        "chat enters its client in clients, and nothing removes it; the entry and its dead socket stay as long as the process runs",
        "live enters its client in clients, and nothing removes it; the entry and its dead socket stay as long as the process runs",
    ]


@pytest.mark.parametrize(
    ("end", "end_of_live", "sweep"),
    [
        ("clients.remove(connection)", "clients.discard(socket)", "pass"),
        ("pass", "pass", "clients.difference_update([])\n        clients.discard(min(clients))"),
    ],
)
def test_one_that_is_removed_is_none(tmp_path: Path, end: str, end_of_live: str, sweep: str) -> None:
    source = HANDLER.format(end=end, end_of_live=end_of_live, sweep=sweep)
    assert leaks(tmp_path, {"app.py": source}) == []


def test_a_removal_that_is_written_later_ends_the_leak(tmp_path: Path) -> None:
    source = HANDLER.format(end="await connection.recv()", end_of_live="pass", sweep="pass")
    auditor = Auditor(write(tmp_path, {"app.py": source}), Settings())
    auditor.refresh()
    assert len(auditor.findings()) >= 2
    with (tmp_path / "app.py").open("a") as file:
        file.write("\n\ndef drop(connection):\n    clients.discard(connection)\n")
    auditor.touched(["app.py"])
    auditor.refresh()
    assert [each for each in auditor.findings() if each.finding.code == "WS1B"] == []
