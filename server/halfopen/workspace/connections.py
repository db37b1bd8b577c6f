"""All connections of a workspace, each made again only when what it rests on changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from halfopen.connections.dossier import Dossier
from halfopen.connections.dossiers import MARKERS, dossiers_in
from halfopen.workspace.workspace import Workspace


def connections_of(workspace: Workspace, cancelled: Callable[[], bool] | None = None) -> tuple[Dossier, ...]:
    """The dossiers of every connection, in the order of files; the same objects as before where nothing changed.

    A handler that is registered twice is one connection; names that repeat in a file are numbered.
    """
    relevant = sorted({path for marker in MARKERS for path in workspace.paths_with(marker)})
    found: dict[object, Dossier] = {}
    names: dict[str, int] = {}
    for path in relevant:
        if cancelled is not None and cancelled():
            break
        module = workspace.program.module(path)
        if module is None:
            continue
        for placed in module.placed:
            if not any(marker in placed.unit.text for marker in MARKERS):
                continue
            for dossier in dossiers_in(workspace.program, path, placed.unit):
                site = dossier.connection.site
                key = (site.path, site.unit, site.start)
                if key in found:
                    continue
                number = names[dossier.connection.id] = names.get(dossier.connection.id, 0) + 1
                found[key] = dossier if number == 1 else _numbered(workspace, dossier, number)
    return tuple(found.values())


def _numbered(workspace: Workspace, dossier: Dossier, number: int) -> Dossier:
    """The dossier under a numbered id; the same object for the same dossier and number."""
    key = ("numbered", id(dossier), number)

    def make() -> tuple[Dossier, Dossier]:
        workspace.queries.note(dossier.connection.site.unit)
        connection = replace(dossier.connection, id=f"{dossier.connection.id}#{number}")
        return dossier, replace(dossier, connection=connection)

    original, renamed = workspace.queries.get(key, make)
    return renamed if original is dossier else make()[1]
