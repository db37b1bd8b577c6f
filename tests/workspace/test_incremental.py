"""Whatever is edited, created, renamed and deleted, the audit says what a fresh one says of the same files."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.source import Change, ColumnUnit, Document, SourceText, language_of
from halfopen.workspace.extracts import ExtractCache
from halfopen.workspace.store import Store

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules" / "WS1B"

BACKEND = {
    "app/__init__.py": "",
    "app/main.py": """\
from fastapi import FastAPI
from app.routers import progress
from app.core.registry import registry

app = FastAPI()
app.include_router(progress.router, prefix="/api")
""",
    "app/core/__init__.py": "from .registry import registry\n",
    "app/core/registry.py": """\
from fastapi import WebSocket


class Registry:
    def __init__(self) -> None:
        self.active: dict[str, WebSocket] = {}

    async def join(self, name: str, websocket: WebSocket) -> None:
        await websocket.accept()
        self.active[name] = websocket

    def leave(self, name: str) -> None:
        self.active.pop(name, None)


registry = Registry()
""",
    "app/routers/__init__.py": "",
    "app/routers/progress.py": """\
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from app.core import registry

router = APIRouter()


@router.websocket("/progress/{name}")
async def progress(websocket: WebSocket, name: str) -> None:
    await registry.join(name, websocket)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        registry.leave(name)
""",
}

FRONTEND = {
    "web/src/lib/socket.ts": """\
import { BASE } from './config';

export function openSocket(name: string): WebSocket {
  const socket = new WebSocket(`${BASE}/api/progress/${name}`);
  return socket;
}
""",
    "web/src/lib/config.ts": "export const BASE = 'ws://localhost';\n",
    "web/src/lib/index.ts": "export * from './socket';\nexport { BASE as ADDRESS } from './config';\n",
    "web/src/useSocket.ts": """\
import { useEffect, useRef } from 'react';
import { openSocket } from '@/lib';
import { release } from './release';

export function useSocket(name: string) {
  const ref = useRef<WebSocket | null>(null);
  useEffect(() => {
    ref.current = openSocket(name);
    return () => release(ref.current);
  }, [name]);
  return ref;
}
""",
    "web/src/release.ts": """\
export function release(socket: WebSocket | null) {
  socket?.close();
}
""",
    "web/src/Row.tsx": """\
import { useSocket } from './useSocket';

