"""The settings of every file of a root: those of the nearest settings file above it, with an editor's on top.

The root's own settings file, or the nearest one above the root within the same repository, also decides
what concerns the audit as a whole: `run`, `respect-gitignore`, `max-file-bytes`, `libraries`,
`trusted-wrappers`, `baseline`. A pyproject.toml without [tool.halfopen] is no settings file.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from halfopen.audit.settings import FILE_NAMES, Settings, SettingsProblem, settings_in, with_overrides
from halfopen.audit.targets import Targets
from halfopen.workspace.discovery import DEFAULT_EXCLUDES, Excluder, Scope

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]
"""Files by path, each with the time of its last change and its size."""

_NEVER_ENTERED = frozenset(each.rstrip("/") for each in DEFAULT_EXCLUDES if each.endswith("/"))


@dataclass(frozen=True, slots=True)
class Governing:
    """The settings of a settings file: `folder` is where it lies, relative to the root, `""` for the root's own.

    `above` leads from the file's folder to the root where the file lies above it.
    """

    folder: str
    settings: Settings
    above: str = ""

    def holds(self, path: str) -> bool:
        return not self.folder or path.startswith(f"{self.folder}/")

    def seen_from_here(self, path: str) -> str:
        """A path relative to the root as the patterns of the settings file name it."""
        if self.folder:
            return path[len(self.folder) + 1 :]
        return f"{self.above}/{path}" if self.above else path


@dataclass(frozen=True, slots=True)
class SettingsTree:
    """All settings of a root, those of the deepest folders first; the last are the root's."""

    every: tuple[Governing, ...]
    problems: tuple[SettingsProblem, ...] = ()
    tables: tuple[str, ...] = ()
    """The library tables that the root's settings name, as their patterns are written at the root."""
    above: Stamp = ()
    """The state of what may hold settings above the root, as it was read."""

    @classmethod
    def of(cls, settings: Settings) -> SettingsTree:
        """The same settings for every file."""
        return cls((Governing("", settings),), tables=settings.libraries)

    @property
    def root(self) -> Settings:
        return self.every[-1].settings

    @property
    def base(self) -> str:
        """What leads from the root to the folder of its settings file: "" or "../.."."""
        above = self.every[-1].above
        return "/".join(".." for _ in above.split("/")) if above else ""

    def governing(self, path: str) -> Governing:
        """What governs a file, its path relative to the root."""
        return next(each for each in self.every if each.holds(path))

    def runs(self, path: str, code: str, slug: str) -> bool:
        """Whether a rule is to be run for a file."""
        governing = self.governing(path)
        settings = governing.settings
        return settings.runs(code, slug) and not (
            settings.per_file_ignores and settings.ignores_in(governing.seen_from_here(path), code, slug)
        )

    def targets(self, path: str) -> Targets:
        return self.governing(path).settings.targets

    def with_each(self, change: Callable[[Settings], Settings]) -> SettingsTree:
        """The tree with all settings changed alike."""
        return replace(
            self, every=tuple(replace(each, settings=change(each.settings)) for each in self.every)
        )

    def scope(self) -> Scope:
        """What to look at. Each file's `exclude` counts in its folder and below, whatever deeper files say."""
        patterns = [pattern for each in reversed(self.every) for pattern in _patterns_from_root(each)]
        return Scope(tuple(patterns), self.root.respect_gitignore)


def load_tree(
    root: Path,
    editor: Mapping[str, object] | None = None,
    editor_name: str = "the editor's settings",
    *,
    alone: bool = False,
) -> SettingsTree:
    """The settings of a root as its files and an editor give them.

    A root that is `alone` is no project and may hold anything: only what lies in it directly is read.
    """
    own, problems = settings_in(root)
    above = "" if own is not None else _nearest_above(root)
    if above:
        folder = root.parents[above.count("/")]
        own, found = settings_in(folder)
        up = os.path.relpath(folder, root).replace(os.sep, "/")
        problems = tuple(replace(each, path=f"{up}/{each.path}") for each in found)
    settings = own or Settings()
    tables = _seen_from_root(settings.libraries, above)
    if alone:
        settings = settings.model_copy(update={"exclude": (*settings.exclude, "*/")})
    of_root = Governing("", settings, above)
    every = [of_root]
    below = () if alone else _folders_with_settings(root, of_root)
    for folder in sorted(below, key=lambda each: -each.count("/")):
        nested, found = settings_in(root / folder)
        problems += tuple(replace(each, path=f"{folder}/{each.path}") for each in found)
        if nested is not None:
            every.insert(len(every) - 1, Governing(folder, nested))
    if editor:
        wrong: tuple[SettingsProblem, ...] = ()
        governed: list[Governing] = []
        for each in every:
            overridden, wrong = with_overrides(each.settings, editor, editor_name)
            governed.append(replace(each, settings=overridden))
        every, problems = governed, (*problems, *wrong)
        if "libraries" in editor:
            tables = every[-1].settings.libraries
    return SettingsTree(tuple(every), problems, tables, stamp_above(root))


