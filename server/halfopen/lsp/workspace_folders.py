"""The folders of the workspace: at `initialize`, and `workspace/didChangeWorkspaceFolders`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from halfopen.lsp import configuration
from halfopen.lsp.locations import path_of

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer


def folder_uris(params: types.InitializeParams) -> list[str]:
    """The folders the client names: workspace folders, else the root of older clients, else none."""
    if params.workspace_folders:
        return [folder.uri for folder in params.workspace_folders]
    if params.root_uri:
        return [params.root_uri]
    if params.root_path:
        return [Path(params.root_path).absolute().as_uri()]
    return []


def open_folders(ls: HalfopenServer, uris: list[str]) -> None:
    """Have folders audited. A folder that is not on this machine's disks is left out, with a note."""
    for uri in uris:
        path = path_of(uri)
        if path is None:
            ls.note_once(f"{uri} is not audited: it is not a folder on disk")
        elif uri not in ls.folder_uris:
            ls.folder_uris.append(uri)
            ls.audits.tell(lambda desk, path=path, uri=uri: desk.add_folder(path, uri))


def did_change_workspace_folders(ls: HalfopenServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    for folder in params.event.removed:
        if folder.uri in ls.folder_uris:
            ls.folder_uris.remove(folder.uri)
            ls.audits.tell(lambda desk, uri=folder.uri: desk.remove_folder(uri))
    open_folders(ls, [folder.uri for folder in params.event.added])
    if params.event.added and ls.client.pulls_configuration:
        configuration.pull(ls)
