"""Which files git tracks, read from its index: what is tracked is not ignored, whatever `.gitignore` says.

The format is git's own (Documentation/gitformat-index.txt, versions 2 to 4). No process is started.
"""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_INDEX_BYTES = 100_000_000
"""A million files or so."""

_HEADER = struct.Struct(">4sII")
_STAT_BYTES = 40
_MODE = struct.Struct(">I")
_MODE_AT = 24
_FLAGS = struct.Struct(">H")
_EXTENDED = 0x4000
_DIRECTORY = 0o040000


@dataclass(frozen=True, slots=True)
class Tracked:
    """The tracked files of a root, and the folders that they lie in."""

    files: frozenset[str]
    folders: frozenset[str]


def tracked_files(root: Path) -> Tracked | None:
    """What the index in a root's own `.git` folder lists; None where there is none that can be read."""
    folder = root / ".git"
    try:
        if folder.is_symlink() or not folder.is_dir():
            return None
        index = folder / "index"
        if index.is_symlink() or index.stat().st_size > MAX_INDEX_BYTES:
            return None
        names = 32 if b"sha256" in (folder / "config").read_bytes()[:100_000].lower() else 20
        files = frozenset(_paths(index.read_bytes(), names))
    except (OSError, ValueError, struct.error, IndexError):
        return None
    folders: set[str] = set()
    for path in files:
        above = posixpath.dirname(path)
        while above and above not in folders:
            folders.add(above)
            above = posixpath.dirname(above)
    return Tracked(files, frozenset(folders))


def index_stamp(root: Path) -> object:
    """What differs between two states of a root's index; None without one."""
    try:
        status = (root / ".git" / "index").lstat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _paths(data: bytes, name_bytes: int) -> Iterator[str]:
    """The paths of an index whose object names have so many bytes. Raises ValueError where it is none."""
    signature, version, count = _HEADER.unpack_from(data)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("no index of a known version")
    at, previous = _HEADER.size, b""
    for _ in range(count):
        start = at
        [mode] = _MODE.unpack_from(data, at + _MODE_AT)
        at += _STAT_BYTES + name_bytes
        [flags] = _FLAGS.unpack_from(data, at)
        at += _FLAGS.size * (2 if flags & _EXTENDED else 1)
        kept = len(previous)
        if version == 4:
            dropped, at = _number(data, at)
            kept = max(0, len(previous) - dropped)
        end = data.index(b"\0", at)
        path = (previous[:kept] if version == 4 else b"") + data[at:end]
        # Before version 4 one to eight zero bytes end an entry, to a multiple of eight.
        at = end + 1 if version == 4 else start + ((end - start) // 8 + 1) * 8
        previous = path
        if mode & 0o170000 != _DIRECTORY:
            yield path.decode("utf-8", "surrogateescape")


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, as in pack files' offsets, and where it ends."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1
