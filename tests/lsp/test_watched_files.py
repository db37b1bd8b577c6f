"""Files that others than the editor change."""

import shutil
from pathlib import Path

from lsprotocol import types

from .conftest import StartEditor
from .samples import CLEAN_HOOK, CLEAN_TSX, LEAKY_TSX, hook_and_api, write

Kind = types.FileChangeType


async def test_the_client_is_asked_to_watch(start_editor: StartEditor, workspace: Path) -> None:
    editor = await start_editor(workspace)
    await editor.settled()
    options = {each.method: each.register_options for each in editor.registrations}
    watchers = str(options["workspace/didChangeWatchedFiles"])
    for name in (".py", "tsx", "*.toml", "requirements", "package.json", "nginx"):
        assert name.lstrip(".") in watchers


async def test_a_changed_file_changes_the_findings_that_rest_on_it(
    start_editor: StartEditor, workspace: Path
) -> None:
    hook, api = hook_and_api(workspace)
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(api) == 1
    write(hook, CLEAN_HOOK)
    editor.files_changed(Kind.Changed, hook)
    await editor.settled()
    assert editor.shown(api) == []


async def test_created_and_deleted_files(start_editor: StartEditor, workspace: Path) -> None:
    editor = await start_editor(workspace)
    await editor.settled()
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    editor.files_changed(Kind.Created, path)
    await editor.settled()
    assert editor.count(path) == 1
    path.unlink()
    editor.files_changed(Kind.Deleted, path)
    await editor.settled()
    assert editor.shown(path) == []


async def test_a_deleted_folder_takes_its_findings_along(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "web" / "pages" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(path) == 1
    shutil.rmtree(workspace / "web")
    editor.files_changed(Kind.Deleted, workspace / "web")
    await editor.settled()
    assert editor.shown(path) == []


async def test_an_open_file_counts_as_in_the_editor_whatever_the_disk_says(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    write(path, CLEAN_TSX)
    editor.files_changed(Kind.Changed, path)
    await editor.settled()
    assert editor.count(path) == 1
    path.unlink()
    editor.files_changed(Kind.Deleted, path)
    await editor.settled()
    assert editor.count(path) == 1
    editor.close(path)
    await editor.settled()
    assert editor.shown(path) == []


async def test_a_file_that_is_no_text_is_left_out_with_a_note(
    start_editor: StartEditor, workspace: Path
) -> None:
    leaky = write(workspace / "Status.tsx", LEAKY_TSX)
    (workspace / "latin.py").write_bytes("# \xfcber\nx = '\xe9'\n".encode("latin-1"))
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(leaky) == 1
    assert any("latin.py" in each.message and "UTF-8" in each.message for each in editor.client.log_messages)
