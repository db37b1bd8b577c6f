"""The full path of an endpoint behind the prefixes under which its router is reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known, Unknown

from .finding import dossiers

HANDLER = """
@{router}.websocket("{path}")
async def live(websocket: WebSocket):
    await websocket.accept()
    await websocket.receive_text()
"""


def endpoint(root: Path, **files: str) -> Dossier:
    _, made = dossiers(
        root,
        {name.replace("__", "/").replace("INIT", "__init__") + ".py": text for name, text in files.items()},
    )
    [one] = made
    return one


def route(root: Path, **files: str) -> str | None:
    one = endpoint(root, **files)
    return one.url.value if isinstance(one.url, Known) else None


ROUTER = "from fastapi import APIRouter, WebSocket\n\nrouter = APIRouter(prefix='/chat')\n"
ROUTED = ROUTER + HANDLER.format(router="router", path="/ws/{room}")


def test_an_application_s_own_route(tmp_path: Path) -> None:
    app = "from fastapi import FastAPI, WebSocket\n\napp = FastAPI()\n"
    assert route(tmp_path, main=app + HANDLER.format(router="app", path="/ws")) == "/ws"


def test_prefixes_of_router_and_include_stand_in_front(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from api import chat
        app = FastAPI()
        app.include_router(chat.router, prefix="/api/v1")
        """
    assert route(tmp_path, main=main, api__chat=ROUTED) == "/api/v1/chat/ws/{room}"


def test_routers_within_routers_and_prefixes_from_settings(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from app.routers import every
        from app.config import settings

        def create_app():
            app = FastAPI()
            app.include_router(every, prefix=settings.PREFIX)
            return app
        """
    routers = """
        from fastapi import APIRouter
        from .chat import router as chat
        every = APIRouter()
        every.include_router(chat, prefix="/live")
        """
    config = """
        class Settings:
            PREFIX: str = "/v2"
        settings = Settings()
        """
    made = route(
        tmp_path,
        app__main=main,
        app__routers__INIT=routers,
        app__routers__chat=ROUTED,
        app__config=config,
    )
    assert made == "/v2/live/chat/ws/{room}"


def test_a_loop_over_routers_includes_each(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from chat import router as chat
        app = FastAPI()
        for each in [chat]:
            app.include_router(each, prefix="/api")
        """
    assert route(tmp_path, main=main, chat=ROUTED) == "/api/chat/ws/{room}"


def test_a_function_that_is_given_the_application(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from setup import register
        app = FastAPI()
        register(app)
        """
    setup = """
        from fastapi import FastAPI
        from chat import router
        def register(app: FastAPI) -> None:
            app.include_router(router, prefix="/api")
        """
    assert route(tmp_path, main=main, setup=setup, chat=ROUTED) == "/api/chat/ws/{room}"


def test_a_mounted_application(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from sub import app as sub
        app = FastAPI()
        app.mount("/sub", sub)
        """
    sub = "from fastapi import FastAPI, WebSocket\n\napp = FastAPI()\n" + HANDLER.format(
        router="app", path="/ws"
    )
    assert route(tmp_path, main=main, sub=sub) == "/sub/ws"


@pytest.mark.parametrize(
    "routes",
    [
        'Starlette(routes=[Mount("/api", routes=[WebSocketRoute("/ws/{rest:path}", live)])])',
        "Starlette(routes=ROUTES)\n",
    ],
)
def test_lists_of_starlette_s_routes(tmp_path: Path, routes: str) -> None:
    main = """
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute

async def live(websocket):
    await websocket.accept()

ROUTES = [Mount("/api", routes=[WebSocketRoute("/ws/{rest:path}", endpoint=live)])]
"""
    if "ROUTES" not in routes:
        main = main[: main.index("ROUTES")]
    assert route(tmp_path, main=main + f"app = {routes}") == "/api/ws/{rest:path}"


def test_a_decorator_that_is_called_like_a_function(tmp_path: Path) -> None:
    main = """
from fastapi import FastAPI
from routers import sockets

app = FastAPI()
app.websocket("/ws")(sockets.live)
"""
    sockets = """
from fastapi import WebSocket

async def live(websocket: WebSocket):
    await websocket.accept()
"""
    assert route(tmp_path, main=main, **{"routers/sockets": sockets}) == "/ws"


def test_several_includes_are_several_routes(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from chat import router
        app = FastAPI()
        app.include_router(router, prefix="/v1")
        app.include_router(router, prefix="/v2")
        """
    one = endpoint(tmp_path, main=main, chat=ROUTED)
    assert [each.text for each in one.routes] == ["/v1/chat/ws/{room}", "/v2/chat/ws/{room}"]


def test_a_router_that_nothing_includes_says_what_would_settle_its_path(tmp_path: Path) -> None:
    one = endpoint(tmp_path, chat=ROUTED)
    assert isinstance(one.url, Unknown)
    assert "/chat/ws/{room}" in one.url.settled_by
    assert [each.reached for each in one.routes] == [False]


def test_the_evidence_names_every_place_that_adds_to_the_path(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from chat import router
        app = FastAPI()
        app.include_router(router, prefix="/v1")
        """
    one = endpoint(tmp_path, main=main, chat=ROUTED)
    assert [each.place.path for each in one.url.evidence] == ["chat.py", "chat.py", "main.py"]


def test_routers_that_include_each_other_end(tmp_path: Path) -> None:
    chat = ROUTED + "\nother = APIRouter()\nother.include_router(router)\nrouter.include_router(other)\n"
    assert endpoint(tmp_path, chat=chat).routes != ()


@pytest.mark.parametrize(
    "named", ["from . import chat", "from app.api import chat", "from app.api import chat as chat"]
)
def test_a_package_that_gathers_the_routers_in_it(tmp_path: Path, named: str) -> None:
    package = f"from fastapi import APIRouter\n{named}\n\nrouters = APIRouter()\nrouters.include_router(chat.router)\n"
    main = """
        from fastapi import FastAPI
        from app.api import routers
        app = FastAPI()
        app.include_router(routers, prefix="/api")
        """
    files = {"app__INIT": "", "app__api__INIT": package, "app__api__chat": ROUTED, "app__main": main}
    assert route(tmp_path, **files) == "/api/chat/ws/{room}"


def test_a_module_beside_in_a_package_that_is_started_as_a_folder(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from chat import router
        app = FastAPI()
        app.include_router(router, prefix="/api")
        """
    assert (
        route(tmp_path, backend__INIT="", backend__chat=ROUTED, backend__main=main) == "/api/chat/ws/{room}"
    )


def test_a_module_of_a_package_beside_in_a_package_that_is_started_as_a_folder(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from agent.chat import router
        app = FastAPI()
        app.include_router(router, prefix="/api")
        """
    files = {
        "backend__INIT": "",
        "backend__agent__INIT": "",
        "backend__agent__chat": ROUTED,
        "backend__main": main,
    }
    assert route(tmp_path, **files) == "/api/chat/ws/{room}"


def test_a_library_of_the_same_name_is_not_the_module_beside(tmp_path: Path) -> None:
    main = """
        from fastapi import FastAPI
        from redis import Redis
        from chat import router
        app = FastAPI()
        app.include_router(router, prefix=Redis.PREFIX)
        """
    beside = "from redis import Redis\n\nPREFIX = '/wrong'\n"
    files = {"backend__INIT": "", "backend__redis": beside, "backend__chat": ROUTED, "backend__main": main}
    assert route(tmp_path, **files) != "/wrong/chat/ws/{room}"
