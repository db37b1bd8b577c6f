"""The server lives no longer than its client: the process that started it is watched."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer

POLL_SECONDS = 1.0
"""How often a process is looked for where the system cannot tell of its end."""


def follow_client(ls: HalfopenServer, pid: int) -> None:
    """End this process when the client's ends, even if something else keeps standard input open."""

    if not watch_process(pid, leave):
        ls.note_once(f"process {pid} cannot be seen from here; the server ends with its standard input")


def leave() -> None:
    """End this process because its client is gone."""
    # Not sys.exit: a thread still waits for input, which may never come.
    os._exit(1)


def watch_process(pid: int, ended: Callable[[], None]) -> bool:
    """Have `ended` called, on any thread, when the process is gone.

    False where the process cannot be seen from here, as from inside a container; the end of standard
    input must do then. Needs a running event loop.
    """
    if sys.platform == "win32":
        return _watch_windows(pid, ended)
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except (ProcessLookupError, OverflowError):
        return False
    if sys.platform == "linux":
        try:
            descriptor = os.pidfd_open(pid)
        except OSError:
            pass  # an old kernel or a sandbox that forbids the call
        else:
            asyncio.get_running_loop().add_reader(descriptor, ended)
            return True
    threading.Thread(target=_poll, args=(pid, ended), name="halfopen-client", daemon=True).start()
    return True


def _poll(pid: int, ended: Callable[[], None]) -> None:
    while True:
        time.sleep(POLL_SECONDS)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            ended()
            return
        except PermissionError:
            pass


def _watch_windows(pid: int, ended: Callable[[], None]) -> bool:
    # os.kill(pid, 0) ends the process on Windows, so the process is waited for by its handle.
    if sys.platform != "win32":
        return False
    import ctypes

    synchronize, infinite = 0x00100000, 0xFFFFFFFF
    kernel = ctypes.windll.kernel32
    handle = kernel.OpenProcess(synchronize, False, pid)
    if not handle:
        return False

    def wait() -> None:
        kernel.WaitForSingleObject(handle, infinite)
        ended()

    threading.Thread(target=wait, name="halfopen-client", daemon=True).start()
    return True
