"""Fixes as an editor offers and applies them."""

from pathlib import Path

import pytest
from lsprotocol import types

from .conftest import StartEditor
from .editor import FULL, PLAIN, Editor, edits_in, replaced
from .samples import CLEAN_TSX, LEAKY_PYTHON, LEAKY_TSX, write

TOP = types.Range(types.Position(0, 0), types.Position(0, 0))


async def quick_fixes(editor: Editor, path: Path) -> list[types.CodeAction]:
    [diagnostic] = editor.shown(path) or []
    return await editor.actions(path, diagnostic.range, only=["quickfix"])


@pytest.mark.parametrize(
    ("name", "leaky", "cleanup"),
    [("Status.tsx", LEAKY_TSX, "ws.close()"), ("app.py", LEAKY_PYTHON, "finally:")],
    ids=["tsx", "python"],
)
async def test_a_fix_is_offered_made_and_the_finding_is_gone(
    start_editor: StartEditor, workspace: Path, name: str, leaky: str, cleanup: str
) -> None:
    path = write(workspace / name, leaky)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    first = (await quick_fixes(editor, path))[0]
    [diagnostic] = editor.shown(path) or []
    assert first.kind == types.CodeActionKind.QuickFix
    assert first.edit is None, "edits are made only when they are asked for"
    assert [each.range for each in first.diagnostics or ()] == [diagnostic.range]

    action = await editor.resolved(first)
    fixed = replaced(leaky, edits_in(action, path))
    assert cleanup in fixed
    assert cleanup not in leaky
    assert action.edit is not None
    [change] = action.edit.document_changes or []
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.version == 1

    editor.change(
        path,
        *(
            types.TextDocumentContentChangePartial(edit.range, edit.new_text)
            for edit in reversed(edits_in(action, path))
        ),
    )
    editor.save(path)
    await editor.settled()
    assert editor.shown(path) == []
    assert await editor.actions(path, diagnostic.range) == []


async def test_only_a_safe_fix_is_preferred(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    assert isinstance(diagnostic.data, dict)
    safe = {fix["title"]: fix["safe"] for fix in diagnostic.data["fixes"]}
    actions = await quick_fixes(editor, path)
    assert {action.title: action.is_preferred for action in actions} == safe | {"Suppress WS1B here": False}
    assert actions[-1].title == "Suppress WS1B here", "what hides a finding stands behind what removes it"


async def test_a_client_that_cannot_resolve_gets_the_edits_at_once(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace, capabilities=PLAIN)
    editor.open(path)
    await editor.settled()
    first = (await quick_fixes(editor, path))[0]
    assert first.edit is not None
    assert first.edit.document_changes is None
    assert "ws.close()" in replaced(LEAKY_TSX, edits_in(first, path))
    assert first.is_preferred is None


RETRYING_TS = """\
import { log } from './log';

export function connect(): void {
  const ws = new WebSocket('wss://api.example.com/ws');
  ws.onclose = (event) => {
    log(event.code);
    if (event.code !== 4401) setTimeout(connect, 1000);
  };
}
"""


@pytest.mark.parametrize("creates", [True, False])
async def test_a_fix_that_needs_a_new_file_makes_it_where_the_editor_can(
    start_editor: StartEditor, workspace: Path, creates: bool
) -> None:
    write(workspace / "pyproject.toml", '[tool.halfopen]\nselect = ["WS2B"]\n')
    path = write(workspace / "feed.ts", RETRYING_TS)
    editor = await start_editor(workspace, capabilities=FULL if creates else PLAIN)
    editor.open(path)
    await editor.settled()
    [retries] = editor.shown(path, "WS2B") or []
    actions = await editor.actions(path, retries.range, only=["quickfix"])
    own = [each for each in actions if "delay" in each.title]
    if not creates:
        assert own == []
        return
    action = await editor.resolved(own[0])
    assert action.edit is not None
    created, *edited = action.edit.document_changes or []
    assert isinstance(created, types.CreateFile)
    assert created.uri.endswith("/reconnectDelay.ts")
    assert {each.text_document.uri for each in edited if isinstance(each, types.TextDocumentEdit)} == {
        created.uri,
        path.as_uri(),
    }


async def test_a_fix_is_made_for_the_text_as_it_is_now(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    first = (await quick_fixes(editor, path))[0]
    before = replaced(LEAKY_TSX, edits_in(await editor.resolved(first), path))
    editor.change(path, types.TextDocumentContentChangePartial(TOP, "// 😀\n\n"))
    after = replaced("// 😀\n\n" + LEAKY_TSX, edits_in(await editor.resolved(first), path))
    assert after == "// 😀\n\n" + before


async def test_a_fix_of_what_is_gone_changes_nothing(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    first = (await quick_fixes(editor, path))[0]
    editor.change(path, types.TextDocumentContentChangeWholeDocument(CLEAN_TSX))
    assert (await editor.resolved(first)).edit is None
    assert "no longer applies" in editor.client.messages[-1].message


CONDITIONAL_PYTHON = """\
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
watching: set[WebSocket] = set()


@app.websocket("/status")
async def status(websocket: WebSocket, follow: bool = False) -> None:
    await websocket.accept()
    if follow:
        watching.add(websocket)
        await websocket.send_json({"type": "welcome"})
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        watching.discard(websocket)
"""


async def test_a_fix_that_cannot_be_made_safely_is_not_offered(
    start_editor: StartEditor, workspace: Path
) -> None:
    """What is entered only under a condition has no place from which a `finally` would fit."""
    write(workspace / "pyproject.toml", '[tool.halfopen]\nselect = ["WS1B"]\n')
    path = write(workspace / "app.py", CONDITIONAL_PYTHON)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    assert [action.title for action in await quick_fixes(editor, path)] == ["Suppress WS1B here"]


async def test_fix_all_is_made_before_a_save_from_unsaved_text(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", CLEAN_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    two = LEAKY_TSX + LEAKY_TSX.replace("ProcessingStatus", "Other").partition("\n\n")[2]
    editor.change(path, types.TextDocumentContentChangeWholeDocument(two))
    [action] = await editor.actions(path, TOP, only=["source.fixAll"])
    assert action.kind == "source.fixAll.halfopen"
    fixed = replaced(two, edits_in(action, path))
    assert fixed.count("ws.close()") == 2

    editor.change(path, types.TextDocumentContentChangeWholeDocument(fixed))
    editor.save(path)
    await editor.settled()
    assert editor.shown(path) == []
    assert await editor.actions(path, TOP, only=["source.fixAll"]) == []


async def test_only_the_kinds_asked_for_are_offered(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    cases: list[tuple[list[str] | None, set[str]]] = [
        (["quickfix"], {"quickfix"}),
        (["source.fixAll.halfopen"], {"source.fixAll.halfopen"}),
        (["source"], {"source.fixAll.halfopen"}),
        (["source.organizeImports"], set()),
        (["refactor"], set()),
        ([], {"quickfix", "source.fixAll.halfopen"}),
        (None, {"quickfix", "source.fixAll.halfopen"}),
    ]
    for only, kinds in cases:
        actions = await editor.actions(path, diagnostic.range, only=only)
        assert {str(getattr(each.kind, "value", each.kind)) for each in actions} == kinds, only


async def test_away_from_a_finding_there_is_no_quick_fix(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    assert await editor.actions(path, TOP, only=["quickfix"]) == []
    assert await editor.actions(workspace / "absent.ts", TOP) == []
