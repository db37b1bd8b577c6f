"""`textDocument/codeLens`: above each connection its findings, its readiness and the other side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from halfopen.lsp.connections import ShownConnection
    from halfopen.lsp.server import HalfopenServer

OPTIONS = types.CodeLensOptions(resolve_provider=False)
SHOW_OTHERS = "halfopen.showOthers"
"""A command of the client that lists locations; sent only to a client that says it has it."""


async def code_lens(ls: HalfopenServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """Two lenses for each connection of the document: how it stands, and whom it talks to."""
    uri = params.text_document.uri
    if ls.last_audit is None:
        return []
    every = await ls.audits.ask(lambda desk: desk.connections(uri))
    by_id = {each.id: each for each in every}
    return [
        lens
        for each in every
        if each.head.uri == uri
        for lens in _lenses(each, by_id, ls.client.shows_others)
    ]


def _lenses(
    connection: ShownConnection, by_id: dict[str, ShownConnection], clickable: bool
) -> Iterator[types.CodeLens]:
    yield types.CodeLens(connection.top, types.Command(standing(connection), ""))
    others = [by_id[each] for each in connection.others if each in by_id]
    command = types.Command(others_title(connection, others), "")
    if clickable and others:
        start = connection.head.range.start
        locations = [types.Location(each.head.uri, each.head.range) for each in others]
        command = types.Command(command.title, SHOW_OTHERS, arguments=[connection.head.uri, start, locations])
    yield types.CodeLens(connection.top, command)


def standing(connection: ShownConnection) -> str:
    """As "1 CRITICAL, 2 HIGH; readiness 4/10"."""
    counts = ", ".join(
        f"{connection.findings[severity]} {severity.name}"
        for severity in sorted(connection.findings, reverse=True)
    )
    return f"{counts or 'no findings'}; readiness {connection.score}/10"


def others_title(connection: ShownConnection, others: list[ShownConnection]) -> str:
    """Whom the connection talks to; a likely other side is said to be one."""
    kind = "endpoint" if connection.side == "client" else "client"
    if not others:
        return f"no {kind} found"
    names = ", ".join(
        each.name if connection.others[each.id] == "certain" else f"probably {each.name}"
        for each in others[:3]
    )
    return f"{kind}: {names}" + (f" and {len(others) - 3} more" if len(others) > 3 else "")


async def refresh(ls: HalfopenServer) -> None:
    """Ask the client to fetch the lenses again, after an audit has changed what they say."""
    if ls.client.refreshes_lenses:
        await ls.workspace_code_lens_refresh_async(None)
