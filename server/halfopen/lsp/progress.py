"""`$/progress`: how far a long audit is, and a way to stop it."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from halfopen.lsp.findings import Progressed
    from halfopen.lsp.server import HalfopenServer

TITLE = "halfopen"


class AuditProgress:
    """The progress of one audit: shown once the client has made room for it, and not after the end."""

    _numbers = itertools.count(1)

    def __init__(self, ls: HalfopenServer) -> None:
        self._ls = ls
        self.token = f"halfopen/audit/{next(self._numbers)}"
        self._ended = False
        self._shown = False
        self._creation = asyncio.create_task(self._create())

    def report(self, event: Progressed) -> None:
        if self._shown and not self._ended:
            share = 100 * event.done // event.total if event.total else 100
            self._send(
                types.WorkDoneProgressReport(
                    message=f"{event.done}/{event.total} {event.path}", percentage=min(share, 100)
                )
            )

    def end(self, message: str) -> None:
        self._ended = True
        if self._shown:
            self._send(types.WorkDoneProgressEnd(message=message))

    async def _create(self) -> None:
        try:
            await self._ls.window_work_done_progress_create_async(
                types.WorkDoneProgressCreateParams(self.token)
            )
        except JsonRpcException:
            return
        if not self._ended:
            self._shown = True
            self._send(
                types.WorkDoneProgressBegin(
                    TITLE, cancellable=True, message="auditing the workspace", percentage=0
                )
            )

    def _send(
        self, value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd
    ) -> None:
        self._ls.progress(types.ProgressParams(self.token, value))


def cancelled(ls: HalfopenServer, params: types.WorkDoneProgressCancelParams) -> None:
    """`window/workDoneProgress/cancel`: the person wants the audit under way to stop."""
    if ls.audit_progress is not None and ls.audit_progress.token == params.token:
        ls.audits.cancel()
