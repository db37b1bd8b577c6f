"""Whether anything serves an endpoint, and what that does to its findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Confidence
from halfopen.audit.settings import Settings

from .finding import dossiers, write

LIVE = """
from fastapi import APIRouter, WebSocket

router = APIRouter()
clients: list[WebSocket] = []

@router.websocket("/live")
async def live(websocket: WebSocket):
    await websocket.accept()
    clients.append(websocket)
    while True:
        await websocket.receive_text()
"""
JOBS = """
from fastapi import APIRouter

router = APIRouter()
"""
INCLUDES_OTHERS = """
from fastapi import FastAPI
from api import jobs

app = FastAPI()
app.include_router(jobs.router, prefix="/api")
"""
INCLUDES_MODULES_OF_A_LIST = """
from fastapi import FastAPI
from api import jobs, live

app = FastAPI()
for each in (jobs, live):
    app.include_router(each.router)
"""
INCLUDES_BY_NAME = """
import importlib
from fastapi import FastAPI
from api import jobs

app = FastAPI()
app.include_router(jobs.router)
for name in ("live",):
    app.include_router(importlib.import_module(f"api.{name}").router)
"""
INCLUDES_WHAT_A_PACKAGE_HOLDS = """
from fastapi import FastAPI
from api import jobs
from server.api.live import router as live_router

app = FastAPI()
app.include_router(jobs.router)
app.include_router(live_router)
"""
INCLUDES_WHAT_IT_IS_GIVEN = """
from fastapi import FastAPI
from api import jobs

def make_app(routers):
    app = FastAPI()
    app.include_router(jobs.router)
    for router in routers:
        app.include_router(router)
    return app
"""
INCLUDES_NOTHING = """
from fastapi import FastAPI

app = FastAPI()
"""


def files(main: str) -> dict[str, str]:
    return {"main.py": main, "api/__init__.py": "", "api/jobs.py": JOBS, "api/live.py": LIVE}


@pytest.mark.parametrize(
    ("main", "reachable"),
    [
        (INCLUDES_OTHERS, False),
        (INCLUDES_OTHERS.replace("import jobs", "import jobs, live"), False),
        (INCLUDES_MODULES_OF_A_LIST, None),
        (INCLUDES_BY_NAME, None),
        (INCLUDES_WHAT_A_PACKAGE_HOLDS, None),
        (INCLUDES_WHAT_IT_IS_GIVEN, None),
        (INCLUDES_NOTHING, None),
        (INCLUDES_OTHERS + "from api import live\napp.include_router(live.router)\n", True),
    ],
)
def test_a_router_that_nobody_includes_is_certain_where_every_other_is_known(
    tmp_path: Path, main: str, reachable: bool | None
) -> None:
    _, [live] = dossiers(tmp_path, files(main))
    assert (live.reachable.value if live.reachable is not None else None) is reachable


def test_what_no_application_serves_is_told_with_low_confidence_and_the_reason(tmp_path: Path) -> None:
    auditor = Auditor(write(tmp_path, files(INCLUDES_OTHERS)), Settings())
    auditor.refresh()
    found = [each.finding for each in auditor.findings()]
    assert "WS1B" in {each.code for each in found}
    assert {each.confidence for each in found} == {Confidence.LOW}
    reasons = {each.text for one in found for each in one.evidence}
    assert "no application includes the router of live" in reasons
    [connection] = auditor.connections()
    assert connection.facts["reachable"].value is False


def test_code_that_a_served_endpoint_shares_with_one_that_is_not_stays_certain(tmp_path: Path) -> None:
    both = LIVE + LIVE.split("\n\n", 2)[2].replace("router.", "other.").replace("live", "spare")
    both = both.replace("router = APIRouter()", "router = APIRouter()\nother = APIRouter()", 1)
    both = both.replace(
        "    while True", "    for each in clients:\n        await each.send_text('hello')\n    while True"
    )
    included = INCLUDES_OTHERS + "from api import live\napp.include_router(live.router)\n"
    auditor = Auditor(write(tmp_path, files(included) | {"api/live.py": both}), Settings())
    auditor.refresh()
    by_connection = {each.name: set[Confidence]() for each in auditor.connections()}
    names = auditor.connection_names()
    for each in auditor.findings():
        by_connection[names[each.finding.connection]].add(each.finding.confidence)
    assert by_connection["spare"] == {Confidence.LOW}
    assert Confidence.HIGH in by_connection["live"]


def test_an_edit_that_includes_the_router_makes_its_findings_certain(tmp_path: Path) -> None:
    auditor = Auditor(write(tmp_path, files(INCLUDES_OTHERS)), Settings())
    auditor.refresh()
    included = INCLUDES_OTHERS + "from api import live\napp.include_router(live.router)\n"
    write(tmp_path, {"main.py": included})
    auditor.touched(["main.py"])
    auditor.refresh()
    assert Confidence.HIGH in {each.finding.confidence for each in auditor.findings()}
