"""`workspace/didChangeWatchedFiles`: files changed by others than the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from halfopen.lsp.locations import path_of

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer

WATCHED = (
    "**/*.{py,pyi,ts,tsx,mts,cts,js,jsx,mjs,cjs,html,htm}",
    "**/{*.toml,Pipfile,*.lock,requirements*.txt,requirements*.in,constraints*.txt}",
    "**/{package.json,package-lock.json,pnpm-lock.yaml,tsconfig*.json,jsconfig*.json,.gitignore}",
    "**/*.{conf,yml,yaml,service}",
    "**/*baseline*.json",
    "**/{Dockerfile*,*.Dockerfile,Procfile*,nginx*,Caddyfile*,*.sh,*.env,.env*}",
)
"""Code, and what says how it is deployed and which libraries it uses."""

IGNORED_FOLDERS = frozenset({"node_modules", ".git", ".venv", "__pycache__"})
"""Folders whose changes are many and never of interest."""


def registration() -> types.Registration:
    """The request to be told of changes. Folders that are deleted are told of as one, hence the last pattern."""
    watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
    watchers.append(types.FileSystemWatcher("**/*", types.WatchKind.Delete))
    return types.Registration(
        "halfopen/watchedFiles",
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.DidChangeWatchedFilesRegistrationOptions(watchers),
    )


def did_change_watched_files(ls: HalfopenServer, params: types.DidChangeWatchedFilesParams) -> None:
    changed = [
        path
        for event in params.changes
        if (path := path_of(event.uri)) is not None and IGNORED_FOLDERS.isdisjoint(path.parts)
    ]
    if changed:
        ls.audits.tell(lambda desk: desk.touch(changed))
