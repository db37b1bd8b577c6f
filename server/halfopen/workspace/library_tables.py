"""Finds and reads a team's own library tables, inside the root and within limits."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_TABLE_BYTES = 200_000
"""The largest table of the package has a twentieth of it."""

MOST_TABLES = 100


@dataclass(frozen=True, slots=True)
class UnreadTable:
    """A path or pattern that gave no table, or a file that was not read, and why."""

    path: str
    line: int | None
    message: str


def table_texts(
    root: Path, patterns: Iterable[str], within: Path | None = None
) -> tuple[dict[str, str], tuple[UnreadTable, ...]]:
    """The texts of the files that the patterns name, by path relative to the root; what was left out, and why.

    In a pattern `*` stands for any part of a file's or folder's name. Links that lead out of `within`, the root unless
    it is given, are not followed.
    """
    texts: dict[str, str] = {}
    unread: list[UnreadTable] = []
    real_root = (within or root).resolve()
    for pattern in patterns:
        paths = list(_named(root, "", pattern.removeprefix("./").split("/")))
        if not paths:
            unread.append(UnreadTable(pattern, None, "there is no such file"))
        for path in paths:
            if path in texts or any(each.path == path for each in unread):
                continue
            if len(texts) >= MOST_TABLES:
                unread.append(UnreadTable(path, None, f"not read: there are more than {MOST_TABLES} tables"))
                return texts, tuple(unread)
            found = _text(root / path, real_root)
            if isinstance(found, str):
                texts[path] = found
            else:
                unread.append(UnreadTable(path, *found))
    return texts, tuple(unread)


def is_table(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path relative to the root is one that the patterns may name."""
    parts = path.split("/")
    return any(_fits(parts, pattern.removeprefix("./").split("/")) for pattern in patterns)


def _fits(parts: list[str], pattern: list[str]) -> bool:
    return len(parts) == len(pattern) and all(map(fnmatch.fnmatchcase, parts, pattern))


def _named(root: Path, folder: str, parts: list[str]) -> Iterator[str]:
    """The files below a folder that a pattern's parts name, in order."""
    first, rest = parts[0], parts[1:]
    names = [first]
    if any(mark in first for mark in "*?["):
        try:
            names = sorted(each.name for each in (root / folder).iterdir())
        except OSError:
            return
        names = [name for name in names if fnmatch.fnmatchcase(name, first) and not name.startswith(".")]
    for name in names:
        path = f"{folder}/{name}" if folder else name
        try:
            if rest and (root / path).is_dir():
                yield from _named(root, path, rest)
            elif not rest and (root / path).is_file():
                yield path
        except (OSError, ValueError):
            continue


def _text(file: Path, real_root: Path) -> str | tuple[int | None, str]:
    """The file's text, or the line and the words for why there is none."""
    try:
        if not file.resolve().is_relative_to(real_root):
            return None, "is a link out of the project: not read"
        if file.stat().st_size > MAX_TABLE_BYTES:
            return None, f"is longer than {MAX_TABLE_BYTES:,} bytes: not read"
        data = file.read_bytes()
    except OSError as error:
        return None, f"cannot be read ({error.strerror})"
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1, "is not UTF-8: not read"
