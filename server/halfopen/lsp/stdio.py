"""The server on standard input and output, from the first byte to the exit status."""

from __future__ import annotations

import logging
import os
import sys
from typing import BinaryIO

from lsprotocol import types

from halfopen.lsp import (
    code_action,
    code_lens,
    configuration,
    documents,
    hover,
    initialization,
    jumps,
    progress,
    status,
    watched_files,
    workspace_folders,
)
from halfopen.lsp.server import HalfopenServer

LEAVE_SECONDS = 1.0
"""How long the audit under way may take to notice that the client has gone."""


def serve() -> int:
    """Serve one client. 0 where it said goodbye as it should, 1 where it only went away."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    stdin, stdout = _own_streams()
    server = create_server()
    server.start_io(stdin, stdout)
    status_code = 0 if server.shutdown_requested else 1
    if hasattr(server, "audits"):
        server.audits.close()
        if not server.audits.join(LEAVE_SECONDS):
            # Deep in a pathological file: the interpreter would wait at its end for what is never done.
            sys.stderr.flush()
            os._exit(status_code)
    return status_code


def create_server() -> HalfopenServer:
    """A server with a function for each message it answers."""
    server = HalfopenServer()
    for method, handler in {
        types.INITIALIZE: initialization.initialize,
        types.INITIALIZED: initialization.initialized,
        types.SHUTDOWN: initialization.shutdown,
        types.TEXT_DOCUMENT_DID_OPEN: documents.did_open,
        types.TEXT_DOCUMENT_DID_CHANGE: documents.did_change,
        types.TEXT_DOCUMENT_DID_SAVE: documents.did_save,
        types.TEXT_DOCUMENT_DID_CLOSE: documents.did_close,
        types.TEXT_DOCUMENT_HOVER: hover.hover,
        types.TEXT_DOCUMENT_DEFINITION: jumps.definition,
        types.TEXT_DOCUMENT_REFERENCES: jumps.references,
        types.CODE_ACTION_RESOLVE: code_action.resolve,
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES: watched_files.did_change_watched_files,
        types.WORKSPACE_DID_CHANGE_CONFIGURATION: configuration.did_change_configuration,
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: workspace_folders.did_change_workspace_folders,
        types.WINDOW_WORK_DONE_PROGRESS_CANCEL: progress.cancelled,
        status.STATUS: status.status,
    }.items():
        server.feature(method)(handler)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, code_action.OPTIONS)(code_action.code_action)
    server.feature(types.TEXT_DOCUMENT_CODE_LENS, code_lens.OPTIONS)(code_lens.code_lens)
    return server


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """The protocol's streams, for the protocol alone: what else is printed goes to standard error."""
    stdin, stdout = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (not a path)
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stdin, stdout