export default function Row({ name }: { name: string }) {
  const socket = useSocket(name);
  return <li onClick={() => socket.current?.send('x')}>{name}</li>;
}
""",
}

BORROWED = (
    "python/bad_disconnect_removes_the_successor.py",
    "python/good_helper_with_finally.py",
    "python/good_dependency_with_yield.py",
    "react/good_store_with_actions.ts",
    "react/good_closed_through_ref.tsx",
    "react/bad_release_that_nobody_calls/client.ts",
    "react/bad_release_that_nobody_calls/useChat.ts",
)

CONFIGURED = '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"], "#/*": ["src/lib/*"]}}}\n'
ELSEWHERE = '{"compilerOptions": {"paths": {"@/*": ["./elsewhere/*"]}}}\n'

LINES = {
    "python": (
        "    registry.leave(name)",
        "    finally:",
        "        registry.leave(name)",
        "from app.core.registry import registry as members",
        "from .registry import *",
        "registry = Registry()",
        "registry = None",
        "    await websocket.close()",
        "    # halfopen: ignore[WS1B, WS3] why",
        "# halfopen: ignore-file[WS1, WS9Z]",
        "x = '",
        "",
    ),
    "typescript": (
        "export * from './release';",
        "export { release as openSocket } from './release';",
        "import { openSocket } from './lib/socket';",
        "  socket.close();",
        "    return () => ref.current?.close();",
        "const shared = openSocket('all');",
        "  // halfopen: ignore[WS1B, WS5] why",
        "export { useSocket as default } from './useSocket';",
        "}",
        "`",
        "",
    ),
}


def workspace_files() -> dict[str, str]:
    borrowed = {f"borrowed/{name}": (FIXTURES / name).read_text("utf-8") for name in BORROWED}
    return {**BACKEND, **FRONTEND, **borrowed}


@dataclass(slots=True)
class Editor:
    """A root on disk, an audit that lives as long as the session, and what is open in an editor."""

    root: Path
    auditor: Auditor
    disk: dict[str, str]
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    journal: list[str] = field(default_factory=list[str])

    def paths(self) -> list[str]:
        return sorted(path for path in self.disk if language_of(path) is not None)

    def text(self, path: str) -> str:
        document = self.documents.get(path)
        return document.text.string if document is not None else self.disk.get(path, "")

    def toggle(self, path: str) -> None:
        if path in self.documents:
            self.journal.append(f"close {path}")
            del self.documents[path]
            self.auditor.close(path)
        else:
            self.journal.append(f"open {path}")
            language = language_of(path)
            assert language is not None
            document = self.documents[path] = Document(SourceText.from_str(self.text(path)), language)
            self.auditor.open(path, document)

    def write(self, path: str, text: str) -> None:
        """Give a file another text: in the editor where it is open there, else on disk."""
        self.journal.append(f"write {path}:\n{text}")
        document = self.documents.get(path)
        if document is None:
            self.disk[path] = text
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="")
            self.auditor.touched([path])
            return
        before, after = document.text.data, text.encode()
        start = next(
            (at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
            min(len(before), len(after)),
        )
        old = document.text
        where = old.position(start, ColumnUnit.UTF8)
        begin = old.offset(where, ColumnUnit.UTF8)
        end = old.position(len(before), ColumnUnit.UTF8)
        document.apply([Change(after[begin:].decode(), where, end)], ColumnUnit.UTF8)
        self.auditor.changed(path)

    def delete(self, path: str) -> None:
        if path in self.disk and path not in self.documents:
            self.journal.append(f"delete {path}")
            del self.disk[path]
            (self.root / path).unlink()
            self.auditor.touched([path])


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person does; the numbers choose among whatever is there."""

    action: str
    file: int
    line: int
    other: int

    def run(self, editor: Editor) -> None:
        paths = editor.paths()
        if not paths:
            return
        path, other = paths[self.file % len(paths)], paths[self.other % len(paths)]
        lines = editor.text(path).split("\n")
        at = self.line % len(lines)
        match self.action:
            case "open or close":
                editor.toggle(path)
            case "delete a line":
                editor.write(path, "\n".join(lines[:at] + lines[at + 1 :]))
            case "delete some lines":
                editor.write(path, "\n".join(lines[:at] + lines[at + 1 + self.other % 5 :]))
            case "insert a line":
                language = language_of(path)
                assert language is not None
                choice = LINES[language.family]
                editor.write(path, "\n".join([*lines[:at], choice[self.other % len(choice)], *lines[at:]]))
            case "copy a line":
                there = editor.text(other).split("\n")
                editor.write(path, "\n".join([*lines[:at], there[self.other % len(there)], *lines[at:]]))
            case "move the rest of a file":
                if path != other:
                    editor.write(path, "\n".join(lines[:at]))
                    editor.write(other, editor.text(other) + "\n" + "\n".join(lines[at:]))
            case "rename a name":
                words = sorted(set(re.findall(r"[A-Za-z_]\w{2,}", "\n".join(lines))))
                if words:
                    word = words[self.line % len(words)]
                    replaced = re.sub(rf"\b{word}\b", f"{word}_{self.other % 2}", "\n".join(lines))
                    editor.write(path, replaced)
            case "rename a name back":
                editor.write(path, re.sub(r"\b(\w+?)_[01]\b", r"\1", "\n".join(lines)))
            case "swap two lines":
                lines[at], lines[at - 1] = lines[at - 1], lines[at]
                editor.write(path, "\n".join(lines))
            case "delete a file":
                editor.delete(path)
            case "rename a file":
                if path not in editor.documents:
                    text, stem = editor.text(path), path.rpartition(".")
                    editor.delete(path)
                    editor.write(f"{stem[0]}2.{stem[2]}", text)
            case "restore a file":
                original = workspace_files()
                name = sorted(original)[self.file % len(original)]
                editor.write(name, original[name])
            case "make a package":
                name = f"{path.rpartition('/')[0]}/__init__.py"
                editor.write(name, ["", "from .registry import registry\n"][self.other % 2])
            case "configure":
                name = ["web/tsconfig.json", "tsconfig.json"][self.file % 2]
                if self.other % 3 == 2:
                    editor.delete(name)
                else:
                    editor.write(name, [CONFIGURED, ELSEWHERE][self.other % 3])
            case _:
                raise AssertionError(self.action)


ACTIONS = (
    "delete a line",
    "insert a line",
    "rename a name",
    "rename a name back",
    "copy a line",
    "swap two lines",
    "move the rest of a file",
    "delete some lines",
    "open or close",
    "delete a file",
    "rename a file",
    "restore a file",
    "make a package",
    "configure",
)

STEPS = st.builds(Step, st.sampled_from(ACTIONS), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))


def state_of(auditor: Auditor) -> dict[str, object]:
    return {
        "findings": [
            (
                each.path,
                each.start,
                each.end,
                each.finding.code,
                each.finding.message,
                [(one.path, one.start, one.end, one.text) for one in each.evidence],
                each.suppression,
            )
            for each in auditor.findings()
        ],
        "suppressions": auditor.suppression_faults(),
        "connections": list(auditor.connections()),
    }


def fresh(editor: Editor, cache: ExtractCache) -> Auditor:
    auditor = Auditor(editor.root, Settings(), cache=cache)
    for path, document in editor.documents.items():
        auditor.open(path, Document(document.text, document.language))
    auditor.refresh()
    return auditor


def run(steps: list[Step], kept: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache_folder:
        root = Path(folder)
        cache = ExtractCache(Store(Path(cache_folder))) if kept else ExtractCache()
        editor = Editor(root, Auditor(root, Settings(), cache=cache), workspace_files())
        for path, text in editor.disk.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8", newline="")
        editor.auditor.refresh()
        for step in steps:
            step.run(editor)
            editor.auditor.refresh()
            cache.write()
            without = state_of(fresh(editor, ExtractCache()))
            assert state_of(editor.auditor) == without, "\n".join(editor.journal)
            if kept:
                assert state_of(fresh(editor, cache)) == without, "\n".join(editor.journal)
        cache.close()


@given(st.lists(STEPS, min_size=1, max_size=6))
@settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
def test_after_any_edits_the_audit_is_that_of_a_fresh_start(steps: list[Step]) -> None:
    run(steps)


@given(st.lists(STEPS, min_size=1, max_size=4))
@settings(
    deadline=None,
    max_examples=5,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
def test_a_warm_cache_changes_nothing_of_it(steps: list[Step]) -> None:
    run(steps, kept=True)
