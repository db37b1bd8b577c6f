"""After any sequence of edits the editor sees what a fresh server says of the same text."""

import random
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument

from .conftest import StartEditor
from .editor import Editor
from .samples import API, CLEAN_HOOK, LEAKY_HOOK, LEAKY_PYTHON, LEAKY_TSX, write

FILES = {
    "src/Status.tsx": LEAKY_TSX,
    "src/useProgress.ts": LEAKY_HOOK,
    "src/api.ts": API,
    "app/main.py": LEAKY_PYTHON,
}
PIECES = (
    "\n",
    "\r\n",
    "// 😀 ß\n",
    "    // halfopen: ignore[WS1B] why\n",
    "# halfopen: ignore-file[WS1B, WS9Z]\n",
    "# 😀\r",
    "    return () => ws.close();\n",
    "    finally:\n        watchers[document_id].remove(websocket)\n",
    "{",
    "}",
    "(",
    '"',
    "`",
    "\t",
    "x",
    "ws",
    "\ud83d",
    LEAKY_TSX.partition("\n\n")[2],
    LEAKY_PYTHON.partition("\n\n\n")[2],
    CLEAN_HOOK.partition("\n\n")[2],
)


class Model:
    """An open document as another implementation of the protocol keeps it."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.version = 1
        self.document = TextDocument(path.as_uri(), text, position_codec=PositionCodec("utf-16"))

    @property
    def text(self) -> str:
        return self.document.source

    def edit(self, chance: random.Random) -> types.TextDocumentContentChangeEvent:
        if chance.random() < 0.03:
            change: types.TextDocumentContentChangeEvent = types.TextDocumentContentChangeWholeDocument(
                chance.choice(tuple(FILES.values()))
            )
        else:
            start = self._place(chance)
            end = start if chance.random() < 0.6 else self._place(chance, start.line)
            place = types.Range(min(start, end), max(start, end))
            text = chance.choice(PIECES) if chance.random() < 0.7 else ""
            change = types.TextDocumentContentChangePartial(place, text)
        self.document.apply_change(change)
        self.version += 1
        return change

    def _place(self, chance: random.Random, near: int | None = None) -> types.Position:
        lines = self.document.lines or [""]
        line = (
            chance.randrange(len(lines)) if near is None else min(near + chance.randrange(3), len(lines) - 1)
        )
        text = lines[line].rstrip("\r\n")
        before = text[: chance.randrange(len(text) + 1)]
        return types.Position(line, len(before.encode("utf-16-le", "surrogatepass")) // 2)


def seen(editor: Editor, root: Path) -> dict[str, list[tuple[str, str, str]]]:
    return {
        name: sorted(
            (str(each.range), str(each.code), each.message) for each in editor.shown(root / name) or []
        )
        for name in FILES
    }


@pytest.mark.parametrize("seed", range(4))
async def test_edits_converge_to_what_a_fresh_server_says(
    start_editor: StartEditor, workspace: Path, seed: int
) -> None:
    chance = random.Random(seed)
    for name, text in FILES.items():
        write(workspace / name, text)
    editor = await start_editor(workspace)
    models: dict[str, Model] = {}
    for _ in range(80):
        name = chance.choice(tuple(FILES))
        if name not in models:
            models[name] = Model(workspace / name, FILES[name])
            editor.open(workspace / name, FILES[name])
        elif chance.random() < 0.05:
            editor.close(workspace / name)
            del models[name]
            continue
        model = models[name]
        changes = [model.edit(chance) for _ in range(chance.randrange(1, 3))]
        editor.change(model.path, *changes)
        if chance.random() < 0.15:
            editor.save(model.path)
        if chance.random() < 0.05:
            await editor.settled()
    for model in models.values():
        editor.save(model.path)
    await editor.settled()

    fresh = await start_editor(workspace)
    for model in models.values():
        fresh.open(model.path, model.text)
    await fresh.settled()
    assert seen(editor, workspace) == seen(fresh, workspace)
    assert not [each for each in editor.client.log_messages if each.type is types.MessageType.Error]
