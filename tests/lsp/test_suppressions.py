"""Suppression comments and nested settings in the editor: the same as the command's, and made by quick fixes."""

from pathlib import Path

from lsprotocol import types

from .conftest import StartEditor
from .editor import edits_in, replaced
from .samples import LEAKY_TSX, write


async def test_a_finding_is_suppressed_and_shown_again(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "web" / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    [finding] = editor.shown(path) or []
    offered = await editor.actions(path, finding.range, only=["quickfix"])
    assert offered[-1].title == "Suppress WS1B here"
    action = await editor.resolved(offered[-1])
    accepted = replaced(LEAKY_TSX, edits_in(action, path))
    assert "    // halfopen: ignore[WS1B]\n" in accepted

    editor.change(path, types.TextDocumentContentChangeWholeDocument(accepted))
    editor.save(path)
    await editor.settled()
    assert editor.shown(path) == []

    # The defect goes: now the comment is of no use, and can be taken away.
    clean = accepted.replace("  }, [documentId]", "    return () => ws.close();\n  }, [documentId]")
    editor.change(path, types.TextDocumentContentChangeWholeDocument(clean))
    editor.save(path)
    await editor.settled()
    [unused] = editor.shown(path) or []
    assert (unused.code, unused.source) == ("unused-suppression", "halfopen")
    assert list(unused.tags or ()) == [types.DiagnosticTag.Unnecessary]
    [removal] = await editor.actions(path, unused.range, only=["quickfix"])
    assert removal.title == "Remove unused suppression"
    removed = replaced(clean, edits_in(await editor.resolved(removal), path))
    assert removed == LEAKY_TSX.replace(
        "  }, [documentId]", "    return () => ws.close();\n  }, [documentId]"
    )
    assert await editor.actions(path, unused.range, only=["source.fixAll"]) == [], (
        "no save takes comments away"
    )

    # An edit of the comment alone is published too.
    editor.change(path, types.TextDocumentContentChangeWholeDocument(accepted.replace("[WS1B]", "[WS9Z]")))
    editor.save(path)
    await editor.settled()
    assert sorted(str(each.code) for each in editor.shown(path) or []) == ["WS1B", "invalid-suppression"]


async def test_settings_below_the_folder_govern_their_files(
    start_editor: StartEditor, workspace: Path
) -> None:
    above = write(workspace / "a.tsx", LEAKY_TSX)
    below = write(workspace / "web" / "b.tsx", LEAKY_TSX)
    nested = write(workspace / "web" / "halfopen.toml", 'select = ["WS1B"]\n[severity]\nWS1B = "MONITOR"\n')
    editor = await start_editor(workspace)
    await editor.settled()
    [one], [two] = editor.shown(above) or [], editor.shown(below) or []
    assert one.severity is types.DiagnosticSeverity.Warning
    assert two.severity is types.DiagnosticSeverity.Hint

    nested.write_text('ignore = ["WS1B"]\nnonsense = 1\n', encoding="utf-8")
    editor.files_changed(types.FileChangeType.Changed, nested)
    await editor.settled()
    assert (editor.count(above), editor.count(below)) == (1, 0)
    [wrong] = editor.shown(nested) or []
    assert 'unknown setting "nonsense"' in wrong.message
    assert wrong.range.start.line == 1

    nested.unlink()
    editor.files_changed(types.FileChangeType.Deleted, nested)
    await editor.settled()
    assert (editor.count(above), editor.count(below), editor.count(nested)) == (1, 1, 0)
