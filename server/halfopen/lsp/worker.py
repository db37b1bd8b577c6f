"""The one thread that owns documents and audits, and does their work in the order it arrives."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

logger = logging.getLogger(__name__)


REST_SECONDS = 2.0
"""How long nothing must have happened before `rest` is called."""


class Worker:
    """Runs jobs one after the other, `audit` when one is due and no job waits, and once in each rest `rest`.

    Jobs come first, so that an edit or a question never waits behind an audit that has not begun; a
    long audit asks `interrupted` now and then and makes way.
    """

    def __init__(self, audit: Callable[[], None], rest: Callable[[], None]) -> None:
        self._audit = audit
        self._rest = rest
        self._rested = True
        self._jobs: deque[Callable[[], None]] = deque()
        self._idle: list[Future[None]] = []
        self._due: float | None = None
        self._closing = False
        self._changed = threading.Condition()
        # A daemon: a pathological file must not keep the process alive after its client has gone.
        self._thread = threading.Thread(target=self._work, name="halfopen-audit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Put a job at the end of the queue; its result or exception arrives in the future."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job())
            except Exception as error:
                future.set_exception(error)

        with self._changed:
            if self._closing:
                future.cancel()
            else:
                self._jobs.append(run)
                self._changed.notify()
        return future

    def audit_after(self, seconds: float) -> None:
        """Have an audit run once `seconds` have passed; this replaces a wait that is under way."""
        with self._changed:
            self._due = time.monotonic() + seconds
            self._changed.notify()

    def audit_soon(self) -> None:
        self.audit_after(0)

    def interrupted(self) -> bool:
        """Whether the audit under way should make way for a job, or for the end."""
        return bool(self._jobs) or self._closing

    @property
    def closing(self) -> bool:
        return self._closing

    def when_idle(self) -> Future[None]:
        """A future that is done once no job waits and no audit runs or is due."""
        future: Future[None] = Future()
        with self._changed:
            if self._closing:
                future.cancel()
            else:
                self._idle.append(future)
                self._changed.notify()
        return future

    def close(self) -> None:
        """Drop what waits and end the thread as soon as the work at hand lets it."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the thread's end; False where it has not ended in time."""
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except Exception:
                logger.exception("the audit thread goes on after an error")

    def _next(self) -> Callable[[], None] | None:
        quiet_since = time.monotonic()
        with self._changed:
            while not self._closing:
                if self._jobs:
                    self._rested = False
                    return self._jobs.popleft()
                wait = None if self._due is None else self._due - time.monotonic()
                if wait is not None and wait <= 0:
                    self._due = None
                    self._rested = False
                    return self._audit
                if wait is None:
                    self._settle()
                    if not self._rested:
                        wait = quiet_since + REST_SECONDS - time.monotonic()
                        if wait <= 0:
                            self._rested = True
                            return self._rest
                self._changed.wait(wait)
            return None

    def _settle(self) -> None:
        idle, self._idle = self._idle, []
        for future in idle:
            if future.set_running_or_notify_cancel():
                future.set_result(None)
