"""What the client can do, asked of its capabilities once and kept as plain answers."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import get_capability

from halfopen.lsp.json_values import table


@dataclass(frozen=True, slots=True)
class ClientFeatures:
    """The client's abilities that change what the server sends."""

    encoding: str
    """The unit of columns, as negotiated: "utf-8", "utf-16" or "utf-32"."""
    related_information: bool
    code_description: bool
    diagnostic_data: bool
    code_action_literals: bool
    resolves_edits: bool
    preferred_actions: bool
    versioned_edits: bool
    creates_files: bool
    """An edit may make new files."""
    markdown_hover: bool
    progress: bool
    pulls_configuration: bool
    registers_configuration: bool
    registers_watchers: bool
    refreshes_lenses: bool
    shows_others: bool
    """The client has the command `halfopen.showOthers` and said so in `initializationOptions`."""
    shows_messages: bool
    """The client said in `initializationOptions` that its hover shows a finding's message above the server's text."""
    announces_audits: bool
    """The client asked in `initializationOptions` for `halfopen/auditFinished`."""


def client_features(params: types.InitializeParams, encoding: str) -> ClientFeatures:
    """Read the client's capabilities. A capability that is not stated is taken as missing."""

    def can(name: str) -> bool:
        return get_capability(params.capabilities, name, False) is True

    document = params.capabilities.text_document or types.TextDocumentClientCapabilities()
    action = document.code_action or types.CodeActionClientCapabilities()
    resolve = action.resolve_support
    hover = document.hover or types.HoverClientCapabilities()
    workspace = params.capabilities.workspace or types.WorkspaceClientCapabilities()
    edit = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
    return ClientFeatures(
        encoding=encoding,
        related_information=can("text_document.publish_diagnostics.related_information"),
        code_description=can("text_document.publish_diagnostics.code_description_support"),
        diagnostic_data=can("text_document.publish_diagnostics.data_support"),
        code_action_literals=action.code_action_literal_support is not None,
        resolves_edits=bool(action.data_support and resolve and "edit" in resolve.properties),
        preferred_actions=bool(action.is_preferred_support),
        versioned_edits=can("workspace.workspace_edit.document_changes"),
        creates_files=edit.document_changes is True
        and types.ResourceOperationKind.Create in (edit.resource_operations or ()),
        markdown_hover=types.MarkupKind.Markdown in (hover.content_format or ()),
        progress=can("window.work_done_progress"),
        pulls_configuration=can("workspace.configuration"),
        registers_configuration=can("workspace.did_change_configuration.dynamic_registration"),
        registers_watchers=can("workspace.did_change_watched_files.dynamic_registration"),
        refreshes_lenses=can("workspace.code_lens.refresh_support"),
        shows_others=table(params.initialization_options).get("showOthers") is True,
        shows_messages=table(params.initialization_options).get("hoverHasMessage") is True,
        announces_audits=table(params.initialization_options).get("auditFinished") is True,
    )
