"""The files of one root, what was read from them, and what must be read again after a change."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from halfopen.connections.links import LinkFinder
from halfopen.semantics.module import Module, build_module
from halfopen.semantics.program import IMPORT_SETTINGS, Program
from halfopen.semantics.queries import FileToken, Queries, Token
from halfopen.semantics.scripts import (
    MARKER,
    Page,
    file_of,
    is_page,
    pages_of_html,
    script_path,
)
from halfopen.semantics.unit import Span
from halfopen.source import (
    MAX_FILE_BYTES,
    Document,
    Language,
    NotUtf8,
    ParseTooSlow,
    SourceText,
    language_of,
)
from halfopen.source.parsing import parse
from halfopen.workspace.aliases import nearest_aliases, python_roots, typescript_aliases
from halfopen.workspace.deployment import DeploymentFiles
from halfopen.workspace.discovery import Excluder, Scope, discover
from halfopen.workspace.extracts import Extract, ExtractCache
from halfopen.workspace.words import WordSearch

if TYPE_CHECKING:
    import tree_sitter

_UNREAD = (
    "not understood (a syntax error, or syntax that the parser does not know); "
    "the rest of the file is still audited"
)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Why a file was left out or read only in part. `line` from 1; `kind` as in `audit.engine.Problem`."""

    path: str
    line: int | None
    kind: str
    message: str


def is_generated(data: bytes) -> bool:
    """Whether a file is a bundle that no one reads: large, and with hundreds of characters to the line."""
    return len(data) > 20_000 and len(data) / (data.count(b"\n") + 1) > 400


