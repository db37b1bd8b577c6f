"""Who is let in, as facts: what is checked, by what, before or after accept, and for how long it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.connections.admission.facts import Admission, ClientAdmission
from halfopen.connections.facts import Known

from .finding import dossiers, write

HEAD = """\
import asyncio, hmac, jwt
from fastapi import Cookie, Depends, FastAPI, Query, WebSocket, WebSocketException
from somewhere import feed, secret
app = FastAPI()
sockets = {}
def decode(token):
    try:
        return jwt.decode(token, secret, algorithms=["HS256"])
    except jwt.PyJWTError:
        return None
async def user(token: str = Query(...)):
    if decode(token) is None:
        raise WebSocketException(code=1008)
"""


def handler(parameters: str, *lines: str) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    head = f'@app.websocket("/ws/{{room}}")\nasync def live(websocket: WebSocket, room: str{parameters}):'
    return f"{HEAD}{head}\n{body}\n"


ACCEPT = "await websocket.accept()"
SERVE = ("while True:", "    await websocket.send_json(await feed(await websocket.receive_json()))")


def admission(root: Path, text: str) -> Admission:
    _, [one] = dossiers(root, {"main.py": text})
    assert isinstance(one.admission, Admission)
    return one.admission


def value(fact: object) -> object:
    return fact.value if isinstance(fact, Known) else None


@pytest.mark.parametrize(
    ("parameters", "lines", "expected"),
    [
        ("", (ACCEPT,), "none"),
        (", token: str = ''", (ACCEPT,), "not read"),
        (", token: str = ''", ("if not token:", "    return await websocket.close()", ACCEPT), "presence"),
        (
            ", token: str = ''",
            ("jwt.decode(token, options={'verify_signature': False})", ACCEPT),
            "unverified",
        ),
        (", token: str = ''", ("if decode(token) is None:", "    return", ACCEPT), "verified"),
        (", key: str = ''", ("if not hmac.compare_digest(key, secret):", "    return", ACCEPT), "verified"),
        (", caller=Depends(user)", (ACCEPT,), "verified"),
    ],
)
def test_what_is_asked_of_a_client(
    tmp_path: Path, parameters: str, lines: tuple[str, ...], expected: str
) -> None:
    assert value(admission(tmp_path, handler(parameters, *lines, *SERVE)).authentication) == expected


def test_a_check_is_told_with_its_place_and_carrier(tmp_path: Path) -> None:
    [check] = admission(tmp_path, handler(", caller=Depends(user)", ACCEPT, *SERVE)).checks
    assert (check.place, check.by, check.carrier) == ("dependency", "jwt.decode", "query string")
    assert (check.expires, check.after_accept, check.in_loop) == (True, False, False)


@pytest.mark.parametrize(
    ("receive", "expected"),
    [
        ("await websocket.receive_json()", Known(None)),
        ("await asyncio.wait_for(websocket.receive_json(), timeout=5)", Known(5.0)),
        ("await asyncio.wait_for(websocket.receive_json(), 7.5)", Known(7.5)),
    ],
)
def test_the_message_with_the_token_has_a_deadline(
    tmp_path: Path, receive: str, expected: Known[float | None]
) -> None:
    lines = (
        ACCEPT,
        f"hello = {receive}",
        "if decode(hello['token']) is None:",
        "    return await websocket.close()",
    )
    found = admission(tmp_path, handler("", *lines, *SERVE)).first_message_deadline_seconds
    assert isinstance(found, Known)
    assert found.value == expected.value


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("", "none"),
        ("if websocket.headers.get('origin') not in {'https://a.example'}: return", "exact"),
        ("if not websocket.headers.get('origin', '').startswith('https://a.example'): return", "weak"),
    ],
)
def test_the_origin(tmp_path: Path, check: str, expected: str) -> None:
    lines = (check, ACCEPT, *SERVE) if check else (ACCEPT, *SERVE)
    assert value(admission(tmp_path, handler("", *lines)).origin_check) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((ACCEPT, *SERVE), "unbounded"),
        ((ACCEPT, f"async with asyncio.timeout(60):\n        {SERVE[0]}\n        {SERVE[1]}"), "bounded"),
        ((ACCEPT, *SERVE, "    if decode(token) is None: break"), "revalidated"),
    ],
)
def test_how_long_an_admission_lasts(tmp_path: Path, lines: tuple[str, ...], expected: str) -> None:
    checked = ("if decode(token) is None:", "    return await websocket.close()")
    found = admission(tmp_path, handler(", token: str = ''", *checked, *lines))
    assert value(found.lifetime) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((ACCEPT,), []),
        (("if len(sockets) >= 3:", "    return await websocket.close()", ACCEPT), ["len(sockets) >= 3"]),
        (("if len(room) > 64:", "    return await websocket.close()", ACCEPT), []),
    ],
)
def test_what_limits_connections(tmp_path: Path, lines: tuple[str, ...], expected: list[str]) -> None:
    found = admission(tmp_path, handler("", *lines, *SERVE))
    assert [each.test for each in found.connection_limits] == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("while True:", "    await websocket.send_text(await websocket.receive_text())"), "echo"),
        (("sockets[room] = websocket", "while True:", "    await websocket.receive_text()"), "echo"),
        (("while True:", "    await feed(await websocket.receive_json())"), "actions"),
        (("async for each in feed():", "    await websocket.send_json(each)"), "data"),
    ],
)
def test_what_a_stranger_gets(tmp_path: Path, lines: tuple[str, ...], expected: str) -> None:
    assert value(admission(tmp_path, handler("", ACCEPT, *lines)).exposes) == expected


@pytest.mark.parametrize(
    ("line", "whom"),
    [
        ("sockets[room] = websocket", "all"),
        ("sockets.setdefault(room, set()).add(websocket)", "all of the same `room`"),
        ("sockets[room].append(websocket)", "all of the same `room`"),
        ("everybody.add(websocket)", "all"),
    ],
)
def test_who_gets_what_is_sent_is_told_by_the_registry(tmp_path: Path, line: str, whom: str) -> None:
    held = line.partition(".")[0].partition("[")[0]
    text = "everybody = set()\n" + handler(
        "", ACCEPT, line, "while True:", "    await websocket.receive_text()"
    )
    text += f"@app.post('/news')\nasync def tell(news: str):\n    for each in list({held}):\n        await each.send_text(news)\n"
    [said] = admission(tmp_path, text).exposes.evidence
    assert said.text.endswith(f", and gets what is sent to {whom}")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("random.random()", "invented"),
        ("{'cpu': round(random.uniform(0, 100), 1), 'at': time.time()}", "invented"),
        ("reading()", "invented"),
        ("{'cpu': psutil.cpu_percent(), 'noise': random.random()}", "data"),
        ("{'at': time.time()}", "data"),
        ("total", "data"),
    ],
)
def test_random_numbers_are_no_data(tmp_path: Path, sent: str, expected: str) -> None:
    text = handler(
        "", ACCEPT, "sockets[room] = websocket", "while True:", "    await websocket.receive_text()"
    )
    text = f"""import psutil, random, time
