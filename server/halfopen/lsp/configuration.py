"""The editor's settings: `workspace/didChangeConfiguration` and `workspace/configuration`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from halfopen.lsp.json_values import Table, table

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer

SECTION = "halfopen"
PATIENCE_SECONDS = 5.0
"""How long the client may take to answer before its settings are done without."""


def registration() -> types.Registration:
    """The request to be told when the section changes; without it some clients stay silent."""
    return types.Registration(
        "halfopen/configuration",
        types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        types.DidChangeConfigurationRegistrationOptions(section=SECTION),
    )


def did_change_configuration(ls: HalfopenServer, params: types.DidChangeConfigurationParams) -> None:
    """The settings changed: ask for them where the client answers that, else take what it sent."""
    if ls.client.pulls_configuration:
        pull(ls)
    else:
        values = section(table(params.settings))
        ls.audits.tell(lambda desk: desk.configure({}, values))


def pull(ls: HalfopenServer) -> None:
    """Ask for the settings of every folder and give them to the desk; a newer question replaces an older."""
    if ls.configuring is not None:
        ls.configuring.cancel()
    ls.configuring = ls.background(_pull(ls))


def section(settings: Table) -> Table:
    """halfopen's part of settings that a client pushed, whether it sent that part alone or all."""
    return table(settings[SECTION]) if SECTION in settings else settings


async def _pull(ls: HalfopenServer) -> None:
    folders = tuple(ls.folder_uris)
    items = [types.ConfigurationItem(scope_uri=uri, section=SECTION) for uri in (*folders, None)]
    try:
        answer = await asyncio.wait_for(
            ls.workspace_configuration_async(types.ConfigurationParams(items)), PATIENCE_SECONDS
        )
    except (TimeoutError, JsonRpcException) as error:
        ls.note(f"the client did not give its settings ({type(error).__name__}); the project's are used")
        ls.audits.tell(lambda desk: desk.begin())
        return
    tables = [table(each) for each in answer]
    tables += [{}] * (len(items) - len(tables))
    ls.audits.tell(lambda desk: desk.configure(dict(zip(folders, tables, strict=False)), tables[-1]))
