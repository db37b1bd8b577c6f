"""What is agreed at the start."""

import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from halfopen import __version__

from .conftest import StartEditor
from .editor import PLAIN, encodings, text_at
from .samples import LEAKY_TSX, SOCKET, write


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        ([], "utf-16"),
        (["utf-8"], "utf-8"),
        (["utf-32", "utf-16"], "utf-32"),
        (["utf-7", "utf-8", "utf-16"], "utf-8"),
        (["utf-7"], "utf-16"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else value,
)
async def test_columns_are_counted_as_agreed(
    start_editor: StartEditor, workspace: Path, offered: list[str], agreed: str
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace, capabilities=encodings(*offered))
    assert editor.initialized.capabilities.position_encoding == agreed
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    assert text_at(LEAKY_TSX, diagnostic.range, agreed).startswith("new WebSocket(")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_edits_are_read_in_the_agreed_columns(
    start_editor: StartEditor, workspace: Path, encoding: str
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace, capabilities=encodings(encoding))
    editor.open(path)
    await editor.settled()
    [before] = editor.shown(path) or []
    after = types.Range(before.range.start, before.range.start)
    editor.change(path, types.TextDocumentContentChangePartial(after, "/* 😀 */ "))
    editor.save(path)
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    width = {"utf-8": 11, "utf-16": 9, "utf-32": 8}[encoding]
    assert diagnostic.range.start.character == before.range.start.character + width
    edited = LEAKY_TSX.replace(SOCKET, f"/* 😀 */ {SOCKET}")
    assert text_at(edited, diagnostic.range, encoding) == text_at(LEAKY_TSX, before.range, encoding)


async def test_the_server_says_what_it_can_do(start_editor: StartEditor, workspace: Path) -> None:
    editor = await start_editor(workspace)
    info, can = editor.initialized.server_info, editor.initialized.capabilities
    assert info is not None
    assert (info.name, info.version) == ("halfopen", __version__)
    assert isinstance(can.text_document_sync, types.TextDocumentSyncOptions)
    assert can.text_document_sync.change is types.TextDocumentSyncKind.Incremental
    assert can.text_document_sync.open_close
    assert can.text_document_sync.save
    assert can.hover_provider
    assert isinstance(can.code_action_provider, types.CodeActionOptions)
    assert can.code_action_provider.resolve_provider
    assert set(can.code_action_provider.code_action_kinds or ()) == {"quickfix", "source.fixAll.halfopen"}
    assert can.workspace is not None
    assert can.workspace.workspace_folders is not None
    assert can.workspace.workspace_folders.change_notifications


async def test_a_client_of_old_is_asked_for_nothing_it_cannot_do(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    # pytest-lsp warns of a request that the client has not said it supports.
    editor = await start_editor(capabilities=PLAIN, root_uri=workspace.as_uri(), options={})
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    assert diagnostic.message
    assert diagnostic.code_description is None
    assert diagnostic.related_information is None
    assert diagnostic.data is None
    assert editor.registrations == []
    assert editor.client.progress_reports == {}
    assert editor.audits == []


async def test_a_root_path_alone_is_enough(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(root_path=str(workspace))
    await editor.settled()
    assert editor.count(path) == 1


def test_nothing_that_analyses_is_imported_before_initialize_is_answered() -> None:
    program = (
        "import sys, halfopen.lsp.stdio as s; s.create_server()\n"
        "heavy = {'tree_sitter', 'libcst', 'pydantic', 'typer', 'rich', 'yaml', 'halfopen.audit', 'halfopen.source'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
