"""Which folders are audited, and what becomes of documents outside of them."""

from pathlib import Path

from lsprotocol import types

from .conftest import StartEditor
from .editor import Editor
from .samples import LEAKY_TSX, hook_and_api, write


def folders_changed(editor: Editor, added: list[Path], removed: list[Path]) -> None:
    def named(folders: list[Path]) -> list[types.WorkspaceFolder]:
        return [types.WorkspaceFolder(each.as_uri(), each.name) for each in folders]

    editor.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent(named(added), named(removed)))
    )


async def test_each_folder_is_audited(start_editor: StartEditor, tmp_path: Path) -> None:
    one = write(tmp_path / "one" / "Status.tsx", LEAKY_TSX)
    two = write(tmp_path / "two" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(one.parent, two.parent)
    await editor.settled()
    assert (editor.count(one), editor.count(two)) == (1, 1)


async def test_folders_come_and_go(start_editor: StartEditor, tmp_path: Path) -> None:
    one = write(tmp_path / "one" / "Status.tsx", LEAKY_TSX)
    two = write(tmp_path / "two" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(one.parent)
    editor.open(two)
    await editor.settled()
    assert (editor.count(one), editor.count(two)) == (1, 0)
    folders_changed(editor, [two.parent], [])
    await editor.settled()
    assert (editor.count(one), editor.count(two)) == (1, 1)
    folders_changed(editor, [], [one.parent])
    await editor.settled()
    assert (editor.count(one), editor.count(two)) == (0, 1)


async def test_a_folder_within_a_folder_is_told_of_once(start_editor: StartEditor, workspace: Path) -> None:
    inner = write(workspace / "inner" / "Status.tsx", LEAKY_TSX)
    outer = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(inner)
    await editor.settled()
    folders_changed(editor, [inner.parent], [])
    await editor.settled()
    assert (editor.count(inner), editor.count(outer)) == (1, 1)
    folders_changed(editor, [], [inner.parent])
    await editor.settled()
    assert (editor.count(inner), editor.count(outer)) == (1, 1)
    editor.close(inner)
    folders_changed(editor, [], [workspace])
    await editor.settled()
    assert (editor.count(inner), editor.count(outer)) == (0, 0)


async def test_a_file_outside_of_every_folder_gets_an_empty_list_and_one_note(
    start_editor: StartEditor, workspace: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "elsewhere" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    editor.change(path, types.TextDocumentContentChangeWholeDocument(LEAKY_TSX + "\n"))
    editor.save(path)
    await editor.settled()
    editor.close(path)
    await editor.settled()
    assert editor.shown(path) == []
    notes = [each for each in editor.client.log_messages if "elsewhere" in each.message]
    assert len(notes) == 1
    assert "no folder of the workspace" in notes[0].message


async def test_without_a_folder_the_documents_project_is_audited_while_it_is_open(
    start_editor: StartEditor, workspace: Path
) -> None:
    hook, api = hook_and_api(workspace)
    editor = await start_editor()
    editor.open(hook)
    await editor.settled()
    assert editor.count(api) == 1
    assert editor.count(hook) == 0
    editor.close(hook)
    await editor.settled()
    assert editor.shown(api) == []


async def test_without_a_folder_or_a_project_only_what_lies_beside_the_document_is_read(
    start_editor: StartEditor, tmp_path: Path
) -> None:
    path = write(tmp_path / "loose" / "Status.tsx", LEAKY_TSX)
    below = write(tmp_path / "loose" / "deep" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor()
    editor.open(path)
    await editor.settled()
    assert editor.count(path) == 1
    assert editor.shown(below) is None
    editor.close(path)
    await editor.settled()
    assert editor.shown(path) == []


async def test_a_folder_that_is_not_on_disk_is_noted(start_editor: StartEditor) -> None:
    editor = await start_editor(root_uri="vscode-vfs://github/owner/name")
    await editor.settled()
    assert any("vscode-vfs" in each.message for each in editor.client.log_messages)


async def test_a_file_reached_past_a_link_belongs_to_its_folder(
    start_editor: StartEditor, workspace: Path, tmp_path: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    link = tmp_path / "link"
    link.symlink_to(workspace, target_is_directory=True)
    editor = await start_editor(link)
    editor.open(path)
    await editor.settled()
    assert editor.count(path) == 1
    editor.change(path, types.TextDocumentContentChangeWholeDocument(""))
    editor.save(path)
    await editor.settled()
    assert editor.shown(path) == []


async def test_uris_are_answered_in_the_clients_spelling(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "a b" / "Stätus.tsx", LEAKY_TSX)
    spelled = path.as_uri().replace("S", "%53")
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(path) == 1
    editor.open(spelled, LEAKY_TSX)
    await editor.settled()
    assert editor.count(spelled) == 1
    assert editor.shown(path) == [], "nothing stays under the other spelling"
    editor.close(spelled)
    await editor.settled()
    assert editor.shown(spelled) == []
    assert editor.count(path) == 1
