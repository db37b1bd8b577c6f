"""The audit: one engine for editor, command line and report.

An `Auditor` watches one workspace root. Surfaces tell it what changed (`open`, `changed`, `close`,
`touched`), call `refresh`, and show `findings`. Positions in what it returns are absolute byte
offsets in the file's current text; a surface converts them with `text(path)`.
"""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from halfopen.audit.acceptance import Acceptance
from halfopen.audit.connection_views import connection_views, fact_view
from halfopen.audit.finding import Confidence, Finding, Fix
from halfopen.audit.fingerprints import Identity
from halfopen.audit.places import Places, one_for_each_cause
from halfopen.audit.rule import Registered, registered_rules
from halfopen.audit.settings import FILE_NAMES, Settings
from halfopen.audit.settings_tree import SettingsTree
from halfopen.audit.suppressing import suppressing_changes
from halfopen.audit.team import team_of
from halfopen.audit.views import (
    ConnectionView,
    FactView,
    Located,
    LocatedEvidence,
    Problem,
    SuppressionFault,
)
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence
from halfopen.connections.launches import Start
from halfopen.connections.links import Link
from halfopen.edits.changes import FileChanges
from halfopen.source import Document, SourceText
from halfopen.workspace.connections import connections_of, environment_around
from halfopen.workspace.extracts import ExtractCache
from halfopen.workspace.library_tables import is_table
from halfopen.workspace.serving import starts_of
from halfopen.workspace.surroundings import Placed, surround
from halfopen.workspace.workspace import Workspace

_log = logging.getLogger(__name__)