from somewhere import total
def reading():
    value = random.gauss(20, 2)
    return {{"value": value, "unit": "C"}}
async def tell(news):
    for each in list(sockets.values()):
        await each.send_json(news)
{text}
@app.on_event("startup")
async def simulate():
    while True:
        await tell({sent})
        await asyncio.sleep(1)
"""
    assert value(admission(tmp_path, text).exposes) == expected


TELLS = "for each in list(sockets.values()):", "    await each.send_text(news)"
ONE = "await sockets[whom].send_text(news)"


@pytest.mark.parametrize(
    ("sender", "received", "expected"),
    [
        (("@app.post('/news')", "async def tell(news: str):", *TELLS), "", "data"),
        (("async def tell(news: str):", *TELLS), "", "unsent"),
        (("async def tell(news: str):", *TELLS), "await tell(text)", "data"),
        (("@app.post('/news')", "async def tell(whom: str, news: str):", ONE), "", "data"),
        (("async def tell(whom: str, news: str):", ONE), "await tell(room, text)", "echo"),
        (("async def tell(whom: str, news: str):", ONE), "await tell(text['to'], text['what'])", "data"),
        (("async def tell(whom: str, news: str):", ONE), "", "echo"),
        (("async def tell(news: str):", "elsewhere.publish(sockets, news)"), "", "data"),
    ],
)
def test_a_registry_gives_strangers_what_others_send_over_it(
    tmp_path: Path, sender: tuple[str, ...], received: str, expected: str
) -> None:
    text = handler(
        "",
        ACCEPT,
        "sockets[room] = websocket",
        "while True:",
        "    text = await websocket.receive_json()",
        f"    {received or 'pass'}",
    )
    head = [each for each in sender if each.startswith(("@", "async"))]
    body = [f"    {each}" for each in sender if each not in head]
    text = "import elsewhere\n" + text + "\n".join([*head, *body]) + "\n"
    assert value(admission(tmp_path, text).exposes) == expected


def test_a_broadcast_of_that_name_elsewhere_calls_none_of_a_file_that_nobody_imports(tmp_path: Path) -> None:
    files = {
        "dev.py": """\
            from fastapi import FastAPI, WebSocket
            app = FastAPI()
            class Manager:
                def __init__(self):
                    self.active = []
                async def broadcast(self, text):
                    for each in list(self.active):
                        await each.send_text(text)
            manager = Manager()
            @app.websocket("/ws")
            async def live(websocket: WebSocket):
                await websocket.accept()
                manager.active.append(websocket)
                while True:
                    await websocket.receive_text()
            """,
        "jobs.py": """\
            async def run(manager):
                await manager.broadcast("done")
            """,
    }
    _, [alone] = dossiers(tmp_path / "alone", files)
    assert isinstance(alone.admission, Admission)
    assert value(alone.admission.exposes) == "unsent"
    files["jobs.py"] = "from dev import manager\n" + files["jobs.py"].replace("            ", "")
    _, [had] = dossiers(tmp_path / "had", files)
    assert isinstance(had.admission, Admission)
    assert value(had.admission.exposes) == "data"


@pytest.mark.parametrize(
    ("received", "told"),
    [
        ("pass", "a stranger can get what it sends"),
        ("await tell(text)", "a stranger can get what it sends, and send to the others"),
    ],
)
def test_a_stranger_who_is_relayed_can_send_too(tmp_path: Path, received: str, told: str) -> None:
    text = f"""\
        from fastapi import FastAPI, WebSocket
        app = FastAPI()
        class Room:
            def __init__(self):
                self.members = []
            async def tell(self, text):
                for each in list(self.members):
                    await each.send_text(text)
        room = Room()
        async def tell(text):
            await room.tell(text)
        @app.post("/news")
        async def news(text: str):
            await room.tell(text)
        @app.websocket("/ws")
        async def live(websocket: WebSocket):
            await websocket.accept()
            room.members.append(websocket)
            while True:
                text = await websocket.receive_text()
                {received}
        """
    auditor = Auditor(write(tmp_path, {"main.py": text}), Settings())
    auditor.refresh()
    [found] = [each.finding for each in auditor.findings() if each.finding.code == "WS1C"]
    assert found.message.endswith(f"; {told}")


def test_one_that_is_looked_up_gets_what_is_sent_under_its_key(tmp_path: Path) -> None:
    text = handler(
        "", ACCEPT, "sockets[room] = websocket", "while True:", "    await websocket.receive_text()"
    )
    text += "@app.post('/news')\nasync def tell(whom: str):\n    await sockets[whom].send_text('news')\n"
    [said] = admission(tmp_path, text).exposes.evidence
    assert said.text.endswith(", and gets what is sent to whoever stands under the same `room`")


def test_what_a_stranger_gets_is_the_work_that_costs_and_not_a_builtin(tmp_path: Path) -> None:
    lines = (
        "seen: set[str] = set()",
        "seen.add(room)",
        "answer = httpx.get('https://model.example/answer')",
        "await websocket.send_text(answer.text)",
    )
    text = "import httpx\n" + handler("", ACCEPT, *lines)
    [said] = admission(tmp_path, text).exposes.evidence
    assert said.text.startswith("does httpx.get(")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("`wss://h/ws?token=${localStorage.getItem('t')}`", [("token", False)]),
        ("'wss://h/ws?x=1&access_token=' + given", [("access_token", None)]),
        ("`wss://h/ws?ticket=${given}`", [("ticket", True)]),
        ("`wss://h/ws?page_token=${given}`", []),
        ("`wss://h/ws?${new URLSearchParams({ api_key: given })}`", [("api_key", None)]),
    ],
)
def test_credentials_in_the_url(tmp_path: Path, url: str, expected: list[tuple[str, bool | None]]) -> None:
    text = f"export function open(given: string) {{ return new WebSocket({url}); }}"
    _, [one] = dossiers(tmp_path, {"socket.ts": text})
    assert isinstance(one.admission, ClientAdmission)
    assert [(each.parameter, value(each.short_lived)) for each in one.admission.in_url] == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("response.set_cookie('access_token', 'x', samesite='strict')",), "strict"),
        (("response.set_cookie('access_token', 'x')",), "lax"),
        (("response.set_cookie('access_token', 'x', samesite=SAME_SITE)",), "lax"),
        (
            (
                "response.set_cookie('refresh_token', 'x', samesite='strict')",
                "response.set_cookie('access_token', 'x', samesite='none')",
            ),
            "none",
        ),
        (("response.set_cookie('access_token', 'x', samesite=somewhere())",), None),
        (("response.set_cookie('access_token', 'x', **options)",), None),
        (("return None",), None),
    ],
)
def test_the_same_site_attribute_of_cookies(
    tmp_path: Path, lines: tuple[str, ...], expected: str | None
) -> None:
    served = handler(
        "", "jwt.decode(websocket.cookies.get('access_token'), secret, algorithms=['HS256'])", ACCEPT
    )
    sign_in = "\n    ".join(("async def sign_in(response, options):", *lines))
    setting = "import os\nSAME_SITE = os.getenv('COOKIE_SAMESITE', 'Lax').strip().lower()"
    text = f"{served}{setting}\n@app.post('/session')\n{sign_in}\n"
    assert value(admission(tmp_path, text).same_site_cookie) == expected
