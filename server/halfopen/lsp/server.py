"""The server object: who the client is, what it sees, and which function answers which message."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from halfopen import __version__
from halfopen.lsp.protocol import HalfopenProtocol
from halfopen.lsp.view import EditorView

if TYPE_CHECKING:
    from halfopen.lsp.audits import Audits
    from halfopen.lsp.capabilities import ClientFeatures
    from halfopen.lsp.findings import Ended
    from halfopen.lsp.progress import AuditProgress


class HalfopenServer(LanguageServer):
    """The state of one session. `client`, `audits` and the rest are there once `initialize` is answered."""

    client: ClientFeatures
    audits: Audits

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "halfopen", __version__, protocol_cls=HalfopenProtocol
        )
        self.view = EditorView()
        self.folder_uris: list[str] = []
        self.audit_progress: AuditProgress | None = None
        self.auditing = False
        self.last_audit: Ended | None = None
        self.configuring: asyncio.Task[None] | None = None
        self.shutdown_requested = False
        self._noted: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def wire(self) -> HalfopenProtocol:
        """The protocol, with what it does beyond pygls' own."""
        return cast("HalfopenProtocol", self.protocol)

    def note(self, message: str, type: types.MessageType = types.MessageType.Info) -> None:  # noqa: A002
        """Write a line to the client's log."""
        self.window_log_message(types.LogMessageParams(type, message))

    def note_once(self, message: str) -> None:
        """Write a line to the client's log unless this session has written it already."""
        if message not in self._noted:
            self._noted.add(message)
            self.note(message)

    def background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine that nobody waits for; it is kept alive, and its failure is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def report_server_error(self, error: Exception, source: object) -> None:
        """Log an error of the protocol or of a handler; pygls would put each in a pop-up."""
        self.note(f"{type(error).__name__}: {error}", types.MessageType.Error)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self.report_server_error(error, None)
