"""What a finding tells on hover."""

from pathlib import Path

from lsprotocol import types

from .conftest import StartEditor
from .editor import PLAIN, Editor
from .samples import LEAKY_TSX, hook_and_api, write

HEADINGS = ("The problem", "Reliability impact", "How to verify", "The fix", "Trade-off")


async def hovered(editor: Editor, path: Path) -> types.MarkupContent:
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    start = diagnostic.range.start
    hover = await editor.hover(path, start.line, start.character + 1)
    assert hover is not None
    assert hover.range == diagnostic.range
    assert isinstance(hover.contents, types.MarkupContent)
    assert diagnostic.message.replace("`", "")[:10] in hover.contents.value.replace("`", "").replace("\\", "")
    return hover.contents


async def test_a_finding_is_explained(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    content = await hovered(editor, path)
    assert content.kind is types.MarkupKind.Markdown
    assert "WS1B" in content.value
    assert "confidence" in content.value
    positions = [content.value.index(heading) for heading in HEADINGS]
    assert positions == sorted(positions)


async def test_a_client_that_shows_the_message_itself_gets_it_once(
    start_editor: StartEditor, workspace: Path
) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace, options={"hoverHasMessage": True})
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    start = diagnostic.range.start
    hover = await editor.hover(path, start.line, start.character + 1)
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.contents.value.startswith("[WS1B unclosed-connection](file:")
    assert "**" not in hover.contents.value.splitlines()[0]


async def test_evidence_links_to_its_line(start_editor: StartEditor, workspace: Path) -> None:
    hook, api = hook_and_api(workspace)
    editor = await start_editor(workspace)
    content = await hovered(editor, api)
    assert f"]({hook.as_uri()}#L" in content.value


async def test_a_client_without_markdown_gets_plain_text(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace, capabilities=PLAIN)
    content = await hovered(editor, path)
    assert content.kind is types.MarkupKind.PlainText
    assert "```" not in content.value
    assert "**" not in content.value
    for heading in HEADINGS:
        assert heading.upper() in content.value


async def test_beside_a_finding_there_is_nothing(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    await editor.settled()
    assert await editor.hover(path, 0, 0) is None
    assert await editor.hover(path, 10_000, 10_000) is None
    assert await editor.hover(workspace / "absent.ts", 0, 0) is None


async def test_hover_follows_unsaved_lines(start_editor: StartEditor, workspace: Path) -> None:
    path = write(workspace / "Status.tsx", LEAKY_TSX)
    editor = await start_editor(workspace)
    editor.open(path)
    await editor.settled()
    [diagnostic] = editor.shown(path) or []
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    editor.change(path, types.TextDocumentContentChangePartial(top, "//\n//\n"))
    start = diagnostic.range.start
    assert await editor.hover(path, start.line, start.character + 1) is None
    assert await editor.hover(path, start.line + 2, start.character + 1) is not None
