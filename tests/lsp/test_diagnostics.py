"""Findings as an editor sees them come and go."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lsprotocol import types

from .conftest import StartEditor
from .editor import FULL, Editor, text_at
from .samples import (
    API,
    CLEAN_HOOK,
    CLEAN_TSX,
    LEAKY_HOOK,
    LEAKY_PYTHON,
    LEAKY_TSX,
    REGISTRATION,
    SOCKET,
    hook_and_api,
    write,
)

CLEANUP = "    return () => ws.close();\n"
AFTER_HANDLER = types.Range(types.Position(8, 0), types.Position(8, 0))


def inserted(text: str, at: types.Range = AFTER_HANDLER) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(at, text)


def read(uri: str) -> str:
    return Path(url2pathname(urlsplit(uri).path)).read_text(encoding="utf-8")


async def opened(editor: Editor, path: Path) -> types.Diagnostic:
    editor.open(path)
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    return diagnostic


async def test_a_finding_says_what_where_and_why(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    diagnostic = await opened(await start_editor(workspace), path)
    assert diagnostic.code == "WS1B"
    assert diagnostic.source == "halfopen"
    assert diagnostic.severity is not None
    assert text_at(LEAKY_TSX, diagnostic.range) in SOCKET
    assert diagnostic.code_description is not None
    assert read(diagnostic.code_description.href).startswith("# Unclosed connection")
    assert diagnostic.related_information
    assert isinstance(diagnostic.data, dict)
    assert diagnostic.data["key"]
    assert [set(fix) for fix in diagnostic.data["fixes"]] == [{"title", "safe"}] * len(
        diagnostic.data["fixes"]
    )


async def test_a_python_finding_is_at_the_registration(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "app.py", LEAKY_PYTHON)
    diagnostic = await opened(await start_editor(workspace), path)
    assert diagnostic.code == "WS1B"
    assert text_at(LEAKY_PYTHON, diagnostic.range) in REGISTRATION


async def test_files_that_are_not_open_are_audited_too(start_editor: StartEditor, workspace: Path) -> None:
    leaky = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    clean = write(workspace / "web" / "clean" / "Status.tsx", CLEAN_TSX)
    editor = await start_editor(workspace)
    await editor.settled()
    assert editor.count(leaky) == 1
    assert editor.count(clean) in {0, None}


async def test_a_clean_file_gets_an_empty_list(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", CLEAN_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    assert editor.shown(path) == []


async def test_a_file_without_code_gets_an_empty_list(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "notes.md", "# Notes\n")
    editor = await start_editor(workspace)
    editor.open(path)
    editor.change(path, types.TextDocumentContentChangeWholeDocument("# More notes\n"))
    editor.save(path)
    await editor.settled()
    assert editor.shown(path) == []


async def test_a_save_clears_what_was_corrected(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await opened(editor, path)
    editor.change(path, inserted(CLEANUP))
    await editor.settled()
    assert editor.count(path) == 1, "audited before the save"
    editor.save(path)
    await editor.settled()
    assert editor.shown(path) == []
    assert editor.published[-1].version == 2


async def test_a_save_shows_what_was_broken(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", CLEAN_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    line = types.Range(types.Position(8, 0), types.Position(9, 0))
    editor.change(path, inserted("", line))
    editor.save(path)
    await editor.settled()
    assert editor.count(path) == 1


async def test_every_save_is_answered_with_the_version_saved(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await opened(editor, path)
    for version in (2, 3, 4):
        editor.change(path, inserted("    // more\n"))
        editor.save(path)
        await editor.settled()
        assert [each.version for each in editor.published if each.uri == path.as_uri()][-1] == version


async def test_a_finding_moves_with_the_lines_above_it(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    before = await opened(editor, path)
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    editor.change(path, inserted("// one\r\n// two\r\n", top))
    editor.save(path)
    await editor.settled()
    [after] = editor.shown(path) or []
    assert after.range.start.line == before.range.start.line + 2
    assert after.range.start.character == before.range.start.character


async def test_what_is_typed_after_the_save_moves_the_finding_too(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    before = await opened(editor, path)
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    # The audit of the save and the edit race; the editor must see places of the text it has either way.
    editor.save(path)
    editor.change(path, inserted("// one\n", top))
    await editor.settled()
    last = [each for each in editor.published if each.uri == path.as_uri()][-1]
    moved = last.version == 2
    assert last.diagnostics[0].range.start.line == before.range.start.line + moved


async def test_a_finding_in_another_file_follows_the_edit(start_editor: StartEditor, workspace: Path) -> None:
    hook, api = hook_and_api(workspace)
    editor = await start_editor(workspace)
    editor.open(hook)
    await editor.settled()
    assert editor.count(api) == 1
    assert editor.count(hook) == 0
    editor.change(hook, types.TextDocumentContentChangeWholeDocument(CLEAN_HOOK))
    editor.save(hook)
    await editor.settled()
    assert editor.shown(api) == []
    editor.change(hook, types.TextDocumentContentChangeWholeDocument(LEAKY_HOOK))
    editor.save(hook)
    await editor.settled()
    assert editor.count(api) == 1


async def test_evidence_in_another_file_is_linked(start_editor: StartEditor, workspace: Path) -> None:
    hook, api = hook_and_api(workspace)
    editor = await start_editor(workspace)
    await editor.settled()
    [diagnostic] = editor.shown(api) or []
    assert hook.as_uri() in {each.location.uri for each in diagnostic.related_information or ()}


async def test_an_unsaved_file_counts_as_it_is_in_the_editor(
    start_editor: StartEditor, workspace: Path
) -> None:
    hook, api = hook_and_api(workspace)
    editor = await start_editor(workspace)
    editor.open(hook, CLEAN_HOOK)
    await editor.settled()
    assert editor.shown(api) in ([], None)


async def test_a_closed_file_counts_as_it_is_on_disk(start_editor: StartEditor, workspace: Path) -> None:
    hook, api = hook_and_api(workspace)
    editor = await start_editor(workspace)
    editor.open(hook, CLEAN_HOOK)
    editor.open(api)
    await editor.settled()
    assert editor.shown(api) == []
    editor.close(hook)
    await editor.settled()
    assert editor.count(api) == 1
    editor.close(api)
    await editor.settled()
    assert editor.count(api) == 1, "a finding of the workspace stays when its file is closed"


async def test_a_reopened_file_is_answered_anew(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await opened(editor, path)
    editor.close(path)
    editor.open(path, CLEAN_TSX)
    await editor.settled()
    assert editor.shown(path) == []
    editor.open(path, LEAKY_TSX, version=7)  # a second didOpen without a didClose
    await editor.settled()
    assert editor.count(path) == 1
    assert editor.published[-1].version == 7


async def test_a_syntax_error_is_no_finding_and_hides_none(
    start_editor: StartEditor, workspace: Path
) -> None:
    broken = LEAKY_PYTHON + "\n\ndef (:\n    pass\n"
    path = write(workspace / "app.py", broken)
    editor = await start_editor(workspace)
    diagnostic = await opened(editor, path)
    assert diagnostic.code == "WS1B"
    assert any("app.py:" in each.message for each in editor.client.log_messages), "the log names the place"
    fixed_end = types.Range(types.Position(len(broken.splitlines()) - 2, 0), types.Position(99, 0))
    editor.change(path, types.TextDocumentContentChangePartial(fixed_end, ""))
    editor.save(path)
    await editor.settled()
    assert editor.count(path) == 1


async def test_with_on_type_a_pause_is_enough(start_editor: StartEditor, workspace: Path) -> None:
    (workspace / "halfopen.toml").write_text('run = "onType"\ndebounce-milliseconds = 10\n', encoding="utf-8")
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await opened(editor, path)
    for letter in "\n// typing":
        editor.change(path, inserted(letter))
    editor.change(path, types.TextDocumentContentChangeWholeDocument(CLEAN_TSX))
    await editor.settled()
    assert editor.shown(path) == []


async def test_audits_are_announced_with_their_figures(start_editor: StartEditor, workspace: Path) -> None:
    write(workspace / "Status.tsx", LEAKY_TSX)
    hook_and_api(workspace)
    editor = await start_editor(workspace, capabilities=FULL)
    status = await editor.settled()
    assert (status.state, status.files, status.findings) == ("idle", 3, 2)
    last = editor.audits[-1]
    assert (last.outcome, last.files, last.findings) == ("complete", 3, 2)
    assert last.changes == status.changes
    write(workspace / "api2.ts", API)
