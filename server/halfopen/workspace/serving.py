"""Finds what serves a connection on its way, from code and deployment files together."""

from __future__ import annotations

from collections.abc import Sequence

from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.serving import Serving
from halfopen.workspace.workspace import Workspace


def serving_of(workspace: Workspace, dossier: Dossier, others: Sequence[Other]) -> Serving:
    """What serves one connection; a client is served by what serves its other side."""
    return Serving()
