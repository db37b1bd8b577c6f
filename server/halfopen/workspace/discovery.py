"""Which files of a folder are looked at: code and deployment files, without what git ignores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pathspec

from halfopen.workspace.git_index import Tracked, index_stamp, tracked_files

DEFAULT_EXCLUDES = (
    ".git/",
    ".hg/",
    ".svn/",
    ".venv/",
    "venv/",
    ".tox/",
    ".nox/",
    "__pycache__/",
    "node_modules/",
    "bower_components/",
    "site-packages/",
    "dist/",
    "build/",
    "out/",
    ".next/",
    ".nuxt/",
    ".turbo/",
    ".cache/",
    "coverage/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".pytest_cache/",
    "*.min.js",
    "*.bundle.js",
)


_PYTHON_BUILDS = frozenset(
    {"lib", "lib64", "downloads", "parts", "var", "eggs", "wheels", "develop-eggs", "sdist", "target"}
)
"""Folders that every `.gitignore` for Python names wherever they lie, since Python builds make them."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at: gitignore patterns that exclude, and whether `.gitignore` files count."""

    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True


class _Ignore(NamedTuple):
    """A `.gitignore`: its lines, and what they mean together."""

    lines: list[str]
    spec: pathspec.GitIgnoreSpec


class Excluder:
    """Says which paths of a root are left out."""

    def __init__(self, root: Path, scope: Scope) -> None:
        self.root = root
        self.scope = scope
        self.patterns = pathspec.GitIgnoreSpec.from_lines((*DEFAULT_EXCLUDES, *scope.exclude))
        self._ignores: dict[str, _Ignore | None] = {}
        self._index: tuple[object, Tracked | None] | None = None

    def _tracked(self) -> Tracked | None:
        """What git tracks, read again when its index is another."""
        stamp = index_stamp(self.root)
        if self._index is None or self._index[0] != stamp:
            self._index = (stamp, tracked_files(self.root))
        return self._index[1]

    def excludes(self, path: str, is_folder: bool) -> bool:
        """Whether a path relative to the root is left out, by itself (its folders are asked first)."""
        asked = path + "/" if is_folder else path
        if self.patterns.match_file(asked):
            return True
        if not self.scope.respect_gitignore:
            return False
        folder = path
        while True:
            folder = folder.rpartition("/")[0]
            ignore = self._ignore_of(folder)
            if ignore is not None:
                within = asked[len(folder) + 1 :] if folder else asked
                verdict = ignore.spec.check_file(within)
                if verdict.include is not None:
                    pattern = ignore.lines[verdict.index] if verdict.index is not None else ""
                    return verdict.include and not self._stays(path, is_folder, folder, pattern)
            if not folder:
                return False

    def excludes_anywhere(self, path: str) -> bool:
        """Whether a file's path or one of the folders it lies in is left out."""
        parts = path.split("/")
        return any(self.excludes("/".join(parts[:i]), True) for i in range(1, len(parts))) or self.excludes(
            path, False
        )

    def _stays(self, path: str, is_folder: bool, folder: str, pattern: str) -> bool:
        """Whether a path is part of the project although a pattern in a folder's `.gitignore` matches it.

        Git does not ignore what it tracks. Where there is no index to ask, as in an export, a file that is named
        outright (`main.py`) and is there all the same is taken for tracked; and the folders of Python's builds are
        taken for such only outside packages of npm that lie below that `.gitignore`: `web/src/lib` is code.
        """
        tracked = self._tracked()
        if tracked is not None:
            return path in (tracked.folders if is_folder else tracked.files)
        if not is_folder and path.endswith(pattern.strip().lstrip("/")):
            return True
        if pattern.strip().strip("/") not in _PYTHON_BUILDS:
            return False
        above = path.rpartition("/")[0]
        while len(above) > len(folder):
            if (self.root / above / "package.json").is_file():
                return True
            above = above.rpartition("/")[0]
        return False

    def _ignore_of(self, folder: str) -> _Ignore | None:
        if folder not in self._ignores:
            try:
                text = (self.root / folder / ".gitignore").read_text("utf-8", "replace")
                lines = [line for line in text.splitlines() if line]
                self._ignores[folder] = _Ignore(lines, pathspec.GitIgnoreSpec.from_lines(lines))
            except OSError:
                self._ignores[folder] = None
        return self._ignores[folder]


def discover(root: Path, scope: Scope) -> Iterator[str]:
    """Every file under the root that is looked at, relative with "/", in order. Links out of the root are not followed."""
    yield from _walk(root, "", Excluder(root, scope), root.resolve())


def _walk(root: Path, folder: str, excluder: Excluder, real_root: Path) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.is_symlink():
                target = Path(entry.path).resolve()
                if not target.is_relative_to(real_root) or not target.is_file():
                    continue
            elif not is_folder and not entry.is_file(follow_symlinks=False):
                continue
        except OSError:
            continue
        if excluder.excludes(path, is_folder):
            continue
        if is_folder:
            yield from _walk(root, path, excluder, real_root)
        else:
            yield path
