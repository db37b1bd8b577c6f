"""Work that runs beside the connection, and who sees it fail: what a client's code says of it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.client_catches import client_catches
from halfopen.connections.background.client_code import client_code
from halfopen.connections.background.facts import Background
from halfopen.connections.background.floating import floating
from halfopen.connections.background.watching import watching
from halfopen.connections.client_site import ClientSite
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of


def background_of_client(site: ClientSite) -> Background:
    """The facts of one client."""
    if site.view is None:
        return Background()
    code = client_code(site, site.view)
    return Background(
        catches=tuple(client_catches(code)),
        floating=tuple(floating(code)),
        watching=tuple(watching(code)),
        rejections_are_reported=site.program.queries.search(
            ("rejections are reported",), lambda: tuple(_reported(site.program))
        ),
    )


def _reported(program: Program) -> Iterator[Evidence]:
    """Where the application listens for rejections that nobody handled."""
    for module, unit in program.units_with("unhandledrejection", "typescript"):
        program.queries.note(unit)
        for call in index_of(unit).calls:
            first = call.arguments[0].value if call.arguments else None
            if isinstance(first, tree.Literal) and first.value == "unhandledrejection":
                yield Evidence(At(module.path, unit, call).span, "rejections are reported here")