class Workspace:
    """Files, modules and answers of one root. Paths are relative to it, with "/"."""

    def __init__(
        self,
        root: Path,
        scope: Scope,
        max_file_bytes: int = MAX_FILE_BYTES,
        cache: ExtractCache | None = None,
    ) -> None:
        self.root = root
        self.scope = scope
        self._excluder = Excluder(root, scope)
        self.max_file_bytes = max_file_bytes
        self.queries = Queries()
        self.program = Program(self, self.queries)
        self.deployment = DeploymentFiles(root, self._config_text)
        self.links = LinkFinder()
        self._cache = cache or ExtractCache()
        self._texts: dict[str, SourceText] = {}
        self._documents: dict[str, Document] = {}
        self._problems: dict[str, list[FileProblem]] = {}
        self._failures: set[tuple[str, str]] = set()
        self._listed: dict[re.Pattern[str] | None, tuple[str, ...]] = {}
        self._words = WordSearch(self._texts)
        self._aliases: dict[str, list[tuple[str, str]]] = {}
        self._dirty: set[str] = set()
        self._scanned = False

    # -- what surfaces tell --

    def open(self, path: str, document: Document) -> None:
        """An editor owns the file's text from now on."""
        self._documents[path] = document
        self._dirty.add(path)

    def changed(self, path: str) -> None:
        """The open document was edited."""
        self._dirty.add(path)

    def close(self, path: str) -> None:
        """The file on disk counts again."""
        self._documents.pop(path, None)
        self._dirty.add(path)

    def touched(self, paths: Iterable[str]) -> None:
        """Files were created, changed or deleted on disk."""
        self._dirty.update(paths)

    # -- reading --

    def scan(
        self,
        progress: Callable[[int, int, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Read the texts of all code files, once."""
        if self._scanned:
            return
        every = list(discover(self.root, self.scope))
        self.deployment.found(every)
        paths = [path for path in every if _is_read(path)]
        for position, path in enumerate(paths):
            if cancelled is not None and cancelled():
                return
            if progress is not None:
                progress(position, len(paths), path)
            if path not in self._texts:
                self._read(path)
        self._scanned = True
        self._words.clear()
        self._cache.read_ahead(
            (text.data, language)
            for path, text in self._texts.items()
            if path not in self._documents and (language := language_of(path)) is not None
        )
        self._dirty -= set(paths) - set(self._documents)

    def update(self) -> set[object]:
        """Bring everything in step with what was told; the keys of the answers that were forgotten."""
        changed: set[Token] = set()
        if any(posixpath.basename(path) == ".gitignore" for path in self._dirty):
            self._excluder = Excluder(self.root, self.scope)
            found = {path for path in discover(self.root, self.scope) if _is_read(path)}
            self._dirty.update(self._texts.keys() ^ found)
        for path in sorted(self._dirty):
            if posixpath.basename(path).startswith(("tsconfig", "jsconfig")):
                self._aliases.clear()
                changed.add(IMPORT_SETTINGS)
            excluded = self._excluder.excludes_anywhere(path)
            self.deployment.touched(path, exists=not excluded and (self.root / path).is_file())
            if not _is_read(path):
                continue
            before, problems = self._texts.get(path), self._problems.get(path)
            if excluded:
                self._forget_file(path)
            else:
                self._read(path)
            after = self._texts.get(path)
            if before is not None and after is not None and before.data == after.data:
                if problems is not None:
                    self._problems[path] = problems
                continue
            self._words.edited(
                path, before.data if before is not None else b"", after.data if after is not None else b""
            )
            changed |= self._replace_module(path, after)
        self._dirty.clear()
        return set(self.queries.forget(changed))

    def _replace_module(self, path: str, text: SourceText | None) -> set[Token]:
        previous = self.program.loaded(path)
        module = self._build(path, text, previous) if text is not None else None
        changed = self.program.replace(path, module)
        scripts = {each.path: each for each in (module.scripts if module is not None else ())}
        for gone in previous.scripts if previous is not None else ():
            if gone.path not in scripts:
                changed |= self.program.replace(gone.path, None)
        for name, script in scripts.items():
            changed |= self.program.replace(name, script)
        return changed

    def _read(self, path: str) -> None:
        """Take the file's text from its open document or from disk; a file that cannot be read is noted."""
        self._problems.pop(path, None)
        document = self._documents.get(path)
        if document is not None:
            self._keep(path, document.text)
            return
        file = self.root / path
        try:
            if not file.is_file() or (
                file.is_symlink() and not file.resolve().is_relative_to(self.root.resolve())
            ):
                self._drop(path)
                return
            size = file.stat().st_size
            if size > self.max_file_bytes:
                self._leave_out(
                    path,
                    "too-large",
                    f"{size:,} bytes: larger than the limit of {self.max_file_bytes:,}; not read",
                )
                return
            data = file.read_bytes()
            if is_page(path) and MARKER not in data:
                self._drop(path)
                return
            if is_generated(data):
                self._leave_out(path, "generated", "generated code (very long lines); not audited")
                return
            self._keep(path, SourceText.from_bytes(data))
        except NotUtf8 as error:
            self._leave_out(
                path, "encoding", "not UTF-8; not read. Save it as UTF-8 to have it audited", error.line + 1
            )
        except OSError as error:
            self._leave_out(path, "unreadable", f"cannot be read: {error.strerror or error}")

    def note_failures(self, failures: Iterable[tuple[str, str]]) -> None:
        """All that could not be analysed, by path and why; the rest of those files was."""
        self._failures = {(file_of(path), message) for path, message in failures}

    def _leave_out(self, path: str, kind: str, message: str, line: int | None = None) -> None:
        self._drop(path)
        self._problems[path] = [FileProblem(path, line, kind, message)]

    def _forget_file(self, path: str) -> None:
        self._drop(path)
        self._problems.pop(path, None)

    def _keep(self, path: str, text: SourceText) -> None:
        if path not in self._texts:
            self._listed.clear()
        self._texts[path] = text

    def _drop(self, path: str) -> None:
        if self._texts.pop(path, None) is not None:
            self._listed.clear()

    def _build(self, path: str, text: SourceText, previous: Module | None) -> Module | None:
        if is_page(path):
            scripts = self._scripts(path, pages_of_html(text.data), previous)
            return Module(path, "typescript", (), scripts)
        language = language_of(path)
        if language is None:
            return None
        document = self._documents.get(path)
        try:
            if document is not None:
                # Its tree is at hand, and each of its texts is soon another.
                extract = Extract(text.data, language, parsed=document.tree)
            else:
                extract = self._cache.extract(text.data, language)
        except ParseTooSlow as error:
            self._problems[path] = [FileProblem(path, None, "too-slow", f"{error}; not audited")]
            return None
        outline = extract.outline
        if outline.has_error:
            line = text.point(outline.problem).line + 1 if outline.problem is not None else None
            self._problems[path] = [FileProblem(path, line, "syntax", _UNREAD)]
        else:
            self._problems.pop(path, None)
        scripts = self._scripts(path, outline.pages, previous)
        return build_module(
            path, language.family, text.data, outline.statements, extract.lower, previous, scripts
        )

    def _scripts(self, path: str, pages: Iterable[Page], previous: Module | None) -> tuple[Module, ...]:
        """The scripts inside a file as modules of their own, one for each page."""
        before = {each.path: each for each in previous.scripts} if previous is not None else {}
        found: list[Module] = []
        for number, page in enumerate(pages, 1):
            name = script_path(path, number)
            try:
                extract = self._cache.extract(page.text, Language.TSX)
            except ParseTooSlow:
                continue
            top_level, known = extract.outline.statements, before.get(name)
            found.append(
                build_module(
                    name, "typescript", page.text, top_level, extract.lower, known, offset=page.start
                )
            )
        return tuple(found)

    # -- what the program asks (semantics.program.Loader) --

    def load(self, path: str) -> Module | None:
        if path != file_of(path):
            return next((each for each in self._scripts_in(file_of(path)) if each.path == path), None)
        text = self._texts.get(path)
        return self._build(path, text, None) if text is not None else None

    def exists(self, path: str) -> bool:
        return path in self._texts

    def paths_with(self, word: bytes) -> Iterable[str]:
        found = self._words.paths_with(word)
        pages = found & self._words.paths_with(MARKER)
        if not pages:
            return found
        return found | {script.path for path in sorted(pages) for script in self._scripts_in(path)}

    def _scripts_in(self, path: str) -> tuple[Module, ...]:
        module = self.program.module(path)
        return module.scripts if module is not None else ()

    def files_with(self, word: bytes) -> frozenset[str]:
        """The files whose text holds a word: code, pages, and what says how connections are served."""
        return frozenset(self._words.paths_with(word)) | self.deployment.files_with(word.decode())

    def tree(self, path: str) -> tree_sitter.Tree | None:
        """The syntax tree of a code file; None for other files, and where parsing takes too long."""
        text, language = self._texts.get(path), language_of(path)
        if text is None or language is None:
            return None
        document = self._documents.get(path)
        try:
            return document.tree if document is not None else parse(text.data, language)
        except ParseTooSlow:
            return None

    def aliases(self, path: str) -> Iterable[tuple[str, str]]:
        return nearest_aliases(path, self._aliases_in)

    def _aliases_in(self, folder: str) -> list[tuple[str, str]]:
        if folder not in self._aliases:
            self._aliases[folder] = typescript_aliases(folder, self._read_config)
        return self._aliases[folder]

    def _read_config(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none, it is too long, or a link leads out of the root."""
        file = self.root / path
        try:
            if not file.resolve().is_relative_to(self.root.resolve()):
                return None
            return file.read_bytes() if file.is_file() and file.stat().st_size < self.max_file_bytes else None
        except (OSError, RuntimeError):
            return None

    def _config_text(self, path: str) -> str | None:
        data = self._read_config(path)
        return data.decode("utf-8", "replace") if data is not None else None

    def python_roots(self, path: str) -> Iterable[str]:
        return python_roots(path, self._is_noted)

    def _is_noted(self, path: str) -> bool:
        self.queries.note(FileToken(path))
        return self.exists(path)

    # -- what surfaces ask --

    def documents(self) -> dict[str, Document]:
        """The open documents."""
        return dict(self._documents)

    def files(self) -> tuple[str, ...]:
        """The code files that are read."""
        if None not in self._listed:
            self._listed[None] = tuple(sorted(self._texts))
        return self._listed[None]

    def files_named(self, pattern: re.Pattern[str]) -> tuple[str, ...]:
        """Those of which a pattern is found in the path; looked for again only where a file came or went."""
        if pattern not in self._listed:
            self._listed[pattern] = tuple(path for path in self.files() if pattern.search(path))
        return self._listed[pattern]

    def text(self, path: str) -> SourceText | None:
        """The current text of a code file, or of another file that evidence points to."""
        known = self._texts.get(path)
        if known is not None:
            return known
        data = self._read_config(path)
        try:
            return SourceText.from_bytes(data) if data is not None else None
        except NotUtf8:
            return None

    def locate(self, span: Span) -> tuple[int, int] | None:
        """Where a span stands now (bytes), None when its code is gone."""
        module = self.program.loaded(span.path)
        start = module.start_of(span.unit) if module is not None else None
        return None if start is None else (start + span.start, start + span.end)

    def problems(self) -> list[FileProblem]:
        """What was left out or read in part, by path."""
        of_files = [problem for path in sorted(self._problems) for problem in self._problems[path]]
        return [*of_files, *(FileProblem(path, None, "rule", text) for path, text in sorted(self._failures))]


def _is_read(path: str) -> bool:
    """Whether a file's text is kept: code, and pages that may hold scripts."""
    return language_of(path) is not None or is_page(path)
