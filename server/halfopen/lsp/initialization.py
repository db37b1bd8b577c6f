"""`initialize`, `initialized` and `shutdown`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from halfopen.lsp import configuration, watched_files, workspace_folders
from halfopen.lsp.audits import Audits
from halfopen.lsp.capabilities import client_features
from halfopen.lsp.json_values import table
from halfopen.lsp.lifetime import follow_client
from halfopen.lsp.publishing import handle_event

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer


def initialize(ls: HalfopenServer, params: types.InitializeParams) -> None:
    """Take note of the client. Nothing is analysed, or even imported, before it has its answer."""
    encoding = ls.workspace.position_encoding or types.PositionEncodingKind.Utf16
    ls.client = client_features(params, types.PositionEncodingKind(encoding).value)
    ls.audits = Audits(ls.client.encoding, lambda event: handle_event(ls, event))
    if ls.process_id is not None:
        follow_client(ls, ls.process_id)
    workspace_folders.open_folders(ls, workspace_folders.folder_uris(params))
    settings = table(table(params.initialization_options).get("settings"))
    if settings:
        ls.audits.tell(lambda desk: desk.set_in_editor({}, configuration.section(settings)))


def initialized(ls: HalfopenServer, params: types.InitializedParams) -> None:
    """Begin: ask for the settings, register for what changes, audit the workspace in the background."""
    if ls.client.pulls_configuration:
        # The first audit waits for the answer, so that no finding is shown and then taken back.
        configuration.pull(ls)
    else:
        ls.audits.tell(lambda desk: desk.begin())
    ls.audits.start()
    ls.background(_register(ls))


def shutdown(ls: HalfopenServer, params: None) -> None:
    ls.shutdown_requested = True
    ls.audits.close()


async def _register(ls: HalfopenServer) -> None:
    wanted: list[types.Registration] = []
    if ls.client.registers_configuration:
        wanted.append(configuration.registration())
    if ls.client.registers_watchers:
        wanted.append(watched_files.registration())
    if not wanted:
        return
    try:
        await ls.client_register_capability_async(types.RegistrationParams(wanted))
    except JsonRpcException as error:
        ls.note(f"the client does not watch files: {error}", types.MessageType.Warning)
