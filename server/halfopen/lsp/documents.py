"""`textDocument/didOpen`, `didChange`, `didSave` and `didClose`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from halfopen.lsp.locations import path_of
from halfopen.lsp.shifting import edits_of

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer


def did_open(ls: HalfopenServer, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    path = path_of(item.uri)
    if path is None:
        ls.note_once(f"{item.uri} is not audited: it is not a file")
        # A client may wait for a word about each document that it opens.
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(item.uri, [], item.version))
        return
    document = ls.view.opened(item.uri, item.version)
    ls.audits.tell(lambda desk: desk.open(path, item.uri, document.opening, item.text))


def did_change(ls: HalfopenServer, params: types.DidChangeTextDocumentParams) -> None:
    uri, version = params.text_document.uri, params.text_document.version
    changes = tuple(params.content_changes)
    before = ls.view.document(uri)
    if before is not None and version <= before.version:
        ls.note_once(
            f"{uri}: a change came with version {version} after {before.version}; taken in its order"
        )
    document = ls.view.edited(uri, version, edits_of(changes, ls.client.encoding))
    if document is None:
        if path_of(uri) is not None:
            ls.note_once(f"{uri}: a change is ignored, the document is not open")
        return
    edition = document.edition
    ls.audits.tell(lambda desk: desk.edit(uri, edition, changes))


def did_save(ls: HalfopenServer, params: types.DidSaveTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    if path is not None:
        ls.audits.tell(lambda desk: desk.save(path))


def did_close(ls: HalfopenServer, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    if ls.view.closed(uri) is not None:
        ls.audits.tell(lambda desk: desk.close(uri))
