"""Audited folders on the worker's side: which folder a file belongs to, and what an audit needs of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from halfopen.audit.engine import Auditor
from halfopen.audit.settings import Settings, SettingsProblem
from halfopen.audit.views import Problem

PROJECT_MARKERS = ("halfopen.toml", ".git", "pyproject.toml", "package.json")
"""What the root of a project holds; the same as in the Neovim configuration of clients/."""


@dataclass(slots=True, eq=False)
class AuditedFolder:
    """One folder with its audit.

    `uri` is the client's name for it, None for the surroundings of a document opened without any
    folder; those are `alone` where they are no project. `unpublished` are paths whose diagnostics the client has yet to get.
    """

    root: Path
    uri: str | None
    alone: bool
    auditor: Auditor
    unpublished: set[str] = field(default_factory=set[str])
    problems: frozenset[Problem] = frozenset()
    audited: bool = False

    @property
    def settings(self) -> Settings:
        """The settings of the folder itself."""
        return self.auditor.settings

    @property
    def settings_problems(self) -> tuple[SettingsProblem, ...]:
        """What is wrong with the settings, here and below."""
        return self.auditor.tree.problems


def owner(path: Path, folders: Iterable[AuditedFolder]) -> AuditedFolder | None:
    """The innermost folder that holds the path."""
    holding = [folder for folder in folders if path.is_relative_to(folder.root)]
    return max(holding, key=lambda folder: len(folder.root.parts), default=None)


def as_folders_spell(path: Path, folders: Iterable[AuditedFolder]) -> Path:
    """The path as it is below a folder, where links hide that it is below one."""
    folders = tuple(folders)
    if folders and owner(path, folders) is None:
        real = path.resolve()
        for folder in folders:
            root = folder.root.resolve()
            if real.is_relative_to(root):
                return folder.root / real.relative_to(root)
    return path


def surroundings(path: Path) -> tuple[Path, bool]:
    """What to audit for a document that was opened without a folder, and whether that is a project.

    The nearest folder above it that holds the strongest marker there is, but never the home folder or
    a disk's root; else the document's own folder.
    """
    above = list(
        itertools.takewhile(lambda folder: folder not in {Path.home(), Path(folder.anchor)}, path.parents)
    )
    for marker in PROJECT_MARKERS:
        for folder in above:
            if (folder / marker).exists():
                return folder, True
    return path.parent, False
