"""All connections of a workspace, each made again only when what it rests on changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from halfopen.connections.dossier import Dossier
from halfopen.connections.dossiers import dossiers_in, markers, may_connect
from halfopen.connections.environment import Environment, environment_of
from halfopen.connections.forwarding import CONFIGURATIONS, forwards_in_code
from halfopen.connections.library_barrels import words_handed_on
from halfopen.connections.links import Link
from halfopen.connections.tables import Tables, tables_of
from halfopen.semantics.module import Module
from halfopen.semantics.unit import Unit
from halfopen.workspace.workspace import Workspace

_log = logging.getLogger(__name__)


def connections_of(workspace: Workspace, cancelled: Callable[[], bool] | None = None) -> tuple[Dossier, ...]:
    """The dossiers of every connection, in the order of files; the same objects as before where nothing changed.

    A handler that is registered twice is one connection; names that repeat in a file are numbered.
    """
    own = {path for marker in markers(workspace.program) for path in workspace.paths_with(marker)}
    tables = tables_of(workspace.program)
    handed_on = words_handed_on(workspace.program, sorted(own))
    relevant = sorted(own | handed_on.keys())
    found: dict[object, Dossier] = {}
    failures: list[tuple[str, str]] = []
    names: dict[str, int] = {}
    for path in relevant:
        if cancelled is not None and cancelled():
            break
        module = workspace.program.module(path)
        if module is None:
            continue
        dossiers, failed = _in_file(workspace, tables, module, handed_on.get(path, frozenset[bytes]()))
        failures += failed
        for dossier in dossiers:
            site = dossier.connection.site
            failures += ((site.path, text) for text in dossier.failures)
            key = (site.path, site.unit, site.start)
            if key in found:
                continue
            number = names[dossier.connection.id] = names.get(dossier.connection.id, 0) + 1
            found[key] = dossier if number == 1 else _numbered(workspace, dossier, number)
    workspace.note_failures(failures)
    return tuple(found.values())


def links_between(workspace: Workspace, dossiers: Sequence[Dossier]) -> tuple[Link, ...]:
    """The links of all clients to their endpoints; only those that may have changed are worked out anew."""
    if len({dossier.connection.side for dossier in dossiers}) < 2:
        return ()
    forwards = forwards_in_code(workspace.program, workspace.files_named(CONFIGURATIONS))
    deployment = workspace.deployment
    return workspace.links.links(
        dossiers, forwards, deployment.serving(), deployment.settings, (forwards, deployment.revision)
    )


def environment_around(workspace: Workspace, dossiers: Sequence[Dossier]) -> Environment:
    """The environment that the connections live in."""
    forwards = forwards_in_code(workspace.program, workspace.files_named(CONFIGURATIONS))
    return environment_of(workspace.program, dossiers, workspace.deployment.serving(), forwards)


def _in_file(
    workspace: Workspace, tables: Tables, module: Module, handed_on: frozenset[bytes]
) -> tuple[tuple[Dossier, ...], tuple[tuple[str, str], ...]]:
    """The dossiers of a file, and what of it could not be read. One answer: most files have no part in a save.

    The units are part of its key: which there are, and in what order, is no token.
    """
    path = module.path

    def read() -> tuple[tuple[Dossier, ...], tuple[tuple[str, str], ...]]:
        found: list[Dossier] = []
        failures: list[tuple[str, str]] = []
        for unit in module.units:
            workspace.queries.note(unit)
            if may_connect(tables, module, unit, handed_on):
                found += _dossiers(workspace, path, unit, handed_on, failures)
        return tuple(found), tuple(failures)

    return workspace.queries.get(("dossiers of file", path, module.units, handed_on), read)


def _dossiers(
    workspace: Workspace,
    path: str,
    unit: Unit,
    handed_on: frozenset[bytes],
    failures: list[tuple[str, str]],
) -> tuple[Dossier, ...]:
    """The dossiers of a unit; one that cannot be made costs no other, and is told as a problem of its file."""
    try:
        return dossiers_in(workspace.program, path, unit, handed_on)
    except Exception as error:
        _log.exception("the connections of %s could not be read", path)
        failures.append((path, f"some connections here could not be read: {error!r}"[:300]))
        return ()


def _numbered(workspace: Workspace, dossier: Dossier, number: int) -> Dossier:
    """The dossier under a numbered id; the same object for the same dossier and number."""
    key = ("numbered", id(dossier), number)

    def make() -> tuple[Dossier, Dossier]:
        workspace.queries.note(dossier.connection.site.unit)
        connection = replace(dossier.connection, id=f"{dossier.connection.id}#{number}")
        return dossier, replace(dossier, connection=connection)

    original, renamed = workspace.queries.get(key, make)
    return renamed if original is dossier else make()[1]
