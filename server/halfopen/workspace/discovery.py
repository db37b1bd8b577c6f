"""Which files of a folder are looked at: code and deployment files, without what git ignores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pathspec

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


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at: gitignore patterns that exclude, and whether `.gitignore` files count."""

    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True


class Excluder:
    """Says which paths of a root are left out."""

    def __init__(self, root: Path, scope: Scope) -> None:
        self.root = root
        self.scope = scope
        self.patterns = pathspec.GitIgnoreSpec.from_lines((*DEFAULT_EXCLUDES, *scope.exclude))
        self._ignores: dict[str, pathspec.GitIgnoreSpec | None] = {}

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
                verdict = ignore.check_file(within).include
                if verdict is not None:
                    return verdict
            if not folder:
                return False

    def excludes_anywhere(self, path: str) -> bool:
        """Whether a file's path or one of the folders it lies in is left out."""
        parts = path.split("/")
        return any(self.excludes("/".join(parts[:i]), True) for i in range(1, len(parts))) or self.excludes(
            path, False
        )

    def _ignore_of(self, folder: str) -> pathspec.GitIgnoreSpec | None:
        if folder not in self._ignores:
            try:
                lines = (self.root / folder / ".gitignore").read_text("utf-8", "replace").splitlines()
                self._ignores[folder] = pathspec.GitIgnoreSpec.from_lines(lines)
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
