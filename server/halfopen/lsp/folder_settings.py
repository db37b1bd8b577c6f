"""The settings of audited folders: their files', the editor's on top, and what to say of wrong ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from lsprotocol import types

from halfopen.audit.settings import Settings, SettingsProblem, load_settings, with_overrides
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

    def of(self, root: Path, uri: str | None, *, alone: bool) -> tuple[Settings, tuple[SettingsProblem, ...]]:
        """The settings of a folder, and what is wrong with them."""
        settings, problems = load_settings(root)
        values = self._values.get(uri, self._common) if uri else self._common
        settings, wrong = with_overrides(settings, values, EDITOR)
        if alone:
            # A folder that is no project may hold anything: only what lies beside the document is read.
            settings = settings.model_copy(update={"exclude": (*settings.exclude, "*/")})
        return settings, (*problems, *wrong)

    def reload(self, folder: AuditedFolder) -> None:
        """Have the folder's audit use the settings as they are now."""
        settings, problems = self.of(folder.root, folder.uri, alone=folder.alone)
        folder.unpublished |= {each.path for each in (*folder.settings_problems, *problems)}
        folder.settings_problems = problems
        if settings != folder.settings:
            folder.settings = settings
            folder.auditor.reconfigure(settings)

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
