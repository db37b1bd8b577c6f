"""Connections in the editor: lenses above them, their card on hover, and the way from one side to the other."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from .conftest import StartEditor
from .samples import LEAKY_PYTHON, write

CLIENT_TSX = """\
import { useEffect } from 'react';

export function Watcher({ documentId }: { documentId: string }) {
  useEffect(() => {
    const ws = new WebSocket(`/documents/${documentId}/watch`);
    ws.onmessage = (event) => console.log(event.data);
  }, [documentId]);
  return null;
}
"""
ROUTE = '"/documents/{document_id}/watch"'
ADDRESS = "`/documents/"


def both_sides(root: Path) -> tuple[Path, Path]:
    return write(root / "web" / "Watcher.tsx", CLIENT_TSX), write(root / "api" / "main.py", LEAKY_PYTHON)


def position_of(text: str, what: str) -> types.Position:
    before = text[: text.index(what) + 1]
    return types.Position(before.count("\n"), len(before) - before.rindex("\n") - 1)


def line_of(text: str, what: str) -> int:
    return text[: text.index(what)].count("\n")


async def test_a_lens_names_findings_readiness_and_the_other_side(
    start_editor: StartEditor, workspace: Path
) -> None:
    client, server = both_sides(workspace)
    editor = await start_editor(workspace)
    await editor.settled()

    titles = [each.command.title for each in await editor.lenses(client) if each.command]
    assert titles[0].startswith("1 HIGH; readiness ")
    assert titles[1:] == ["endpoint: watch"]
    [standing, other] = await editor.lenses(server)
    assert standing.range.start.line == line_of(LEAKY_PYTHON, "@app.websocket")
    assert other.command is not None
    assert other.command.title == "client: Watcher"
    assert other.command.command == ""


async def test_a_clients_lens_stands_above_the_client_and_not_above_what_its_address_is_made_of(
    start_editor: StartEditor, workspace: Path
) -> None:
    text = """\
const BASE = 'wss://example.com';

export function open() {
  return new WebSocket(`${BASE}/ws`);
}
"""
    client = write(workspace / "open.ts", text)
    editor = await start_editor(workspace)
    await editor.settled()
    assert {each.range.start.line for each in await editor.lenses(client)} == {line_of(text, "new WebSocket")}


async def test_a_lens_is_a_command_for_a_client_that_has_it(
    start_editor: StartEditor, workspace: Path
) -> None:
    client, server = both_sides(workspace)
    editor = await start_editor(workspace, options={"showOthers": True})
    await editor.settled()
    [_, other] = await editor.lenses(client)
    assert other.command is not None
    assert other.command.command == "halfopen.showOthers"
    assert server.as_uri() in str(other.command.arguments)


async def test_from_the_address_to_the_endpoint_and_back(start_editor: StartEditor, workspace: Path) -> None:
    client, server = both_sides(workspace)
    editor = await start_editor(workspace)
    await editor.settled()

    [endpoint] = await editor.definition(client, position_of(CLIENT_TSX, ADDRESS))
    assert endpoint.uri == server.as_uri()
    assert endpoint.range.start.line == line_of(LEAKY_PYTHON, "async def watch")
    for place in (ROUTE, "watch(websocket"):
        [back] = await editor.references(server, position_of(LEAKY_PYTHON, place))
        assert back.uri == client.as_uri()
        assert back.range.start.line == line_of(CLIENT_TSX, "new WebSocket")


async def test_elsewhere_there_is_nowhere_to_go(start_editor: StartEditor, workspace: Path) -> None:
    client, server = both_sides(workspace)
    editor = await start_editor(workspace)
    await editor.settled()
    assert not await editor.definition(client, position_of(CLIENT_TSX, "console.log"))
    assert not await editor.references(server, position_of(LEAKY_PYTHON, "receive_text"))
    assert await editor.lenses(workspace / "absent.py") == []


async def test_the_card_of_a_connection(start_editor: StartEditor, workspace: Path) -> None:
    _, server = both_sides(workspace)
    editor = await start_editor(workspace)
    await editor.settled()
    place = position_of(LEAKY_PYTHON, ROUTE)
    hover = await editor.hover(server, place.line, place.character)
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    text = hover.contents.value
    assert "**watch** · WebSocket endpoint · fastapi · `/documents/{document_id}/watch`" in text
    assert "Watcher" in text
    assert "| owner |" in text


async def test_lenses_follow_the_text(start_editor: StartEditor, workspace: Path) -> None:
    client, _ = both_sides(workspace)
    editor = await start_editor(workspace)
    editor.open(client)
    await editor.settled()
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    editor.change(client, types.TextDocumentContentChangePartial(top, "//\n"))
    lenses = await editor.lenses(client)
    assert {each.range.start.line for each in lenses} == {line_of(CLIENT_TSX, "new WebSocket") + 1}