def _seen_from_root(patterns: Iterable[str], above: str) -> tuple[str, ...]:
    up = "".join("../" for _ in above.split("/")) if above else ""
    return tuple(f"{up}{each.removeprefix('./')}" for each in patterns)


def stamp_above(root: Path) -> Stamp:
    """The state of the files above a root that may govern it: nobody watches them, so they are looked at again."""
    found: list[tuple[str, int, int]] = []
    for folder in _folders_above(root):
        for name in FILE_NAMES:
            try:
                state = (folder / name).stat()
            except OSError:
                continue
            found.append((str(folder / name), state.st_mtime_ns, state.st_size))
    return tuple(found)


def is_settings_file(path: str) -> bool:
    """Whether a file may hold settings, or decides which such files count."""
    return path.rpartition("/")[2] in {*FILE_NAMES, ".gitignore"}


def _nearest_above(root: Path) -> str:
    """What leads to the root from the nearest folder above it that has settings, within the repository."""
    for folder in _folders_above(root):
        if settings_in(folder)[0] is not None:
            return root.relative_to(folder).as_posix()
    return ""


def _folders_above(root: Path) -> list[Path]:
    """The folders above a root as far as its repository goes, the nearest first."""
    if (root / ".git").exists():
        return []
    folders = list(root.parents)
    inside = next((i for i, folder in enumerate(folders) if (folder / ".git").exists()), None)
    return folders[: inside + 1] if inside is not None else []


def _folders_with_settings(root: Path, of_root: Governing) -> Iterator[str]:
    """The folders below the root that hold a settings file and are not left out themselves."""
    excluder = Excluder(root, Scope(tuple(_patterns_from_root(of_root)), of_root.settings.respect_gitignore))
    for folder in _below(root, ""):
        if not excluder.excludes_anywhere(f"{folder}/{FILE_NAMES[0]}"):
            yield folder


def _below(root: Path, folder: str) -> Iterator[str]:
    try:
        with os.scandir(root / folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    if folder and any(entry.name in FILE_NAMES for entry in listed):
        yield folder
    for entry in listed:
        if entry.name not in _NEVER_ENTERED and entry.is_dir(follow_symlinks=False):
            yield from _below(root, f"{folder}/{entry.name}" if folder else entry.name)


def _patterns_from_root(governing: Governing) -> Iterable[str]:
    """The patterns of `exclude` as they are written at the root."""
    for pattern in governing.settings.exclude:
        if governing.folder:
            yield _below_folder(pattern, governing.folder)
        elif governing.above:
            below = _from_above(pattern, governing.above.split("/"))
            if below is not None:
                yield below
        else:
            yield pattern


def _below_folder(pattern: str, folder: str) -> str:
    sign, pattern = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    anchored = "/" in pattern.rstrip("/")
    return f"{sign}/{folder}/{pattern.lstrip('/')}" if anchored else f"{sign}/{folder}/**/{pattern}"


def _from_above(pattern: str, way: list[str]) -> str | None:
    """A pattern of a folder above the root; None where it means nothing below the root."""
    sign, bare = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    if "/" not in bare.rstrip("/") or bare.startswith("**/"):
        return pattern
    parts = bare.lstrip("/").split("/")
    for position, name in enumerate(way):
        if parts[position : position + 1] == ["**"]:
            return f"{sign}/{'/'.join(parts[position:])}"
        if position >= len(parts) or not fnmatch.fnmatchcase(name, parts[position]):
            return None
    rest = "/".join(parts[len(way) :])
    return f"{sign}/{rest}" if rest else None
