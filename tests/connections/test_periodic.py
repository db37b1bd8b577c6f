"""Which broadcasts are made again by themselves, so that the next one brings what a client missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Finding, Severity
from halfopen.audit.settings import Settings

from .finding import write

PROGRAM = """
import asyncio
from fastapi import FastAPI, WebSocket

app = FastAPI()
queue = asyncio.Queue()
screens = {held}

async def show(totals):
    for screen in screens:
        await screen.send_json(totals)

async def again():
{loop}

@app.on_event("startup")
async def start():
    app.state.task = asyncio.create_task(again())

@app.websocket("/totals")
async def totals_socket(websocket: WebSocket):
    await websocket.accept()
    screens.{enter}(websocket)
    try:
        async for _ in websocket.iter_text():
            pass
    finally:
        screens.remove(websocket)
"""
SKIPS = """
    while True:
        await show({"orders": 1})
        await asyncio.sleep(2)"""
GUARDED = """
    while True:
        try:
            await show({"orders": 1})
        except Exception as error:
            print(error)
        await asyncio.sleep(2)"""
FROM_A_QUEUE = """
    while True:
        await show(await queue.get())
        await asyncio.sleep(0.1)"""
ON_A_CHANGE = """
    last = None
    while True:
        if last != (last := count()):
            await show(last)
        await asyncio.sleep(2)"""
WHILE_ANYBODY_IS_THERE = """
    while True:
        if len(hall.screens) > 0:
            await hall.show({"orders": 1})
        await asyncio.sleep(2)"""
ONCE = """
    await show({"orders": 1})"""
LIST, SET = ("[]", "append"), ("set()", "add")


@pytest.mark.parametrize(
    ("held", "loop", "expected"),
    [
        (LIST, SKIPS, Severity.MONITOR),
        (LIST, FROM_A_QUEUE, Severity.MEDIUM),
        (LIST, ON_A_CHANGE, Severity.MEDIUM),
        (LIST, ONCE, Severity.MEDIUM),
        (SET, GUARDED, Severity.MONITOR),
        (SET, SKIPS, Severity.HIGH),
    ],
)
def test_a_snapshot_that_comes_again_weighs_least(
    tmp_path: Path, held: tuple[str, str], loop: str, expected: Severity
) -> None:
    text = PROGRAM.replace("{held}", held[0]).replace("{enter}", held[1]).replace("{loop}", loop.strip("\n"))
    auditor = Auditor(write(tmp_path, {"main.py": text}), Settings())
    auditor.refresh()
    [found] = [each.finding for each in auditor.findings() if each.finding.code == "WS3A"]
    assert found.severity is expected
    assert ("until the next one after a pause" in found.message) is (expected is Severity.MONITOR)


TOLD = """
@app.post("/totals")
async def set_total(total: int):
    {before}
    await show(total)
    {after}
"""


@pytest.mark.parametrize(
    ("held", "before", "after", "more", "expected"),
    [
        (LIST, "await session.commit()", "", "", Severity.MONITOR),
        (LIST, "", "await session.commit()", "", Severity.MEDIUM),
        (
            LIST,
            "await keep(total)",
            "",
            "async def keep(total):\n    await db.totals.insert_one(total)",
            Severity.MONITOR,
        ),
        (
            LIST,
            "await session.commit()",
            "",
            "@app.delete('/totals')\nasync def drop():\n    await show(0)",
            Severity.MEDIUM,
        ),
        (SET, "await session.commit()", "", "", Severity.MEDIUM),
    ],
)
def test_what_is_stored_before_it_is_told_weighs_less(
    tmp_path: Path, held: tuple[str, str], before: str, after: str, more: str, expected: Severity
) -> None:
    text = PROGRAM.replace("{held}", held[0]).replace("{enter}", held[1]).replace("{loop}", "    pass")
    told = TOLD.replace("{before}", before or "pass").replace("{after}", after or "pass")
    auditor = Auditor(write(tmp_path, {"main.py": f"{text}{told}\n{more}\n"}), Settings())
    auditor.refresh()
    [found] = [each.finding for each in auditor.findings() if each.finding.code == "WS3A"]
    assert found.severity is expected
    assert ("stored before" in found.message) is (before != "" and "drop" not in more)


def stalled(root: Path, loop: str, more: str, requirements: str) -> Finding:
    text = PROGRAM.replace("{held}", "[]").replace("{enter}", "append").replace("{loop}", loop.strip("\n"))
    text = text.replace("in screens:", "in list(screens):") + more
    auditor = Auditor(write(root, {"main.py": text, "requirements.txt": requirements}), Settings())
    auditor.refresh()
    [found] = [each.finding for each in auditor.findings() if each.finding.code == "WS4C"]
    return found


@pytest.mark.parametrize(
    ("loop", "requirements", "severity", "told"),
    [
        (
            GUARDED,
            "uvicorn==0.34.0\n",
            Severity.MEDIUM,
            "unless the server's pings drop it before, after 40 s",
        ),
        (GUARDED, "", Severity.HIGH, "pings set no limit to a send"),
        (
            "    while True:\n        await show(await queue.get())",
            "uvicorn==0.34.0\n",
            Severity.HIGH,
            "no limit to a send",
        ),
    ],
)
def test_a_periodic_broadcast_may_be_over_before_a_stalled_client_holds_it_up(
    tmp_path: Path, loop: str, requirements: str, severity: Severity, told: str
) -> None:
    found = stalled(tmp_path, loop, "", requirements)
    assert found.severity is severity
    assert told in found.message


def test_to_ask_whether_anybody_is_there_is_no_news(tmp_path: Path) -> None:
    text = (
        PROGRAM.replace("{held}", "[]")
        .replace("{enter}", "append")
        .replace("{loop}", WHILE_ANYBODY_IS_THERE.strip("\n"))
    )
    shown = "async def show(totals):\n    for screen in screens:\n        await screen.send_json(totals)\n"
    hall = (
        "class Hall:\n    def __init__(self):\n        self.screens = []\n"
        "    async def show(self, totals):\n        for screen in self.screens:\n            await screen.send_json(totals)\n"
        "hall = Hall()\n"
    )
    text = (
        text.replace(shown, hall)
        .replace("screens.append", "hall.screens.append")
        .replace("screens.remove", "hall.screens.remove")
    )
    auditor = Auditor(write(tmp_path, {"main.py": text}), Settings())
    auditor.refresh()
    [found] = [each.finding for each in auditor.findings() if each.finding.code == "WS3A"]
    assert found.severity is Severity.MONITOR


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("await asyncio.wait_for(show(1), 5)", "set_total waits for it"),
        ("asyncio.create_task(show(1))", "set_total starts it"),
        ("await asyncio.gather(asyncio.create_task(show(1)))", "set_total starts it"),
    ],
)
def test_a_caller_that_does_not_wait_is_not_said_to_wait(tmp_path: Path, call: str, said: str) -> None:
    found = stalled(tmp_path, "    pass", f"\n@app.post('/totals')\nasync def set_total():\n    {call}\n", "")
    assert said in [each.text for each in found.evidence]
