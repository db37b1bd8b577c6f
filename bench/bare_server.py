"""The yardstick: a pygls server that only parses the saved file and publishes an empty list.

What a server in Python on pygls and tree-sitter cannot do without; whatever halfopen needs beyond it is its own."""

import tree_sitter_python
import tree_sitter_typescript
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from tree_sitter import Language, Parser

PYTHON = Language(tree_sitter_python.language())
TSX = Language(tree_sitter_typescript.language_tsx())

server = LanguageServer("bare", "1", text_document_sync_kind=types.TextDocumentSyncKind.Incremental)


def publish(ls: LanguageServer, uri: str) -> None:
    document = ls.workspace.get_text_document(uri)
    Parser(PYTHON if uri.endswith(".py") else TSX).parse(document.source.encode())
    ls.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(uri=uri, version=document.version, diagnostics=[])
    )


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: LanguageServer, params: types.DidOpenTextDocumentParams) -> None:
    publish(ls, params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def did_save(ls: LanguageServer, params: types.DidSaveTextDocumentParams) -> None:
    publish(ls, params.text_document.uri)


if __name__ == "__main__":
    server.start_io()
