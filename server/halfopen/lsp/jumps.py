"""`textDocument/definition` and `textDocument/references`: from a client's address to its endpoint, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from halfopen.lsp.connections import ShownConnection
    from halfopen.lsp.server import HalfopenServer


async def definition(ls: HalfopenServer, params: types.DefinitionParams) -> list[types.Location]:
    """On a client's URL or its `new WebSocket`: the endpoints that answer it."""
    every, here = await _around(ls, params.text_document.uri, params.position)
    return _locations(every, [each for each in here if each.side == "client"])


async def references(ls: HalfopenServer, params: types.ReferenceParams) -> list[types.Location]:
    """On an endpoint's route or its definition: the clients that talk to it."""
    every, here = await _around(ls, params.text_document.uri, params.position)
    return _locations(every, [each for each in here if each.side == "server"])


async def _around(
    ls: HalfopenServer, uri: str, position: types.Position
) -> tuple[tuple[ShownConnection, ...], list[ShownConnection]]:
    """Every connection of the folder, and those that the position asks about."""
    from halfopen.lsp.connections import at_position

    every = await ls.audits.ask(lambda desk: desk.connections(uri))
    return every, list(at_position(every, uri, position))


def _locations(every: tuple[ShownConnection, ...], here: list[ShownConnection]) -> list[types.Location]:
    wanted = {other for each in here for other in each.others}
    places = (each.head for each in every if each.id in wanted)
    return [types.Location(place.uri, place.range) for place in places]