# Following a value through a deep program nests a few hundred answers, each a dozen frames.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 8000))

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with how many of how many files are done, and the one at hand."""


class Auditor:
    """The audit of one workspace root. Not thread-safe: callers serialise their calls."""

    def __init__(
        self,
        root: Path,
        settings: Settings | SettingsTree,
        only: Iterable[Path] = (),
        cache: ExtractCache | None = None,
    ) -> None:
        """`Settings` hold for every file. `only` narrows what findings are shown for (the paths given to the command); all is still read.

        `cache` is where what texts gave is kept; its owner has it written.
        """
        self.root = root
        self.tree = SettingsTree.of(settings) if isinstance(settings, Settings) else settings
        self._only = tuple(path.resolve() for path in only)
        self._cache = cache
        self._team = team_of(root, self.tree)
        self._team_told = False
        self._unshown: frozenset[str] = frozenset(each.path for each in self._team.problems)
        self._workspace = self._fresh_workspace()
        self._places = Places(self._workspace)
        self._placed: tuple[Placed, ...] = ()
        self._links: tuple[Link, ...] = ()
        self._rules = _selected(self.tree)
        self._acceptance = Acceptance(root, self.tree)
        self._checked: dict[int, tuple[Dossier, tuple[Finding, ...], tuple[tuple[str, Problem], ...]]] = {}
        self._located: dict[str, tuple[Located, ...]] = {}

    # -- what changed --

    def open(self, path: str, document: Document) -> None:
        """An editor owns the file's text from now on; `document` is read again at each refresh."""
        self._workspace.open(path, document)

    def changed(self, path: str) -> None:
        """The open document was edited."""
        self._workspace.changed(path)

    def close(self, path: str) -> None:
        """The file on disk counts again."""
        self._workspace.close(path)

    def touched(self, paths: Iterable[str]) -> None:
        """Files were created, changed or deleted on disk."""
        paths = tuple(paths)
        self._team_told = self._team_told or any(
            path in FILE_NAMES or is_table(path, self.tree.tables) for path in paths
        )
        # Nobody watches what lies above the root.
        self._team_told = self._team_told or any(each.startswith("../") for each in self.tree.tables)
        self._acceptance.touched(paths)
        self._workspace.touched(paths)

    @property
    def settings(self) -> Settings:
        """The settings of the root."""
        return self.tree.root

    def reconfigure(self, settings: Settings | SettingsTree) -> None:
        """Other settings from now on; files are found anew where what to look at changed."""
        before = self.tree
        self.tree = SettingsTree.of(settings) if isinstance(settings, Settings) else settings
        self._rules = _selected(self.tree)
        self._acceptance.reconfigure(self.tree)
        self._checked.clear()
        self._team_told = True
        if before.scope() != self.tree.scope() or before.root.max_file_bytes != self.settings.max_file_bytes:
            self._start_anew()

    def _start_anew(self) -> None:
        """Nothing that was found holds any longer; what the editor has open does."""
        documents = self._workspace.documents()
        self._workspace = self._fresh_workspace()
        self._places = Places(self._workspace)
        self._checked.clear()
        for path, document in documents.items():
            self._workspace.open(path, document)

    def _fresh_workspace(self) -> Workspace:
        workspace = Workspace(self.root, self.tree.scope(), self.settings.max_file_bytes, self._cache)
        for each in self._team.knowledge():
            workspace.program.provide(each)
        return workspace

    def _ask_team(self) -> frozenset[str]:
        """Read the team's tables and trusted functions again; the paths of which something else is to be said."""
        before, self._team = self._team, team_of(self.root, self.tree)
        self._team_told = False
        if (before.texts, before.wrappers) != (self._team.texts, self._team.wrappers):
            self._start_anew()
        return frozenset(each.path for each in {*before.problems} ^ {*self._team.problems})

    # -- the work --

    def scan(self) -> None:
        """Find and read the files, and nothing more."""
        self._workspace.scan()

    def refresh(
        self, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None
    ) -> frozenset[str]:
        """Bring the audit in step with every change; the paths whose findings or their places changed.

        Where `cancelled` says so, what is done is kept and the next call goes on from there.
        """
        told = self._ask_team() if self._team_told else frozenset[str]()
        self._unshown |= told
        self._workspace.scan(progress, cancelled)
        self._workspace.update()
        if cancelled is not None and cancelled():
            return frozenset()
        dossiers = connections_of(self._workspace, cancelled)
        self._placed, self._links = surround(self._workspace, dossiers, self._placed)
        surrounded = [each.surrounded for each in self._placed]
        alive = {id(dossier) for dossier in surrounded}
        self._checked = {key: value for key, value in self._checked.items() if key in alive}
        before, faults_before = self._located, self._acceptance.faults
        self._located = self._locate_all(surrounded)
        unshown, self._unshown = self._unshown, frozenset[str]()
        faults = _differing(faults_before, self._acceptance.faults)
        return unshown | faults | _differing(before, self._located)

    def _findings_of(self, dossier: Dossier) -> tuple[Finding, ...]:
        known = self._checked.get(id(dossier))
        if known is not None:
            return known[1]
        found: list[Finding] = []
        failed: list[tuple[str, Problem]] = []
        targets = self.tree.targets(dossier.connection.site.path)
        for code, registered in self._rules.items():
            try:
                if dossier.connection.side in registered.rule.sides:
                    found += registered.rule.check(dossier, targets)
            except Exception as error:  # a broken rule costs its own findings only
                _log.exception("rule %s failed on %s", code, dossier.connection.id)
                message = (
                    f"rule {code} failed on {dossier.connection.id}: {error!r}; its findings are missing here"
                )
                failed.append((code, Problem(dossier.connection.site.path, None, "rule", message)))
        as_run = (_as_far_as_it_runs(dossier, each) for each in found)
        governed = tuple(each for each in map(self._governed, as_run) if each is not None)
        self._checked[id(dossier)] = (dossier, governed, tuple(failed))
        return governed

    def _locate_all(self, dossiers: Iterable[Dossier]) -> dict[str, tuple[Located, ...]]:
        by_path = self._places.of([(id(each), self._findings_of(each)) for each in dossiers])
        by_cause = {path: tuple(one_for_each_cause(each)) for path, each in by_path.items()}
        accepted = self._acceptance.accepted(
            by_cause, self._workspace, self.connection_names(), self._is_looked_for
        )
        shown = ((path, self._shown(path, each)) for path, each in accepted.items())
        return {path: each for path, each in shown if each}

    def _governed(self, finding: Finding) -> Finding | None:
        """The finding as the settings of its file have it; None where they leave its rule out."""
        path = finding.span.path
        if not self.tree.runs(path, finding.code, finding.slug):
            return None
        severity = self.tree.governing(path).settings.severity_of(finding.code, finding.slug)
        if severity is None or severity is finding.severity:
            return finding
        return dataclasses.replace(finding, severity=severity)

    def _shown(self, path: str, found: tuple[Located, ...]) -> tuple[Located, ...]:
        """Those of a file's findings that are asked for."""
        if not self._is_asked_for(path):
            return ()
        floor = self.tree.governing(path).settings.severity_floor
        return tuple(each for each in found if floor is None or each.finding.severity >= floor)

    def _is_asked_for(self, name: str) -> bool:
        if not self._only:
            return True
        path = (self.root / name).resolve()
        return any(path == each or path.is_relative_to(each) for each in self._only)

    def _is_looked_for(self, code: str, path: str) -> bool:
        """Whether this audit would show what a rule finds in a file."""
        registered = self._rules.get(code)
        return (
            registered is not None
            and self._is_asked_for(path)
            and self.tree.runs(path, code, registered.rule.slug)
        )

    # -- what surfaces show --

    def findings(self, path: str | None = None) -> tuple[Located, ...]:
        """All findings in the order of paths and lines, or those of one file."""
        if path is not None:
            return self._located.get(path, ())
        return tuple(located for each in sorted(self._located) for located in self._located[each])

    def paths_with_findings(self) -> frozenset[str]:
        """The files of which something is to be shown: findings, or suppression comments that are wrong."""
        return frozenset(self._located) | frozenset(self._acceptance.faults)

    def suppression_faults(self, path: str | None = None) -> tuple[SuppressionFault, ...]:
        """What is wrong with suppression comments, in one file or in all."""
        wrong = self._acceptance.faults
        return (
            wrong.get(path, ())
            if path is not None
            else tuple(one for each in sorted(wrong) for one in wrong[each])
        )

    def baseline_gone(self) -> tuple[Identity, ...]:
        """The entries of the baseline that are found no longer."""
        return self._acceptance.gone

    def suppressing(self, located: Located) -> FileChanges:
        """The changes that accept a finding by a comment; empty where no comment fits."""
        path, text = located.path, self.text(located.path)
        if text is None:
            return ()
        return suppressing_changes(located, text, self._acceptance.directives(path, self._workspace))

    def links(self) -> tuple[Link, ...]:
        """Which client talks to which endpoint."""
        return self._links

    def connection_names(self) -> dict[str, str]:
        """The name of each connection by its id."""
        every = (each.surrounded.connection for each in self._placed)
        return {each.id: each.name for each in every}

    def connections(self) -> tuple[ConnectionView, ...]:
        """Every connection, in the order of paths and lines."""
        return connection_views(self._workspace, self._places, self.dossiers(), self._links)

    def dossiers(self) -> tuple[Dossier, ...]:
        """Every connection's dossier, with what stands around it."""
        return tuple(each.surrounded for each in self._placed)

    @property
    def rules(self) -> Mapping[str, Registered]:
        """The rules that run, by code."""
        return self._rules

    def starts(self) -> tuple[Start, ...]:
        """Each place that starts a server."""
        return starts_of(self._workspace)

    def environment(self) -> Mapping[str, FactView]:
        """The six items of the environment; empty where there is no connection."""
        if not self._placed:
            return {}
        environment = environment_around(self._workspace, [each.alone for each in self._placed])
        return {
            each.name: fact_view(self._places, getattr(environment, each.name))
            for each in dataclasses.fields(environment)
        }

    def located(self, evidence: Iterable[Evidence]) -> tuple[LocatedEvidence, ...]:
        """Evidence with its current places; what is gone from the code is left out."""
        return self._places.evidence(evidence)

    def problems(self) -> tuple[Problem, ...]:
        """What about the input a person should know."""
        of_files = [
            Problem(each.path, each.line, each.kind, each.message) for each in self._workspace.problems()
        ]
        failed: dict[str, Problem] = {}
        for placed in self._placed:
            for code, problem in self._checked.get(id(placed.surrounded), (None, (), ()))[2]:
                failed.setdefault(code, problem)
        return (*self._team.problems, *self._acceptance.problems, *of_files, *failed.values())

    def settings_problems(self) -> tuple[Problem, ...]:
        """What is wrong with files that the settings name."""
        return self._team.problems

    def files(self) -> tuple[str, ...]:
        """The code files that are read."""
        return self._workspace.files()

    def text(self, path: str) -> SourceText | None:
        """The current text of a file of the workspace."""
        return self._workspace.text(path)

    def changes(self, located: Located, fix: Fix) -> Mapping[str, FileChanges]:
        """The edits of a fix, from the current text; empty where it no longer applies, or fails, which is logged."""
        try:
            built = fix.build(self.text, self._workspace.locate)
        except Exception:  # a broken fix costs no other
            _log.exception("the fix %r of %s in %s failed", fix.title, located.finding.code, located.path)
            return {}
        return {path: each for path, each in built.items() if each}


def _as_far_as_it_runs(dossier: Dossier, finding: Finding) -> Finding:
    """The finding; of low confidence, with the reason, where nothing runs the connection's code."""
    reachable = dossier.reachable
    if reachable is None or reachable.value:
        return finding
    evidence = (*finding.evidence, *reachable.evidence)
    return dataclasses.replace(finding, confidence=Confidence.LOW, evidence=evidence)


def _selected(tree: SettingsTree) -> dict[str, Registered]:
    """The rules that the settings of any file want, by code."""
    return {
        code: each
        for code, each in registered_rules().items()
        if any(governing.settings.runs(code, each.rule.slug) for governing in tree.every)
    }


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> frozenset[str]:
    return frozenset(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
