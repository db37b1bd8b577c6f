"""Files parsed and lowered ahead by other processes, while this one is at work on those it has.

Each worker is given one file at a time, from the end of the list; this process takes what is ready and
reads by itself what is not, so that nobody waits and the result is the same with any number of workers,
or none. A worker ends with its input: it outlives this process in no case.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import halfopen
from halfopen.source import Language
from halfopen.workspace.packing import Unreadable, unpacked

LEAST_BYTES = 1_500_000
"""Less code than this is read before a worker has started."""

MOST_WORKERS = 3
"""More than that are ready before anybody asks: this process has the rest to do."""

LANGUAGES: tuple[Language, ...] = tuple(Language)
REQUEST = struct.Struct(">IB")
REPLY = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a worker read: an outline in plain types, and the packed trees by their position."""

    outline: Any
    bodies: dict[int, bytes]


def spare_cores() -> int:
    """How many workers can run beside this process."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return min(cores - 1, MOST_WORKERS)


class Ahead:
    """Workers, and what they have read."""

    def __init__(self, workers: int) -> None:
        self._most = workers
        self._lock = threading.Lock()
        self._waiting: dict[bytes, tuple[bytes, Language]] = {}
        self._ready: dict[bytes, Reading] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.threads: list[threading.Thread] = []

    def start(self, files: Iterable[tuple[bytes, bytes, Language]]) -> None:
        """Have the files read, given with their keys. Nothing happens where they are few, or no process starts."""
        self._waiting = {key: (data, language) for key, data, language in files}
        if sum(len(data) for data, _ in self._waiting.values()) < LEAST_BYTES:
            self._waiting.clear()
            return
        for _ in range(self._most):
            process = _worker()
            if process is None:
                break
            self.processes.append(process)
            thread = threading.Thread(target=self._feed, args=(process,), daemon=True)
            self.threads.append(thread)
            thread.start()
        if not self.processes:
            self._waiting.clear()

    def take(self, key: bytes) -> Reading | None:
        """What was read of a file; None where it is not ready, and no worker need read it any more."""
        with self._lock:
            self._waiting.pop(key, None)
            return self._ready.pop(key, None)

    def close(self) -> None:
        """End the workers, whatever they are at."""
        with self._lock:
            self._waiting.clear()
            self._ready.clear()
            processes, self.processes = self.processes, []
        for process in processes:
            process.kill()
            process.wait()

    def _feed(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        # A worker that is ended, by us or by anybody, leaves its files to this process.
        with contextlib.suppress(OSError, EOFError, Unreadable), process.stdin, process.stdout:
            while True:
                with self._lock:
                    if not self._waiting:
                        return
                    key, (data, language) = self._waiting.popitem()
                process.stdin.write(REQUEST.pack(len(data), LANGUAGES.index(language)) + data)
                process.stdin.flush()
                found = unpacked(
                    exactly(process.stdout, REPLY.unpack(exactly(process.stdout, REPLY.size))[0])
                )
                if found is not None:
                    outline, bodies = found
                    with self._lock:
                        self._ready[key] = Reading(outline, dict(bodies))


def _worker() -> subprocess.Popen[bytes] | None:
    if not sys.executable:
        return None
    try:
        # -P: what lies in the audited folder is not imported. The package's own folder is no place for modules either.
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "halfopen.workspace.ahead_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(halfopen.__file__).parent,
        )
    except OSError:
        return None


def exactly(stream: IO[bytes], size: int) -> bytes:
    """So many bytes. Raises EOFError where the stream ends before."""
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
