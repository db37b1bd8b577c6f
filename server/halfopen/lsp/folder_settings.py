"""The settings of audited folders: their files', the editor's on top, and what to say of wrong ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from lsprotocol import types

from halfopen.audit.settings_tree import SettingsTree, load_tree
from halfopen.lsp.folders import AuditedFolder
from halfopen.lsp.json_values import Table

EDITOR = "the editor's settings"
"""Where a wrong value comes from that stands in no file of the project."""


class FolderSettings:
    """What the editor has set, and the complaints about settings that were told already."""

    def __init__(self) -> None:
        self._values: dict[str, Table] = {}
        self._common: Table = {}
        self._told: set[str] = set()

    def set_in_editor(self, values: Mapping[str, Table], common: Table) -> None:
        """Take over the editor's settings, by the URI of a folder, and for folders that have none."""
        self._values, self._common = dict(values), common

    def of(self, root: Path, uri: str | None, *, alone: bool) -> SettingsTree:
        """The settings of a folder, with what is wrong with them."""
        values = self._values.get(uri, self._common) if uri else self._common
        return load_tree(root, values, EDITOR, alone=alone)

    def reload(self, folder: AuditedFolder) -> None:
        """Have the folder's audit use the settings as they are now."""
        tree = self.of(folder.root, folder.uri, alone=folder.alone)
        problems = (*folder.settings_problems, *tree.problems)
        folder.unpublished |= {each.path for each in problems if not each.path.startswith("../")}
        if tree != folder.auditor.tree:
            folder.auditor.reconfigure(tree)

    def new_complaints(self, folders: Iterable[AuditedFolder]) -> list[str]:
        """What is wrong and was not told before. What is corrected and then wrong again is told again."""
        problems = [each for folder in folders for each in folder.settings_problems]
        complaints = {
            f"{each.path}: {each.message}"
            if each.line is None
            else f"{each.path}:{each.line}: {each.message}"
            for each in problems
        }
        new = sorted(complaints - self._told)
        self._told = complaints
        return new


def settings_places(folder: AuditedFolder, path: str) -> tuple[tuple[types.Range, str], ...]:
    """The lines of a settings file, or of one that it names, that cannot be used, and why."""
    problems = (*folder.settings_problems, *folder.auditor.settings_problems())
    lines = ((each.line or 1, each.message) for each in problems if each.path == path)
    return tuple(
        (types.Range(types.Position(line - 1, 0), types.Position(line, 0)), message)
        for line, message in lines
    )
