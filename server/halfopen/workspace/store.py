"""A file of kept answers on disk that several processes read and write, and that may go missing at any time.

SQLite in WAL mode: a file's trees are added to as more of them are asked for, a workspace has thousands
of files, and the least recently used must be found; a folder of small files, each replaced as a whole,
would write again what is there and have nothing to prune by. Readers never wait in WAL mode, and a writer
waits for the few milliseconds of another's transaction. Whatever goes wrong, there is merely no answer.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import sqlite3

FILE_NAME = "extracts.sqlite3"
_FILES = (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm")
_FOLDER = re.compile(r"\d+\.\d+[\w.+]*-[0-9a-f]{16}")

MAX_BYTES = 256_000_000
"""What is kept at most, some twenty workspaces of a thousand files."""

DAY_SECONDS = 86_400
OLD_SECONDS = 14 * DAY_SECONDS
"""After how long without a write another version's folder goes."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (key BLOB PRIMARY KEY, outline BLOB NOT NULL, used INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bodies (
    key BLOB NOT NULL, position INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (key, position)
);
"""

_DAMAGED = {1, 11, 26}
"""SQLite's codes ERROR (another schema), CORRUPT and NOTADB (www.sqlite.org/rescode.html)."""

T = TypeVar("T")


def folder_name(version: str, fingerprint: str) -> str:
    """The name of the folder that one version of the program, with one lowering, keeps its file in."""
    return f"{version}-{fingerprint}"


@dataclass(frozen=True, slots=True)
class Rows:
    """What is written in one transaction: outlines by key, bodies by key and position, keys that were used."""

    outlines: dict[bytes, bytes]
    bodies: dict[tuple[bytes, int], bytes]
    used: frozenset[bytes]


class Store:
    """The file in `folder`, opened when first asked. Calls must not overlap; none of them raises."""

    def __init__(
        self,
        folder: Path,
        wait_seconds: float = 0.25,
        max_bytes: int = MAX_BYTES,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._wait_seconds = wait_seconds
        self._max_bytes = max_bytes
        self._now = now
        self._connection: sqlite3.Connection | None = None
        self._opened = False
        self._swept = False

    def outline(self, key: bytes) -> tuple[bytes, bool] | None:
        """What is kept for a key, and whether its use should be told (not noted for a day)."""
        found = self._one("SELECT outline, used FROM files WHERE key = ?", (key,))
        return None if found is None else (found[0], found[1] < self._now() - DAY_SECONDS)

    def body(self, key: bytes, position: int) -> bytes | None:
        found = self._one("SELECT body FROM bodies WHERE key = ? AND position = ?", (key, position))
        return None if found is None else found[0]

    def write(self, rows: Rows) -> bool:
        """Add the rows; what is there already stays. False where they could not be written just now."""
        used = int(self._now())

        def insert(connection: sqlite3.Connection) -> bool:
            with _transaction(connection):
                connection.executemany(
                    "INSERT OR IGNORE INTO files VALUES (?, ?, ?)",
                    [(key, outline, used) for key, outline in rows.outlines.items()],
                )
                connection.executemany(
                    "INSERT OR IGNORE INTO bodies VALUES (?, ?, ?)",
                    [(*place, body) for place, body in rows.bodies.items()],
                )
                connection.executemany(
                    "UPDATE files SET used = ? WHERE key = ?", [(used, key) for key in rows.used]
                )
            return True

        return self._with(insert) or False

    def replace(self) -> None:
        """Begin with an empty file: what was read cannot be what was written."""
        self._remove()

    def prune(self) -> None:
        """Drop what was used longest ago where the file is too large, and folders of other versions that are old."""
        self._with(self._shrink)
        if not self._swept:
            self._swept = True
            sweep(self._folder.parent, self._folder.name, self._now() - OLD_SECONDS)

    def close(self) -> None:
        self._opened = False
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(Exception):
                connection.close()

    def _shrink(self, connection: sqlite3.Connection) -> None:
        shrunk = False
        while _size(connection) > self._max_bytes:
            with _transaction(connection):
                gone = connection.execute(
                    "DELETE FROM files WHERE key IN"
                    " (SELECT key FROM files ORDER BY used LIMIT (SELECT count(*) / 4 + 1 FROM files))"
                ).rowcount
                connection.execute("DELETE FROM bodies WHERE key NOT IN (SELECT key FROM files)")
            shrunk = True
            if gone < 1:
                break
        if shrunk:
            connection.execute("PRAGMA incremental_vacuum").fetchall()

    def _one(self, query: str, values: tuple[object, ...]) -> tuple[bytes, int] | None:
        return self._with(lambda connection: connection.execute(query, values).fetchone())

    def _with(self, use: Callable[[sqlite3.Connection], T]) -> T | None:
        """What `use` makes of the connection; None without one. A damaged file is replaced, once."""
        if not self._opened:
            self._opened = True
            self._connection = self._open()
        if self._connection is None:
            return None
        import sqlite3

        try:
            return use(self._connection)
        except sqlite3.Error as error:
            if _is_damage(error):
                self._remove()
            return None

    def _open(self, again: bool = True) -> sqlite3.Connection | None:
        try:
            import sqlite3

            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except (OSError, ImportError):
            return None
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                self._folder / FILE_NAME,
                timeout=self._wait_seconds,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute("PRAGMA synchronous = NORMAL")
            [tables] = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
            ).fetchone()
            if not tables:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
            if tables < _SCHEMA.count("TABLE"):
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
            connection.execute("SELECT outline, used FROM files LIMIT 1").fetchall()
            connection.execute("SELECT body FROM bodies WHERE position = 0 LIMIT 1").fetchall()
        except (sqlite3.Error, OSError) as error:
            if connection is not None:
                connection.close()
            if again and isinstance(error, sqlite3.Error) and _is_damage(error):
                return self._open(again=False) if _unlink(self._folder) else None
            return None
        return connection

    def _remove(self) -> None:
        self.close()
        if not _unlink(self._folder):
            self._opened = True


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _size(connection: sqlite3.Connection) -> int:
    [pages], [free], [size] = (
        connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _unlink(folder: Path) -> bool:
    """Remove the files of a store; False where one stays, as on Windows while another process has it open."""
    try:
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
    except OSError:
        return False
    return True


def sweep(parent: Path, own: str, before: float) -> None:
    """Remove the stores in folders of other versions to which nothing was written since a moment (Unix time).

    Nothing is touched that is not a store: the folder may be one that a person chose.
    """
    with contextlib.suppress(OSError):
        for folder in list(parent.iterdir()):
            if folder.name == own or not _FOLDER.fullmatch(folder.name) or folder.is_symlink():
                continue
            with contextlib.suppress(OSError):
                written = [(folder / name).stat().st_mtime for name in _FILES if (folder / name).is_file()]
                if written and max(written) < before and _unlink(folder):
                    folder.rmdir()
