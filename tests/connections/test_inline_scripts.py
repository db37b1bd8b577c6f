"""Sockets in `<script>`: in HTML files and in strings of Python, found where they stand in the outer file."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.connections.facts import Known
from halfopen.semantics.scripts import pages_of_html, pages_of_python
from halfopen.source import Change, ColumnUnit, Document, Language, Position, SourceText, parse
from halfopen.workspace.connections import connections_of

from .finding import Found, dossiers, found, site_text, write

CHAT = '''
    from fastapi import FastAPI, WebSocket
    from fastapi.responses import HTMLResponse

    app = FastAPI()

    html = """
    <!DOCTYPE html>
    <html>
        <body>
            <h1>Größe</h1>
            <script>
                var ws = new WebSocket("ws://localhost:8000/ws");
                ws.onmessage = function(event) { show(event.data) };
                function show(text) { document.body.append(text) }
            </script>
        </body>
    </html>
    """


    @app.get("/")
    async def get():
        return HTMLResponse(html)


    @app.websocket("/ws")
    async def endpoint(websocket: WebSocket):
        await websocket.accept()
        while True:
            await websocket.send_text(await websocket.receive_text())
'''


def test_the_socket_of_a_page_in_a_python_string_is_found_in_its_line(tmp_path: Path) -> None:
    assert found(tmp_path, {"main.py": CHAT}) == [
        Found("main.py", 12, "client", "native", "main.py", "ws://localhost:8000/ws"),
        Found("main.py", 27, "server", "fastapi", "endpoint", "/ws"),
    ]
    assert site_text(tmp_path, {"main.py": CHAT})[-1] == 'new WebSocket("ws://localhost:8000/ws")'


def test_the_scripts_of_an_html_file_share_their_names(tmp_path: Path) -> None:
    files = {
        "templates/index.html": """
            <html>
            <!-- <script>new WebSocket("wss://h/commented-out")</script> -->
            <script src="lib.js"></script>
            <script>const base = "wss://h";</script>
            <script type="application/json">{"a": "new WebSocket('wss://h/data')"}</script>
            <p>new WebSocket("wss://h/text")</p>
            <SCRIPT type="module">
              const socket = new WebSocket(base + "/live");
              const token = "{{ token }}", room = {{ room|tojson }};
              {% if debug %}
              console.log(room);
              {% endif %}
            </SCRIPT>
        """
    }
    [one] = found(tmp_path, files)
    assert (one.path, one.line, one.library, one.url) == ("templates/index.html", 8, "native", "wss://h/live")


def test_names_of_the_page_and_of_the_python_file_are_apart(tmp_path: Path) -> None:
    files = {
        "main.py": '''
            WebSocket = None
            url = "wss://h/python"

            html = """<script>
            const url = "wss://h/page";
            new WebSocket(url);
            </script>"""
            other = """<script>
            new WebSocket(url);
            </script>"""
        '''
    }
    assert [(each.line, each.url) for each in found(tmp_path, files)] == [(6, "wss://h/page"), (9, "{url}")]


@pytest.mark.parametrize(
    ("literal", "code"),
    [
        ('"<script>f(\\"a\\")</script>"', b'f( "a" )'),
        ("'<script>f(\\'a\\');\\ng()</script>'", b"f( 'a' ); \ng()"),
        ('f"<script>if (a) {{ f({{b: {c}}}) }}</script>"', b"if (a)  { f( {b: _c_} ) }"),
        ("f'<script>const u = \"ws://{host}:{port:d}/x\"</script>'", b'const u = "ws://_host_:_port_d_/x"'),
        ('r"<script>f(/\\d+/)</script>"', b"f(/\\d+/)"),
        ("'<script>f(\"a\\\\nb\")</script>'", b'f("a \\nb")'),
    ],
)
def test_a_string_literal_is_read_as_what_it_stands_for(literal: str, code: bytes) -> None:
    data = f"# ä\npage = {literal}\n".encode()
    [page] = pages_of_python(parse(data, Language.PYTHON).root_node.children, data)
    assert page.text.replace(b";        ", b"").strip() == code
    assert len(page.text) <= len(data) - page.start
    script = page.start + page.text.index(code)
    assert data[script - len("<script>") : script] == b"<script>"


@pytest.mark.parametrize(
    "html",
    ["", "<p>", "<script></script>", "<script src=x></script>", "<script", "<!-- <script>a()</script>", "<!--" * 9],
)  # fmt: skip
def test_html_without_scripts_is_no_page(html: str) -> None:
    assert pages_of_html(html.encode()) == []


def test_a_script_that_does_not_end_is_read_to_the_end() -> None:
    [page] = pages_of_html(b"<script>a()")
    assert page.text == b"        a()"


def test_sockets_made_in_the_page_follow_edits_around_and_inside_it(tmp_path: Path) -> None:
    workspace, _ = dossiers(tmp_path, {"main.py": CHAT})
    text = (tmp_path / "main.py").read_text(encoding="utf-8")
    document = Document(SourceText.from_str(text), Language.PYTHON)
    workspace.open("main.py", document)

    def clients() -> list[tuple[int, str]]:
        workspace.changed("main.py")
        workspace.update()
        seen: list[tuple[int, str]] = []
        for dossier in connections_of(workspace):
            place = workspace.locate(dossier.connection.site)
            if dossier.connection.side == "client" and place is not None:
                data = document.text.data[place[0] : place[1]]
                seen.append((document.text.point(place[0]).line + 1, data.decode()))
        return seen

    def edit(change: Change) -> None:
        document.apply([change], ColumnUnit.UTF16)

    socket = 'new WebSocket("ws://localhost:8000/ws")'
    assert clients() == [(12, socket)]
    edit(Change("# über\n", Position(0, 0), Position(0, 0)))
    assert clients() == [(13, socket)]
    edit(Change("    <p>more</p>\n", Position(10, 0), Position(10, 0)))
    assert clients() == [(14, socket)]
    edit(Change("new WebSocket('ws://other')//", Position(13, 21), Position(13, 21)))
    assert clients() == [(14, "new WebSocket('ws://other')")]
    edit(Change(text.replace("<script>", "<pre>")))
    assert clients() == []


REACT_PAGE = """
    <script type="text/babel">
      const { useEffect } = React;
      function Live() {
        useEffect(() => {
          const socket = new WebSocket("wss://h/live");
          socket.onmessage = console.log;
        }, []);
        return <p style={{color: "red"}}>live</p>;
      }
    </script>
