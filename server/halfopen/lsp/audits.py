"""The loop's handle on the worker thread and on the desk that works there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types

from halfopen.lsp.findings import Note
from halfopen.lsp.worker import Worker

if TYPE_CHECKING:
    from halfopen.lsp.desk import Desk
    from halfopen.lsp.findings import Event

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Audits:
    """Passes work to the desk, and its events back to the loop in the order they happen."""

    def __init__(self, encoding: str, handle: Callable[[Event], None]) -> None:
        self._encoding = encoding
        self._handle = handle
        self._loop = asyncio.get_running_loop()
        self._cancel = threading.Event()
        self._desk: Desk | None = None
        self._worker = Worker(self._audit, self._rest)
        self._worker.submit(self._open_desk).add_done_callback(self._log_failure)

    def start(self) -> None:
        """Start the thread. Until then whatever is told or asked waits."""
        self._worker.start()

    def tell(self, job: Callable[[Desk], object]) -> None:
        """Have the desk do something; a failure is logged."""
        self._worker.submit(lambda: job(self._desk) if self._desk else None).add_done_callback(
            self._log_failure
        )

    def ask(self, job: Callable[[Desk], T]) -> Awaitable[T]:
        """Have the desk find something out, after everything told before. Raises what the job raises."""
        return asyncio.wrap_future(self._worker.submit(lambda: job(self._opened_desk())))

    def settled(self) -> Awaitable[None]:
        """Done once everything told so far is audited, and its events have arrived."""
        return asyncio.wrap_future(self._worker.when_idle())

    def cancel(self) -> None:
        """Stop the audit under way; the next change starts another."""
        self._cancel.set()

    def close(self) -> None:
        self._worker.close()

    def join(self, timeout_seconds: float) -> bool:
        return self._worker.join(timeout_seconds)

    def _open_desk(self) -> None:
        # Here, on the worker's thread and after the answer to `initialize`, the analysis is imported.
        try:
            from halfopen.lsp.desk import Desk
        except Exception as error:  # an installation that lacks a part: nothing works, and that once is told
            logger.exception("the analysis cannot be loaded")
            text = f"the analysis cannot be loaded, please install halfopen anew ({type(error).__name__}: {error})"
            self._post(Note(text, types.MessageType.Error, shown=True))
        else:
            self._desk = Desk(self._encoding, self._worker, self._cancel, self._post)

    def _opened_desk(self) -> Desk:
        if self._desk is None:
            raise RuntimeError("the analysis cannot be loaded")
        return self._desk

    def _audit(self) -> None:
        self._opened_desk().audit()

    def _rest(self) -> None:
        if self._desk is not None:
            self._desk.rest()

    def _post(self, event: Event) -> None:
        # The loop closes before this thread ends when the client leaves in the middle of an audit.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._handle, event)

    def _log_failure(self, future: Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            logger.error("work for the editor failed", exc_info=error)
            self._post(Note(f"{type(error).__name__}: {error}", types.MessageType.Error))
