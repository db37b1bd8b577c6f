"""The desk: open documents and audited folders, on the worker's thread alone."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types

from halfopen.audit.engine import Auditor
from halfopen.audit.settings_tree import is_settings_file, stamp_above
from halfopen.edits.changes import FileChanges
from halfopen.lsp import fixes
from halfopen.lsp.connections import ShownConnection, shown_connections
from halfopen.lsp.findings import Began, Edits, Ended, Event, Note, Progressed, Report
from halfopen.lsp.folder_settings import FolderSettings, settings_places
from halfopen.lsp.folders import AuditedFolder, as_folders_spell, owner, surroundings
from halfopen.lsp.json_values import Table
from halfopen.lsp.locations import path_of, relative
from halfopen.lsp.reports import ranges_in, shown_faults, shown_findings
from halfopen.lsp.worker import Worker
from halfopen.source import Change, ColumnUnit, Document, Position, SourceText, language_of
from halfopen.workspace.extracts import cache_of_user

PROGRESS_SECONDS = 0.1
"""How often progress is told of at most."""

PROBLEM_TYPES = {"syntax": types.MessageType.Log, "rule": types.MessageType.Error}
"""How loud a problem is in the client's log, where it is not a warning."""

_CACHE_WAIT_SECONDS = 0.1
"""How long another process may hold up a write to the cache; nothing else is done meanwhile."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class OpenFile:
    """A document that the editor has open; `document` is None for a file that holds no code."""

    path: Path
    uri: str
    opening: int
    document: Document | None
    edition: int = 0
    folder: AuditedFolder | None = None


class Desk:
    """Takes in what the editor tells, audits when the worker says so, and posts what came of it."""

    def __init__(
        self, encoding: str, worker: Worker, cancel: threading.Event, post: Callable[[Event], None]
    ) -> None:
        self._unit = ColumnUnit(encoding)
        self._worker = worker
        self._cancel = cancel
        self._post = post
        self._folders: list[AuditedFolder] = []
        self._files: dict[str, OpenFile] = {}
        self._by_path: dict[Path, OpenFile] = {}
        self._settings = FolderSettings()
        self._cache = cache_of_user(_CACHE_WAIT_SECONDS)
        self._begun = False
        self._changes = 0
        self._audit_began: float | None = None
        self._progress_told = 0.0

    def begin(self) -> None:
        """Audits may run from now on: the editor's settings are known, or will not come."""
        self._begun = True
        self._complain()
        self._changed()

    def configure(self, values: Mapping[str, Table], common: Table) -> None:
        """Take over the editor's settings, by folder and for all the rest, and begin."""
        self.set_in_editor(values, common)
        self.begin()

    def set_in_editor(self, values: Mapping[str, Table], common: Table) -> None:
        self._settings.set_in_editor(values, common)
        for folder in self._folders:
            self._settings.reload(folder)

    def add_folder(self, root: Path, uri: str) -> None:
        if any(folder.uri == uri for folder in self._folders):
            return
        folder = self._audited_folder(root, uri)
        for outer in self._folders:
            if root.is_relative_to(outer.root):
                # What the outer folder shows in here, this one will say better.
                shown = (outer.root / path for path in outer.auditor.paths_with_findings())
                folder.unpublished |= {name for path in shown if (name := relative(path, root))}
        self._folders.append(folder)
        self._complain()
        self._assign()
        self._changed()

    def remove_folder(self, uri: str) -> None:
        for folder in [folder for folder in self._folders if folder.uri == uri]:
            self._drop(folder)
        self._assign()
        self._changed()

    def open(self, path: Path, uri: str, opening: int, text: str) -> None:
        path = as_folders_spell(path, self._folders)
        language = language_of(path.name)
        document = Document(SourceText.from_str(text), language) if language else None
        if before := self._files.get(uri):
            self._leave(before)
        file = OpenFile(path, uri, opening, document)
        self._files[uri] = self._by_path[path] = file
        if uri != path.as_uri():
            # From now on the client's own spelling names the file; nothing must stay under the other.
            self._post(Report(path.as_uri(), None, 0))
        self._assign()
        if file.folder is None:
            self._post(
                Note(f"{path} is not audited: it is in no folder of the workspace", types.MessageType.Info)
            )
            self._post(Report(uri, opening, 0))
        self._changed()

    def edit(self, uri: str, edition: int, changes: Iterable[types.TextDocumentContentChangeEvent]) -> None:
        file = self._files[uri]
        file.edition = edition
        if file.document is None:
            return
        file.document.apply([_change(each) for each in changes], self._unit)
        if file.folder is None:
            return
        file.folder.auditor.changed(self._path(file))
        if file.folder.settings.run == "onType" and self._begun:
            self._changes += 1
            self._worker.audit_after(file.folder.settings.debounce_milliseconds / 1000)

    def save(self, path: Path) -> None:
        """A document was saved. Its diagnostics are sent in any case: the client may wait for a word."""
        saved = as_folders_spell(path, self._folders)
        folder = owner(saved, self._folders)
        if folder is not None:
            folder.unpublished.add(saved.relative_to(folder.root).as_posix())
        self.touch([saved])

    def close(self, uri: str) -> None:
        file = self._files.pop(uri)
        if self._by_path.get(file.path) is file:
            del self._by_path[file.path]
        if file.folder is None or uri != file.path.as_uri():
            self._post(Report(uri, None, 0))
        self._leave(file)
        self._assign()
        self._changed()

    def touch(self, paths: Iterable[Path]) -> None:
        """Files changed on disk. An open document counts as the editor has it, whatever the disk says."""
        spelled = (as_folders_spell(path, self._folders) for path in paths)
        closed = [path for path in spelled if not ((file := self._by_path.get(path)) and file.document)]
        for folder in self._folders:
            names = [name for path in closed if (name := relative(path, folder.root))]
            above = stamp_above(folder.root) != folder.auditor.tree.above
            if above or any(is_settings_file(name) for name in names):
                self._settings.reload(folder)
            if names:
                folder.auditor.touched(_with_files_below(folder, names))
        self._complain()
        self._changed()

    def audit(self) -> None:
        """Bring every folder up to date and post what changed. Makes way for jobs, to go on after them."""
        if self._audit_began is None:
            self._audit_began = time.monotonic()
            self._post(Began(first=any(not folder.audited for folder in self._folders)))
        outcome, changes = "complete", self._changes
        for folder in self._folders:
            try:
                if self._refresh(folder) and not self._cancel.is_set():
                    self._worker.audit_soon()
                    return
                self._publish(folder)
            except Exception as error:
                logger.exception("the audit of %s failed", folder.root)
                self._post(Note(f"the audit of {folder.root} failed: {error}", types.MessageType.Error))
                outcome = "failed"
            if self._cancel.is_set():
                outcome = "cancelled"
                break
            folder.audited = True
        self._cancel.clear()
        self._ended(changes, outcome)

    def rest(self) -> None:
        """Write what files gave for the next start; jobs come first."""
        self._cache.write(self._worker.interrupted)

    def fix(self, uri: str, key: str, title: str) -> tuple[Edits, ...]:
        """The edits of one fix of one finding for the text as it is now; none where it no longer applies."""
        found = self._current(uri)
        if found is None:
            return ()
        folder, path = found
        return self._edits(folder, fixes.quick_fix(folder.auditor, path, key, title))

    def suppress(self, uri: str, key: str) -> tuple[Edits, ...]:
        """The edit that accepts a finding by a comment; none where no comment fits."""
        found = self._current(uri)
        if found is None:
            return ()
        folder, path = found
        changes = fixes.suppression(folder.auditor, path, key)
        return self._edits(folder, {path: changes} if changes else {})

    def unsuppress(self, uri: str, key: str) -> tuple[Edits, ...]:
        """The edit that takes away what is unused of a suppression comment."""
        found = self._current(uri)
        if found is None:
            return ()
        folder, path = found
        changes = fixes.without_suppression(folder.auditor, path, key)
        return self._edits(folder, {path: changes} if changes else {})

    def fix_all(self, uri: str) -> tuple[Edits, ...]:
        """The edits of all safe fixes of an open file."""
        found = self._current(uri)
        file = self._files.get(uri)
        if found is None or file is None or file.document is None:
            return ()
        folder, path = found
        changes = fixes.all_safe_fixes(folder.auditor, path, file.document)
        return self._edits(folder, {path: changes} if changes else {})

    def connections(self, uri: str) -> tuple[ShownConnection, ...]:
        """Every connection of the folder that a file belongs to, for the text as it is now."""
        found = self._current(uri)
        if found is None:
            return ()
        folder, _ = found
        return shown_connections(folder.auditor, self._unit, lambda name: self._stamp(folder, name)[0])

    def _current(self, uri: str) -> tuple[AuditedFolder, str] | None:
        """The folder and the path of an audited file, with the audit up to date."""
        path = file.path if (file := self._files.get(uri)) else path_of(uri)
        folder = owner(path, self._folders) if path else None
        if path is None or folder is None:
            return None
        folder.unpublished |= folder.auditor.refresh()
        self._worker.audit_soon()
        return folder, path.relative_to(folder.root).as_posix()

    def _edits(self, folder: AuditedFolder, changes: Mapping[str, FileChanges]) -> tuple[Edits, ...]:
        result: list[Edits] = []
        for path, replacements in changes.items():
            text = folder.auditor.text(path)
            creates = text is None
            if creates and (folder.root / path).exists():
                return ()
            range_of = ranges_in(text or SourceText(b""), self._unit)
            edits = tuple(
                types.TextEdit(range_of(each.start, each.end), each.text) for each in sorted(replacements)
            )
            result.append(Edits(*self._stamp(folder, path), edits, creates))
        return tuple(result)

    def _refresh(self, folder: AuditedFolder) -> bool:
        """Do a folder's work; True where it was left before its end."""
        stopped = False

        def stop() -> bool:
            nonlocal stopped
            stopped = stopped or self._cancel.is_set() or self._worker.interrupted()
            return stopped

        if folder.audited:
            folder.unpublished |= folder.auditor.refresh(self._progress, stop)
            return stopped
        gc.disable()
        try:
            folder.unpublished |= folder.auditor.refresh(self._progress, stop)
        finally:
            # What the first pass built stays: no later collection, met in the middle of a save, looks at it.
            gc.freeze()
            gc.enable()
        return stopped

    def _progress(self, done: int, total: int, path: str) -> None:
        now = time.monotonic()
        if now - self._progress_told >= PROGRESS_SECONDS:
            self._progress_told = now
            self._post(Progressed(done, total, path))

    def _publish(self, folder: AuditedFolder) -> None:
        """Post a report for each file whose findings may have changed, and what is new in the folder's log."""
        paths, folder.unpublished = folder.unpublished, set()
        uris: dict[str, str] = {}

        def uri_of(name: str) -> str:
            if name not in uris:
                uris[name] = self._stamp(folder, name)[0]
            return uris[name]

        # What the person looks at comes first.
        for path in sorted(paths, key=lambda each: (folder.root / each not in self._by_path, each)):
            if owner(folder.root / path, self._folders) is not folder:
                continue
            uri, opening, edition = self._stamp(folder, path)
            findings = shown_findings(folder.auditor, path, self._unit, uri_of)
            wrong = shown_faults(folder.auditor, path, self._unit)
            self._post(Report(uri, opening, edition, findings, settings_places(folder, path), wrong))
        problems = frozenset(folder.auditor.problems())
        for problem in sorted(problems - folder.problems, key=lambda each: (each.path, each.line or 0)):
            place = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
            kind = PROBLEM_TYPES.get(problem.kind, types.MessageType.Warning)
            self._post(Note(f"{place}: {problem.message}", kind))
        folder.problems = problems

    def _ended(self, changes: int, outcome: str) -> None:
        began = self._audit_began or time.monotonic()
        self._audit_began = None
        files = sum(len(folder.auditor.files()) for folder in self._folders)
        self._post(Ended(changes, outcome, files, 1000 * (time.monotonic() - began)))

    def _stamp(self, folder: AuditedFolder, path: str) -> tuple[str, int | None, int]:
        """A file's URI as the client spells it, and the opening and edition of its text, as in `Report`."""
        absolute = folder.root / path
        file = self._by_path.get(absolute)
        return (file.uri, file.opening, file.edition) if file else (absolute.as_uri(), None, 0)

    def _assign(self) -> None:
        """Give each open file to the innermost folder that holds it; drop surroundings without open files."""
        for file in self._files.values():
            folder = self._owner(file.path)
            if folder is file.folder:
                continue
            self._leave(file)
            file.folder = folder
            if folder is not None:
                folder.unpublished.add(self._path(file))
                if file.document is not None:
                    folder.auditor.open(self._path(file), file.document)
        used = {id(file.folder) for file in self._files.values()}
        for folder in [each for each in self._folders if each.uri is None and id(each) not in used]:
            self._drop(folder)

    def _owner(self, path: Path) -> AuditedFolder | None:
        named = [folder for folder in self._folders if folder.uri is not None]
        if named:
            return owner(path, named)
        # The client has no folder at all: what surrounds the document is audited while it is open.
        if (folder := owner(path, self._folders)) is None:
            root, is_project = surroundings(path)
            folder = self._audited_folder(root, None, alone=not is_project)
            self._folders.append(folder)
            self._complain()
        return folder

    def _leave(self, file: OpenFile) -> None:
        """Take an open file from its folder, which goes on with the file on disk."""
        if file.folder is not None:
            file.folder.unpublished.add(self._path(file))
            if file.document is not None:
                file.folder.auditor.close(self._path(file))
            file.folder = None

    def _drop(self, folder: AuditedFolder) -> None:
        """End a folder's audit and clear what it shows, unless another folder has a say in it."""
        self._folders.remove(folder)
        for file in self._files.values():
            if file.folder is folder:
                file.folder = None
        complaints = {problem.path for problem in folder.settings_problems}
        for path in folder.auditor.paths_with_findings() | complaints:
            other = owner(folder.root / path, self._folders)
            if other is not None:
                other.unpublished.add((folder.root / path).relative_to(other.root).as_posix())
            else:
                self._post(Report(*self._stamp(folder, path)))

    @staticmethod
    def _path(file: OpenFile) -> str:
        assert file.folder is not None
        return file.path.relative_to(file.folder.root).as_posix()

    def _changed(self) -> None:
        self._changes += 1
        if self._begun:
            self._worker.audit_soon()

    def _audited_folder(self, root: Path, uri: str | None, *, alone: bool = False) -> AuditedFolder:
        tree = self._settings.of(root, uri, alone=alone)
        folder = AuditedFolder(root, uri, alone, Auditor(root, tree, cache=self._cache))
        folder.unpublished |= {each.path for each in tree.problems if not each.path.startswith("../")}
        return folder

    def _complain(self) -> None:
        """Tell the person of settings that cannot be used."""
        if self._begun and (new := self._settings.new_complaints(self._folders)):
            self._post(Note("\n".join(new), types.MessageType.Warning, shown=True))


def _change(event: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(event, types.TextDocumentContentChangeWholeDocument):
        return Change(event.text)
    start, end = event.range.start, event.range.end
    return Change(event.text, Position(start.line, start.character), Position(end.line, end.character))


def _with_files_below(folder: AuditedFolder, names: Iterable[str]) -> set[str]:
    """The names, and the known files below those that are folders which are gone."""
    gone = tuple(
        f"{name}/" for name in names if language_of(name) is None and not (folder.root / name).exists()
    )
    below = (path for path in folder.auditor.files() if path.startswith(gone)) if gone else ()
    return {*names, *below}
