"""What no client should send, and some do."""

import sys
from pathlib import Path

from lsprotocol import types

from .conftest import StartEditor
from .editor import Editor, patiently
from .samples import CLEAN_TSX, LEAKY_TSX, SOCKET, write
from .wire import Wire

TOP = types.Range(types.Position(0, 0), types.Position(0, 0))


NOT_FILES = (
    "untitled:Untitled-1",
    "git:/w/Status.tsx?ref=HEAD",
    "vscode-notebook-cell:/w/notes.ipynb#W0",
    "file:relative.tsx",
    "file:///w/nul%00.tsx",
    "http://[broken/Status.tsx",
    "Status.tsx",
    "",
)


async def test_documents_that_are_no_files_are_left_alone(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    for uri in NOT_FILES:
        editor.open(uri, LEAKY_TSX)
        editor.change(uri, types.TextDocumentContentChangePartial(TOP, "// more\n"))
        editor.save(uri)
        assert await editor.hover(uri, 6, 30) is None
        assert await editor.actions(uri, TOP) == []
        editor.close(uri)
    await editor.settled()
    assert [editor.shown(uri) for uri in NOT_FILES] == [[]] * len(NOT_FILES)
    assert editor.count(path) == 1
    notes = [each.message for each in editor.client.log_messages if "not a file" in each.message]
    assert notes == [f"{uri} is not audited: it is not a file" for uri in NOT_FILES]
    assert no_errors(editor)


async def test_documents_that_are_not_open(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    for place in (path, workspace / "absent.tsx"):
        editor.change(place, types.TextDocumentContentChangeWholeDocument(CLEAN_TSX))
        editor.save(place)
        editor.close(place)
    await editor.settled()
    assert editor.count(path) == 1
    assert no_errors(editor)


async def test_changes_out_of_order_are_taken_as_they_come(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", CLEAN_TSX)
    editor = await start_editor(workspace)
    editor.open(path, version=5)
    editor.change(path, types.TextDocumentContentChangeWholeDocument(""), version=4)
    editor.change(path, types.TextDocumentContentChangeWholeDocument(LEAKY_TSX), version=4)
    editor.save(path)
    await editor.settled()
    assert editor.count(path) == 1
    assert no_errors(editor)


async def test_ranges_outside_of_the_text_are_moved_into_it(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    for start, end in (((6, 9_999), (6, 9_999)), ((9_999, 3), (9_999, 7)), ((8, 2), (7, 2**31 - 1))):
        place = types.Range(types.Position(*start), types.Position(*end))
        editor.change(path, types.TextDocumentContentChangePartial(place, "\n"))
        editor.save(path)
        await editor.settled()
        assert editor.count(path) == 1, (start, end)
    assert no_errors(editor)


async def test_half_a_character_is_no_place(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    inside = types.Position(6, 8)  # in the middle of the emoji
    editor.change(path, types.TextDocumentContentChangePartial(types.Range(inside, inside), "\ud83d"))
    editor.save(path)
    await editor.settled()
    assert editor.count(path) == 1
    assert no_errors(editor)


async def test_requests_that_cannot_be_answered_get_an_error(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    wire = await Wire.open()
    assert (await wire.request("textDocument/hover", {}))["error"]["code"] == -32002
    answer = await wire.request(
        "initialize", {"processId": None, "rootUri": workspace.as_uri(), "capabilities": {}}
    )
    assert answer["result"]["serverInfo"]["name"] == "halfopen"
    again = await wire.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    assert again["error"]["code"] == -32600
    await wire.notify("initialized", {})
    for method, params in (
        ("textDocument/hover", None),
        ("textDocument/hover", {"textDocument": None}),
        ("textDocument/codeAction", {"textDocument": {"uri": path.as_uri()}}),
        ("codeAction/resolve", []),
    ):
        assert (await wire.request(method, params))["error"]["code"] == -32602, method
    assert (await wire.request("textDocument/definition", {}))["error"]["code"] in {-32601, -32602}
    assert (await wire.request("halfopen/nonsense", {}))["error"]["code"] == -32601
    for method in (
        "textDocument/didOpen",
        "textDocument/didChange",
        "workspace/didChangeWatchedFiles",
        "x/y",
    ):
        await wire.notify(method, None)
    await wire.send(b"Content-Length: 3\r\n\r\n{,}")
    await wire.send(b"Content-Length: 2\r\n\r\n[]")
    status = await wire.request("halfopen/status", {"settled": True})
    assert status["result"]["findings"] == 1
    assert (await wire.request("halfopen/status", None))["result"]["state"] == "idle"
    assert (await wire.request("shutdown", None))["result"] is None
    assert (await wire.request("textDocument/hover", {}))["error"]["code"] in {-32600, -32602}
    await wire.notify("exit", None)
    assert await patiently(wire.process.wait()) == 0


async def test_what_others_print_stays_out_of_the_protocol(workspace: Path) -> None:
    program = (
        "import os, sys\n"
        "from halfopen.lsp import documents, main\n"
        "did_save = documents.did_save\n"
        "def loud(ls, params):\n"
        "    print('noise', flush=True)\n"
        "    os.write(1, b'noise')\n"
        "    did_save(ls, params)\n"
        "documents.did_save = loud\n"
        "sys.exit(main())"
    )
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    wire = await Wire.open([sys.executable, "-c", program])
    await wire.request("initialize", {"processId": None, "rootUri": workspace.as_uri(), "capabilities": {}})
    await wire.notify("initialized", {})
    await wire.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
    status = await wire.request("halfopen/status", {"settled": True})
    assert status["result"]["findings"] == 1
    wire.process.kill()
    await wire.process.wait()


async def test_a_large_document_and_a_flood_of_edits(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    for number in range(1_000):
        editor.change(path, types.TextDocumentContentChangePartial(TOP, f"// {number}\n"))
        if number % 50 == 0:
            editor.save(path)
    editor.save(path)
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    line = next(number for number, text in enumerate(LEAKY_TSX.splitlines()) if SOCKET in text)
    assert diagnostic.range.start.line == line + 1_000
    versions = [each.version or 0 for each in editor.published if each.uri == path.as_uri()]
    assert versions == sorted(versions), "older findings were published over newer ones"


def no_errors(editor: Editor) -> bool:
    return not [each for each in editor.client.log_messages if each.type is types.MessageType.Error]
