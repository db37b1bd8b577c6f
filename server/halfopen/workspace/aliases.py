"""Import prefixes that stand for folders: `paths` of tsconfig.json, and where Python imports start."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable
from typing import cast

_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')
_CONFIGS = ("tsconfig.json", "tsconfig.app.json", "jsconfig.json", "tsconfig.base.json")

Read = Callable[[str], bytes | None]


def read_json_with_comments(text: str) -> object:
    """JSON as tsconfig.json has it: comments and trailing commas allowed. Raises ValueError."""
    plain = _COMMENT.sub(lambda match: match.group(1) or "", text)
    plain = _TRAILING_COMMA.sub(lambda match: match.group(1) or "", plain)
    return json.loads(plain)


def typescript_aliases(folder: str, read: Read) -> list[tuple[str, str]]:
    """The aliases of one folder's tsconfig.json: ("@/", "frontend/src") for `"@/*": ["./src/*"]`."""
    found: list[tuple[str, str]] = []
    for name in _CONFIGS:
        data = read(posixpath.join(folder, name))
        if data is None:
            continue
        try:
            config = read_json_with_comments(data.decode("utf-8", "replace"))
        except ValueError:
            continue
        options = _table(_table(config).get("compilerOptions"))
        base = options.get("baseUrl")
        base_folder = posixpath.normpath(posixpath.join(folder, base)) if isinstance(base, str) else folder
        for alias, targets in _table(options.get("paths")).items():
            first = cast(list[object], targets)[0] if isinstance(targets, list) and targets else None
            if isinstance(first, str):
                target = posixpath.normpath(posixpath.join(base_folder or ".", first.rstrip("*")))
                found.append((alias.rstrip("*"), "" if target == "." else target))
        if isinstance(base, str):
            found.append(("", "" if base_folder == "." else base_folder))
    return found


def _table(value: object) -> dict[str, object]:
    return cast(dict[str, object], value) if isinstance(value, dict) else {}


def nearest_aliases(path: str, aliases_in: Callable[[str], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The aliases that hold for a file: those of the nearest folder above it that has any.

    Without a configuration "@/" and "~/" are taken for the nearest `src`, as bundler templates set them.
    """
    folder: str = posixpath.dirname(path)
    while True:
        found = aliases_in(folder)
        if found:
            return found
        if not folder:
            break
        folder = posixpath.dirname(folder)
    parts = path.split("/")
    if "src" in parts[:-1]:
        source = "/".join(parts[: len(parts) - 1 - parts[:-1][::-1].index("src")])
        return [("@/", source), ("~/", source)]
    return []


def python_roots(path: str, exists: Callable[[str], bool]) -> Iterable[str]:
    """Where an absolute import may start, nearest first: every folder above the file that is no package, and
    its `src`; then those above it that are packages, since a package's own folder may be what is started."""
    folder: str = posixpath.dirname(path)
    own = folder
    plain: list[str] = []
    packages: list[str] = []
    while True:
        if not exists(posixpath.join(folder, "__init__.py")):
            plain += (folder, posixpath.join(folder, "src"))
        elif folder != own:
            packages.append(folder)
        if not folder:
            break
        folder = posixpath.dirname(folder)
    return (*plain, *packages) if "" in plain else (*plain, *packages, "")
