"""Deployment and settings files of a workspace, read when first asked for and again after a change."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from halfopen.connections.facts import Line

if TYPE_CHECKING:
    from halfopen.deployment import DeploymentFacts

T = TypeVar("T")

ReadText = Callable[[str], str | None]
"""The text of a file, None where it cannot be read or is too large."""

_SETTING = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")
_EXAMPLE = re.compile(r"\.(example|sample|template|dist)(\.|$)|\.example$")

_VERSIONS = frozenset(
    {
        "requirements", "pyproject", "setup-cfg", "pipfile", "pipfile-lock", "toml-lock",
        "package-lock", "yarn-lock", "pnpm-lock", "bun-lock",
    }
)  # fmt: skip
"""Kinds of file that name versions and nothing else."""


class DeploymentFiles:
    """What deployment files say, and the values that `.env` files give to settings."""

    def __init__(self, root: Path, read_text: ReadText) -> None:
        self.revision = 0
        """Another number whenever one of the files, or a file of settings, changed."""
        self._root = root
        self._read_text = read_text
        self._files: dict[str, DeploymentFacts | None] = {}
        self._joined: dict[bool, DeploymentFacts] = {}
        self._env: dict[str, list[tuple[str, str, Line]]] = {}
        self._derived: dict[Hashable, object] = {}

    def found(self, paths: Iterable[str]) -> None:
        """The files of the workspace; those that say nothing of deployment are left out."""
        from halfopen.deployment import which_file

        self.revision += 1
        self._files = {path: None for path in paths if which_file(path) is not None}
        self._joined.clear()
        self._derived.clear()

    def touched(self, path: str, *, exists: bool) -> None:
        """A file was created, changed or deleted."""
        from halfopen.deployment import which_file

        if posixpath.basename(path).startswith(".env"):
            self._env.clear()
            self.revision += 1
        if which_file(path) is None:
            return
        self.revision += 1
        if exists:
            self._files[path] = None
        else:
            self._files.pop(path, None)
        if any(path.endswith(ending) for ending in (".conf", ".inc", ".template")):
            # Another nginx file may include it.
            self._files.update(dict.fromkeys(self._nginx_files()))
        self._joined.clear()
        self._derived.clear()

    def facts(self) -> DeploymentFacts:
        """All that the deployment files say together, in the order of their paths."""
        return self._facts(with_versions=True)

    def serving(self) -> DeploymentFacts:
        """What says how connections are served: all but the files that only name versions, which are large."""
        return self._facts(with_versions=False)

    def files_with(self, word: str) -> frozenset[str]:
        """The files whose text holds a word; those that only name versions are not looked at."""
        from halfopen.deployment import which_file

        def holding() -> frozenset[str]:
            paths = (path for path in self._files if which_file(path) not in _VERSIONS)
            return frozenset(path for path in paths if word in (self._read_text(path) or ""))

        return self.derived(("files with", word), holding)

    def derived(self, key: Hashable, compute: Callable[[], T]) -> T:
        """An answer that rests on these files, computed once until one of them changes."""
        if key not in self._derived:
            self._derived[key] = compute()
        return cast(T, self._derived[key])

    def _facts(self, *, with_versions: bool) -> DeploymentFacts:
        from halfopen.deployment import gather, which_file

        if with_versions not in self._joined:
            paths = [
                path for path in sorted(self._files) if with_versions or which_file(path) not in _VERSIONS
            ]
            self._joined[with_versions] = gather(*map(self._read, paths))
        return self._joined[with_versions]

    def _read(self, path: str) -> DeploymentFacts:
        from halfopen.deployment import DeploymentFacts, read

        facts = self._files[path]
        if facts is None:
            text = self._read_text(path)
            facts = read(path, text, included=self._included) if text is not None else DeploymentFacts()
            self._files[path] = facts
        return facts

    def _nginx_files(self) -> list[str]:
        from halfopen.deployment import which_file

        return [path for path in self._files if which_file(path) == "nginx"]

    def _included(self, pattern: str) -> Iterator[tuple[str, str]]:
        """The files of the workspace that an nginx `include` names: those with the same last folder and name."""
        tail = "/".join(pattern.split("/")[-2:])
        for path in sorted(self._nginx_files()):
            if fnmatch.fnmatch("/".join(path.split("/")[-2:]), tail):
                text = self._read_text(path)
                if text is not None:
                    yield path, text

    def settings(self, path: str, name: str) -> list[tuple[str, Line]]:
        """What the nearest `.env` files above a file give for a variable; examples only where nothing else does."""
        folder = posixpath.dirname(path)
        while True:
            found = [(value, line) for key, value, line in self._env_of(folder) if key == name and value]
            real = [each for each in found if not _EXAMPLE.search(posixpath.basename(each[1].path))]
            if real or found:
                return real or found
            if not folder:
                return []
            folder = posixpath.dirname(folder)

    def _env_of(self, folder: str) -> list[tuple[str, str, Line]]:
        if folder not in self._env:
            found: list[tuple[str, str, Line]] = []
            for file in self._env_files(folder):
                for number, line in enumerate((self._read_text(file) or "").splitlines(), start=1):
                    match = _SETTING.match(line)
                    if match is not None:
                        found.append((match[1], _unquoted(match[2]), Line(file, number)))
            self._env[folder] = found
        return self._env[folder]

    def _env_files(self, folder: str) -> list[str]:
        try:
            names = sorted(each.name for each in (self._root / folder).glob(".env*") if each.is_file())
        except OSError:
            return []
        return [posixpath.join(folder, name) for name in names]


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
        return value[1:-1]
    return re.split(r"\s+#", value, maxsplit=1)[0]
