"""Library clients that a project hands on by another file are recognised as the library's."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings

from .finding import write

USER = """\
import {{ useEffect }} from 'react';
{imports}

export function Panel() {{
  useEffect(() => {{
    const socket = {made}('/live');
    socket.on('x', console.log);
  }}, []);
  return null;
}}
"""

BARRELS = [
    ({"lib/io.ts": "export { io } from 'socket.io-client';\n"}, "import { io } from './lib/io';", "io"),
    ({"lib/io.ts": "export * from 'socket.io-client';\n"}, "import { io as open } from './lib/io';", "open"),
    (
        {"lib/io.ts": "import { io } from 'socket.io-client';\nexport { io };\n"},
        "import { io } from './lib/io';",
        "io",
    ),
    (
        {
            "lib/io.ts": "export { io } from 'socket.io-client';\n",
            "lib/index.ts": "export * from './io';\nexport { io as connect } from './io';\n",
        },
        "import { connect } from './lib';",
        "connect",
    ),
    (
        {
            "lib/io.ts": "export * from 'socket.io-client';\n",
            "lib/index.ts": "export * from './io';\nexport const other = 1;\n",
        },
        "import { io } from './lib';",
        "io",
    ),
    (
        {"lib/rws.ts": "export { default as Reconnecting } from 'reconnecting-websocket';\n"},
        "import { Reconnecting } from './lib/rws';",
        "new Reconnecting",
    ),
]


def clients(root: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    auditor = Auditor(write(root, files), Settings())
    auditor.refresh()
    return [(each.path, each.library) for each in auditor.connections()]


@pytest.mark.parametrize(("barrels", "imports", "made"), BARRELS)
def test_a_client_from_a_barrel_is_the_librarys(
    tmp_path: Path, barrels: dict[str, str], imports: str, made: str
) -> None:
    files = {**barrels, "panel.tsx": USER.format(imports=imports, made=made)}
    [(path, library)] = clients(tmp_path, files)
    assert path == "panel.tsx"
    assert library == ("reconnecting-websocket" if "Reconnecting" in made else "socket.io-client")


@pytest.mark.parametrize(
    ("barrel", "imports"),
    [
        ("export const io = (url: string) => new Map();\n", "import { io } from './lib/io';"),
        ("export { io } from './other';\n", "import { io } from './lib/io';"),
        ("export type { io } from 'socket.io-client';\n", "import { render as io } from './lib/io';"),
        ("export * from 'socket.io-client';\nexport function io() {}\n", "import { io } from './lib/io';"),
    ],
)
def test_a_projects_own_function_of_that_name_is_not(tmp_path: Path, barrel: str, imports: str) -> None:
    files = {"lib/io.ts": barrel, "panel.tsx": USER.format(imports=imports, made="io")}
    assert clients(tmp_path, files) == []


def test_a_package_hands_on_what_its_init_imports(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/live/__init__.py": "from websockets import connect as dial\n",
        "app/main.py": "from app.live import dial\n\n\nasync def run(url):\n    ws = await dial(url)\n"
        "    async for message in ws:\n        print(message)\n",
    }
    assert clients(tmp_path, files) == [("app/main.py", "websockets")]


def test_a_barrel_that_changes_changes_what_is_recognised(tmp_path: Path) -> None:
    files = {
        "lib/io.ts": "export const io = (url: string) => new Map();\n",
        "panel.tsx": USER.format(imports="import { io } from './lib/io';", made="io"),
    }
    auditor = Auditor(write(tmp_path, files), Settings())
    auditor.refresh()
    assert auditor.connections() == ()
    for text, found in (
        ("export { io } from 'socket.io-client';\n", 1),
        ("export { io } from './other';\n", 0),
        ("export * from 'socket.io-client';\n", 1),
    ):
        (tmp_path / "lib/io.ts").write_text(text, "utf-8")
        auditor.touched(["lib/io.ts"])
        auditor.refresh()
        assert len(auditor.connections()) == found


def test_a_wrapper_of_the_project_is_one_connection_with_its_owner(tmp_path: Path) -> None:
    files = {
        "client.ts": "import { io, Socket } from 'socket.io-client';\n"
        "export class SocketClient {\n"
        "  private socket: Socket;\n"
        "  constructor(url: string) { this.socket = io(url, { reconnectionAttempts: 5 }); }\n"
        "  on(event: string, handler: (data: unknown) => void) { this.socket.on(event, handler); }\n"
        "  close() { this.socket.disconnect(); }\n"
        "}\n",
        "useLive.ts": "import { useEffect } from 'react';\nimport { SocketClient } from './client';\n"
        "export function useLive(url: string) {\n"
        "  useEffect(() => {\n"
        "    const client = new SocketClient(url);\n"
        "    client.on('x', console.log);\n"
        "    return () => client.close();\n"
        "  }, [url]);\n"
        "}\n",
        "Panel.tsx": "import { useLive } from './useLive';\n"
        "export function Panel() { useLive('/live'); return <p />; }\n",
    }
    auditor = Auditor(write(tmp_path, files), Settings())
    auditor.refresh()
    [client] = auditor.connections()
    assert (client.path, client.name, client.library) == ("client.ts", "SocketClient", "socket.io-client")
    assert client.facts["reconnection.attempts"].value == 5
    assert "/live" in str(client.facts["url"].value)
    assert not [each for each in auditor.findings() if each.finding.code == "WS1B"]
