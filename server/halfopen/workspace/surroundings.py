"""Puts each dossier into its surroundings: the other side and the deployment, known only when all are read.

A dossier keeps its identity while neither it, nor what is linked to it, nor what serves it changed, so
that rules run again on what an edit touched and on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from halfopen.connections.dossier import Dossier, Other, Surroundings
from halfopen.connections.facts import Evidence, Line
from halfopen.connections.launches import starts_in_code
from halfopen.connections.links import Link
from halfopen.workspace.connections import links_between
from halfopen.workspace.serving import serving_of
from halfopen.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Placed:
    """A dossier as its code gives it, and the same within its surroundings."""

    alone: Dossier
    surrounded: Dossier
    served_by: object
    """Another one where what may serve connections changed."""


def surround(
    workspace: Workspace, dossiers: Sequence[Dossier], before: Sequence[Placed]
) -> tuple[tuple[Placed, ...], tuple[Link, ...]]:
    """The dossiers within their surroundings, in their order, and the links between them.

    `before` is what the last call gave: what is equal to it stays the same object.
    """
    links = links_between(workspace, dossiers)
    by_id = {each.connection.id: each for each in dossiers}
    others: dict[str, list[Other]] = {}
    for link in links:
        client, endpoint = by_id[link.client], by_id[link.endpoint]
        others.setdefault(link.client, []).append(Other(endpoint, link.strength, link.evidence))
        others.setdefault(link.endpoint, []).append(Other(client, link.strength, link.evidence))
    known = {id(each.alone): each for each in before}
    shells = _shells(workspace)
    served_by = (workspace.deployment.revision, starts_in_code(workspace.program))
    placed: list[Placed] = []
    for dossier in dossiers:
        around = tuple(others.get(dossier.connection.id, ()))
        old = known.get(id(dossier))
        if old is not None and not _same(old.surrounded.surroundings, around):
            old = None
        if old is not None and old.served_by == served_by:
            placed.append(old)
            continue
        serving, desktop = serving_of(workspace, dossier, around), _desktop(shells, dossier)
        now = Surroundings(around, serving, desktop)
        if old is not None and _is_served_alike(old.surrounded.surroundings, now):
            surrounded = old.surrounded
        else:
            surrounded = replace(dossier, surroundings=now)
        placed.append(Placed(dossier, surrounded, served_by))
    return tuple(placed), links


def _same(before: Surroundings, around: Sequence[Other]) -> bool:
    """Whether the other sides are the very same dossiers, told by their identity, which is quick."""
    return len(before.others) == len(around) and all(
        one.dossier is two.dossier and one.strength == two.strength
        for one, two in zip(before.others, around, strict=True)
    )


def _is_served_alike(before: Surroundings, now: Surroundings) -> bool:
    return before.serving == now.serving and before.desktop == now.desktop


_SHELLS = {"electron": "Electron", "@tauri-apps/api": "Tauri", "@tauri-apps/cli": "Tauri", "nw": "NW.js"}
"""Packages of programs that show a page in a window of their own, on their user's machine."""


def _shells(workspace: Workspace) -> dict[str, Evidence]:
    """The folders whose package.json names such a package."""
    found: dict[str, Evidence] = {}
    for each in workspace.deployment.serving().requirements:
        folder, _, file = each.path.rpartition("/")
        if each.ecosystem == "npm" and file == "package.json" and each.name in _SHELLS:
            said = f"the page is shipped in a program for the user's machine ({_SHELLS[each.name]})"
            found.setdefault(folder, Evidence(Line(each.path, each.line), said))
    return found


def _desktop(shells: dict[str, Evidence], dossier: Dossier) -> Evidence | None:
    """What the nearest of these folders above a client's page says."""
    path = dossier.connection.site.path
    above = [each for each in shells if dossier.connection.side == "client" and _is_above(each, path)]
    return shells[max(above, key=len)] if above else None


def _is_above(folder: str, path: str) -> bool:
    return not folder or path.startswith(f"{folder}/")
