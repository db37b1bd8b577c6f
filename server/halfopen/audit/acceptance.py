"""Which findings are accepted, by a comment in the code or by the baseline: the one path for every surface."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from halfopen.audit.baseline import Baseline, BaselineError, read_baseline
from halfopen.audit.fingerprints import Identity, identities
from halfopen.audit.rule import registered_rules
from halfopen.audit.settings_tree import SettingsTree
from halfopen.audit.suppressions import (
    MARKER,
    Directive,
    directives_in,
    faults,
    suppressed_by,
    suppression_of,
)
from halfopen.audit.views import Located, Problem, Suppression, SuppressionFault
from halfopen.source import SourceText, language_of
from halfopen.workspace.workspace import Workspace

Found: TypeAlias = Mapping[str, tuple[Located, ...]]
"""Findings by the path of their file."""


@dataclass(frozen=True, slots=True)
class _Comments:
    """The suppression comments of a text, and whether all of it could be read."""

    text: SourceText
    directives: tuple[Directive, ...]
    sound: bool


class Acceptance:
    """What is accepted in the files of one root. Comments are read again where their file's text changed."""

    def __init__(self, root: Path, tree: SettingsTree) -> None:
        self.faults: dict[str, tuple[SuppressionFault, ...]] = {}
        self.gone: tuple[Identity, ...] = ()
        """The entries of the baseline that are found no longer."""
        self.problems: tuple[Problem, ...] = ()
        self._root = root
        self._tree = tree
        self._comments: dict[str, _Comments] = {}
        self._baseline: Baseline | None = None
        self.reconfigure(tree)

    def reconfigure(self, tree: SettingsTree) -> None:
        """Other settings from now on; the baseline is read again."""
        self._tree = tree
        self._baseline, self.problems, self.gone = None, (), ()
        if self.baseline_file is not None:
            try:
                self._baseline = read_baseline(self.baseline_file, self._root)
            except BaselineError as error:
                name = str(tree.root.baseline)
                self.problems = (Problem(name, None, "baseline", f"{error}; every finding is reported"),)

    def touched(self, paths: Iterable[str]) -> None:
        """Files changed on disk."""
        file = self.baseline_file
        if file is not None and any((self._root / path).resolve() == file for path in paths):
            self.reconfigure(self._tree)

    @property
    def baseline_file(self) -> Path | None:
        """The file of the baseline; the settings name it from their own folder."""
        name = self._tree.root.baseline
        return (self._root / self._tree.base / name).resolve() if name else None

    def accepted(
        self,
        found: Found,
        workspace: Workspace,
        names: Mapping[str, str],
        looked_for: Callable[[str, str], bool],
    ) -> Found:
        """The findings, those marked that are accepted; what is wrong with comments is noted.

        `names` are the connections' by id; `looked_for` says whether this audit looks for a rule in a file.
        """
        return self._without_known(
            self._commented(found, workspace, looked_for), workspace, names, looked_for
        )

    def directives(self, path: str, workspace: Workspace) -> tuple[Directive, ...]:
        """The suppression comments of a file."""
        text = workspace.text(path)
        if text is None or MARKER not in text.data:
            return ()
        return self._comments_in(path, text, workspace).directives

    def _comments_in(self, path: str, text: SourceText, workspace: Workspace) -> _Comments:
        known = self._comments.get(path)
        if known is None or known.text is not text:
            tree = workspace.tree(path)
            sound = not tree.root_node.has_error if tree is not None else language_of(path) is None
            known = self._comments[path] = _Comments(text, directives_in(path, text, tree), sound)
        return known

    def _commented(self, found: Found, workspace: Workspace, looked_for: Callable[[str, str], bool]) -> Found:
        marked = workspace.files_with(MARKER)
        self._comments = {path: each for path, each in self._comments.items() if path in marked}
        self.faults = {}
        if not marked:
            return found
        result = dict(found)
        for path in sorted(marked):
            text, directives = workspace.text(path), self.directives(path, workspace)
            if text is None or not directives:
                continue
            settings = self._tree.governing(path).settings
            used: set[tuple[Directive, str]] = set()
            marks: list[Located] = []
            for each in found.get(path, ()):
                by = suppressed_by(each, text, directives, settings)
                if by is not None:
                    used.add(by)
                marks.append(dataclasses.replace(each, suppression=suppression_of(by[0])) if by else each)
            if marks:
                result[path] = tuple(marks)
            # Of a file that is read in part only, nobody knows what would be found.
            if self._comments_in(path, text, workspace).sound:
                codes = [code for code in registered_rules() if looked_for(code, path)]
                self._note(path, faults(directives, used, settings, codes, text))
        return result

    def _note(self, path: str, wrong: Iterable[SuppressionFault]) -> None:
        if noted := tuple(wrong):
            self.faults[path] = noted

    def _without_known(
        self,
        found: Found,
        workspace: Workspace,
        names: Mapping[str, str],
        looked_for: Callable[[str, str], bool],
    ) -> Found:
        if self._baseline is None:
            return found
        every = [each for path in sorted(found) for each in found[path] if not each.suppressed]
        known, gone = self._baseline.known(
            identities(every, workspace.text, names), lambda path: workspace.text(path) is not None
        )
        self.gone = tuple(
            each for each in gone if not each.path.startswith("../") and looked_for(each.code, each.path)
        )
        mark = Suppression("baseline", "", str(self._tree.root.baseline))
        marked = {
            id(each): dataclasses.replace(each, suppression=mark)
            for each, is_known in zip(every, known, strict=True)
            if is_known
        }
        return {path: tuple(marked.get(id(each), each) for each in those) for path, those in found.items()}
