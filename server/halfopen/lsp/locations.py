"""Paths and URIs: one place that turns one into the other."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit


def path_of(uri: str) -> Path | None:
    """The absolute path that a `file:` URI names, or None for any other URI and for what is no URI."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if parts.scheme != "file" or "\0" in path:
        return None
    if parts.netloc not in {"", "localhost"}:
        path = f"//{parts.netloc}{path}"
    elif sys.platform == "win32":
        path = path.removeprefix("/")
    if not os.path.isabs(path):  # noqa: PTH117 (the question comes before the Path)
        return None
    # Not resolved: the client's own spelling of a folder behind a link is the one it knows.
    return Path(os.path.normpath(path))


def relative(path: Path, root: Path) -> str | None:
    """The path below the root, with "/"; None where it is not below it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None
