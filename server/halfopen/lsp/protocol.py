"""pygls' protocol without its copy of the documents, and with an answer for every request.

pygls keeps each open document as a text of its own, applies every change to it, and knows no progress
but its own. The worker's documents are the ones that count here, so these notifications are only
passed on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

from halfopen.lsp.lifetime import leave

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pygls.protocol.json_rpc import RPCMessage

    from halfopen.lsp.diagnostics import Plain

logger = logging.getLogger(__name__)


class Unreadable:
    """A message whose content does not fit its method."""

    jsonrpc = "2.0"

    def __init__(self, method: str, message_id: str | int | None) -> None:
        self.method = method
        self.message_id = message_id


class HalfopenProtocol(LanguageServerProtocol):
    """The protocol of one client."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Generator[Any, Any]:
        yield self._own(types.TEXT_DOCUMENT_DID_OPEN), (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any]:
        yield self._own(types.TEXT_DOCUMENT_DID_CHANGE), (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Generator[Any, Any]:
        yield self._own(types.TEXT_DOCUMENT_DID_CLOSE), (params,), None

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(
        self, params: types.WorkDoneProgressCancelParams
    ) -> Generator[Any, Any]:
        yield self._own(types.WINDOW_WORK_DONE_PROGRESS_CANCEL), (params,), None

    def publish(self, uri: str, diagnostics: list[Plain], version: int | None) -> None:
        """Send the diagnostics of a file, which are plain values as they are sent."""
        params: Plain = {"uri": uri, "diagnostics": diagnostics}
        if version is not None:
            params["version"] = version
        method = types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS
        self._send_data({"jsonrpc": self.VERSION, "method": method, "params": params})

    def typed(self, diagnostic: Plain) -> types.Diagnostic:
        """A diagnostic as a part of a message that pygls sends."""
        return self._converter.structure(diagnostic, types.Diagnostic)

    def _handle_response(
        self, msg_id: str | int, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        waiting = self._request_futures.get(msg_id)
        if waiting is not None and waiting.cancelled():
            # The answer comes after nobody waits for it any more; pygls would take that for an error.
            del self._request_futures[msg_id]
            return
        super()._handle_response(msg_id, result, error)

    def _send_data(self, data: Any) -> None:
        try:
            super()._send_data(data)
        except BrokenPipeError:
            # Nobody reads any more. Whoever sent this, a handler or an audit, has no one to tell.
            leave()

    def _own(self, method: str) -> Callable[..., Any]:
        return cast("Callable[..., Any]", self.fm.features[method])  # pyright: ignore[reportUnknownMemberType]

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message. One that cannot be read becomes an `Unreadable`, so that it can be answered."""
        try:
            return super().structure_message(data)
        except JsonRpcException:
            return Unreadable(str(data.get("method", "")), data.get("id"))

    def handle_message(self, message: Any) -> None:
        """Handle a message; every request gets an answer, whatever is wrong with it."""
        method = getattr(message, "method", None)
        message_id = message.message_id if isinstance(message, Unreadable) else getattr(message, "id", None)
        refusal = self._refusal(message, method)
        if refusal is None:
            super().handle_message(cast("RPCMessage", message))
        elif method is not None and message_id is not None:
            self._send_response(message_id, error=refusal)
        else:
            logger.warning("%s is ignored: %s", method or "a message without a method", refusal.message)

    def _refusal(self, message: Any, method: str | None) -> types.ResponseError | None:
        if getattr(message, "jsonrpc", None) != self.VERSION:
            return types.ResponseError(types.ErrorCodes.InvalidRequest.value, "this is not JSON-RPC 2.0")
        if method == types.EXIT:
            return None
        if self._shutdown and method is not None:
            return types.ResponseError(types.ErrorCodes.InvalidRequest.value, "the server is shutting down")
        if self._workspace is None and method not in {None, types.INITIALIZE}:
            return types.ResponseError(types.ErrorCodes.ServerNotInitialized.value, "initialize comes first")
        if self._workspace is not None and method == types.INITIALIZE:
            return types.ResponseError(types.ErrorCodes.InvalidRequest.value, "initialize comes only once")
        if isinstance(message, Unreadable):
            text = f"the parameters of {method} cannot be read"
            return types.ResponseError(types.ErrorCodes.InvalidParams.value, text)
        return None
