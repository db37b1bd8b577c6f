"""`halfopen/status`: what the server is doing, for a status item and for whoever waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from halfopen import __version__

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer

STATUS = "halfopen/status"


async def status(ls: HalfopenServer, params: object) -> dict[str, object]:
    """The state of the server. With `{"settled": true}` it is answered once all that came before is audited.

    `state` is "starting" (nothing audited yet), "auditing" or "idle". `files` counts the code files of
    the last audit, `findings` what is shown now.
    """
    if getattr(params, "settled", False) is True:
        while ls.configuring is not None and not ls.configuring.done():
            await asyncio.wait([ls.configuring])
        await ls.audits.settled()
    audit = ls.last_audit
    return {
        "version": __version__,
        "state": "auditing" if ls.auditing else "idle" if audit else "starting",
        "folders": list(ls.folder_uris),
        "files": audit.files if audit else 0,
        "findings": ls.view.total(),
        "changes": audit.changes if audit else 0,
        "outcome": audit.outcome if audit else None,
    }