"""


def test_a_leak_in_a_page_is_told_in_its_line_and_has_no_fix(tmp_path: Path) -> None:
    auditor = Auditor(write(tmp_path, {"live.html": REACT_PAGE}), Settings())
    auditor.refresh()
    text = auditor.text("live.html")
    assert text is not None
    assert [
        (each.path, text.point(each.start).line + 1, each.finding.code, each.finding.fixes)
        for each in auditor.findings()
        if each.finding.code == "WS1B"
    ] == [("live.html", 5, "WS1B", ())]


@pytest.mark.parametrize("name", ["test_live.html", "live-test.html"])
def test_a_page_to_try_a_socket_by_hand_ships_no_connection(tmp_path: Path, name: str) -> None:
    auditor = Auditor(write(tmp_path, {name: REACT_PAGE}), Settings())
    auditor.refresh()
    assert auditor.findings() == ()


def test_pages_that_come_change_and_go_on_disk(tmp_path: Path) -> None:
    workspace, none = dossiers(tmp_path, {"a.html": "<p>nothing yet</p>"})
    assert none == ()

    def names() -> list[str]:
        workspace.touched(["a.html"])
        workspace.update()
        return [str(each.url.value) for each in connections_of(workspace) if isinstance(each.url, Known)]

    page = tmp_path / "a.html"
    page.write_text("<script>new WebSocket('wss://h/1')</script>")
    assert names() == ["wss://h/1"]
    page.write_text("<p>moved</p><script>new WebSocket('wss://h/2')</script>")
    assert names() == ["wss://h/2"]
    page.write_text("<p>no more</p>")
    assert names() == []
    page.write_text("<script>new WebSocket('wss://h/3')</script>")
    assert names() == ["wss://h/3"]
    page.unlink()
    assert names() == []
