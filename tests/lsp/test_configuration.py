"""Settings, from the project's files and from the editor."""

from pathlib import Path

from lsprotocol import types

from .conftest import StartEditor
from .editor import FULL, PLAIN, Editor
from .samples import LEAKY_TSX, write

Kind = types.FileChangeType


def warnings(editor: Editor) -> list[str]:
    return [each.message for each in editor.client.messages if each.type is types.MessageType.Warning]


async def test_a_changed_settings_file_counts_at_once(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(path) == 1
    settings = write(workspace / "halfopen.toml", 'exclude = ["web/"]\n')
    editor.files_changed(Kind.Created, settings)
    await editor.settled()
    assert editor.shown(path) == []
    settings.unlink()
    editor.files_changed(Kind.Deleted, settings)
    await editor.settled()
    assert editor.count(path) == 1


async def test_saving_a_settings_file_in_the_editor_is_enough(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    settings = write(workspace / "halfopen.toml", "")
    editor = await start_editor(workspace, capabilities=PLAIN)
    editor.open(settings)
    await editor.settled()
    write(settings, 'exclude = ["web/"]\n')
    editor.save(settings)
    await editor.settled()
    assert editor.shown(path) == []


async def test_settings_above_the_workspace_are_read_again_when_something_is_saved(
    start_editor: StartEditor, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    settings = write(tmp_path / "halfopen.toml", 'ignore = ["WS1B"]\n')
    path = write(tmp_path / "product" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(tmp_path / "product", capabilities=PLAIN)
    editor.open(path)
    await editor.settled()
    assert editor.count(path) == 0
    write(settings, "")
    editor.save(path)
    await editor.settled()
    assert editor.count(path) == 1
    settings.unlink()
    write(tmp_path / "pyproject.toml", '[tool.halfopen]\nexclude = ["product/*.tsx"]\n')
    editor.save(path)
    await editor.settled()
    assert editor.shown(path) == []


async def test_a_wrong_setting_is_told_once_and_shown_at_its_line(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    settings = write(workspace / "pyproject.toml", '[tool.halfopen]\n# how\nruns = "onSave"\n')
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(path) == 1, "the rest of the settings is used"
    [diagnostic] = editor.shown(settings) or []
    assert diagnostic.range.start.line == 2
    assert diagnostic.source == "halfopen"
    [told] = warnings(editor)
    assert "pyproject.toml:3" in told
    assert '"run"' in told
    editor.open(path)
    editor.save(path)
    editor.files_changed(Kind.Changed, settings)
    await editor.settled()
    assert len(warnings(editor)) == 1

    write(settings, '[tool.halfopen]\nrun = "onSave"\n')
    editor.files_changed(Kind.Changed, settings)
    await editor.settled()
    assert editor.shown(settings) == []


async def test_a_broken_settings_file_leaves_the_defaults(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    settings = write(workspace / "pyproject.toml", "[tool.halfopen\n")
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(path) == 1
    assert editor.count(settings) == 1
    [told] = warnings(editor)
    assert "pyproject.toml:1" in told


async def test_the_editors_settings_are_asked_for_and_count(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(path) == 1
    assert "workspace/didChangeConfiguration" in {each.method for each in editor.registrations}
    editor.client.set_configuration({"exclude": ["web/"]}, section="halfopen")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.settled()
    assert editor.shown(path) == []
    editor.client.set_configuration(None, section="halfopen")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.settled()
    assert editor.count(path) == 1


async def test_what_is_left_out_is_left_out_while_it_is_open(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    assert editor.count(path) == 1
    for exclude, count in ((["web/"], 0), ([], 1)):
        editor.client.set_configuration({"exclude": exclude}, section="halfopen")
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await editor.settled()
        assert editor.count(path) == count


async def test_each_folder_has_its_own_settings(start_editor: StartEditor, tmp_path: Path) -> None:
    one = write(tmp_path / "one" / "web" / "Status.tsx", LEAKY_TSX)
    two = write(tmp_path / "two" / "web" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(tmp_path / "one", tmp_path / "two")
    await editor.settled()
    assert (editor.count(one), editor.count(two)) == (1, 1)
    scope = (tmp_path / "two").as_uri()
    editor.client.set_configuration({"exclude": ["web/"]}, section="halfopen", scope_uri=scope)
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.settled()
    assert (editor.count(one), editor.count(two)) == (1, 0)


async def test_questions_that_overtake_each_other_are_no_error(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.client.set_configuration({"exclude": ["web/"]}, section="halfopen")
    for _ in range(5):
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.settled()
    assert not editor.shown(path)
    assert not [each for each in editor.client.log_messages if each.type is types.MessageType.Error]


async def test_settings_that_a_client_pushes_count(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace, capabilities=PLAIN)
    await editor.settled()
    for settings, count in (
        ({"halfopen": {"exclude": ["web/"]}}, 0),
        ({"halfopen": {"respectGitignore": False}}, 1),
        ({"exclude": ["web/"]}, 0),
        ({"halfopen": None}, 1),
    ):
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
        await editor.settled()
        assert editor.count(path) == count


async def test_settings_of_the_initialization_count(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace, capabilities=PLAIN, options={"settings": {"exclude": ["web/"]}})
    await editor.settled()
    assert editor.count(path) in {0, None}


async def test_a_wrong_setting_of_the_editor_is_told(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace, capabilities=FULL)
    editor.client.set_configuration({"debounceMilliseconds": "soon"}, section="halfopen")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.settled()
    assert editor.count(path) == 1
    [told] = warnings(editor)
    assert "editor" in told
    assert "debounce-milliseconds" in told


TABLE = """\
[library]
name = "our-socket"
ecosystem = "npm"
packages = ["our-socket"]
roles = ["client"]
[interface]
close = ["close"]
[[constructor]]
module = "our-socket"
export = "OurSocket"
kind = "constructor"
makes = "client"
url_argument = 0
"""


async def test_a_changed_library_table_audits_again_and_a_wrong_one_is_shown_at_its_line(
    start_editor: StartEditor, workspace: Path
) -> None:
    text = "import { OurSocket } from 'our-socket';\n" + LEAKY_TSX.replace("new WebSocket", "new OurSocket")
    path = write(workspace / "web" / "Status.tsx", text)
    write(workspace / "halfopen.toml", 'libraries = ["tables/our-socket.toml"]\n')
    table = write(workspace / "tables" / "our-socket.toml", TABLE)
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(path) == 1
    write(table, TABLE.replace("makes", "maker"))
    editor.files_changed(Kind.Changed, table)
    await editor.settled()
    assert editor.count(path) == 0
    [diagnostic] = editor.shown(table) or []
    assert diagnostic.range.start.line == 11
    assert "'maker'" in diagnostic.message
    editor.open(table)
    write(table, TABLE)
    editor.save(table)
    await editor.settled()
    assert editor.count(path) == 1
    assert editor.shown(table) == []
