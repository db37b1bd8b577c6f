"""What a small workspace's connections look like, in the terms that the tests compare."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.workspace.connections import connections_of
from halfopen.workspace.discovery import Scope
from halfopen.workspace.workspace import Workspace


class Found(NamedTuple):
    """A connection: the line of its site (from 1) and the text that begins there."""

    path: str
    line: int
    side: str
    library: str
    name: str
    url: str | None


def write(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return root


def dossiers(root: Path, files: Mapping[str, str]) -> tuple[Workspace, tuple[Dossier, ...]]:
    workspace = Workspace(write(root, files), Scope())
    workspace.scan()
    workspace.update()
    return workspace, connections_of(workspace)


def found(root: Path, files: Mapping[str, str]) -> list[Found]:
    """The connections of a workspace made of these files, by path and line."""
    workspace, made = dossiers(root, files)
    return sorted(_seen(workspace, dossier) for dossier in made)


def _seen(workspace: Workspace, dossier: Dossier) -> Found:
    connection = dossier.connection
    place, text = workspace.locate(connection.site), workspace.text(connection.site.path)
    assert place is not None
    assert text is not None
    url = dossier.url.value if isinstance(dossier.url, Known) else None
    line = text.point(place[0]).line + 1
    return Found(connection.site.path, line, connection.side, connection.library, connection.name, url)


def site_text(root: Path, files: Mapping[str, str]) -> list[str]:
    """The source text of each site."""
    workspace, made = dossiers(root, files)
    texts: list[str] = []
    for dossier in made:
        place, text = workspace.locate(dossier.connection.site), workspace.text(dossier.connection.site.path)
        assert place is not None
        assert text is not None
        texts.append(text.data[place[0] : place[1]].decode())
    return texts


def leaks(root: Path, files: Mapping[str, str]) -> list[str]:
    """What each finding of WS1B names, by line."""
    auditor = Auditor(write(root, files), Settings())
    auditor.refresh()
    return [each.finding.message for each in auditor.findings() if each.finding.code == "WS1B"]
