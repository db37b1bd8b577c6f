"""Fixes made together: those that keep clear of each other in one round, then what is left, until nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from halfopen.audit.engine import Auditor
from halfopen.audit.views import Located
from halfopen.edits.changes import FileChanges, Replacement, apply
from halfopen.source import Document, SourceText, language_of

MOST_ROUNDS = 10
"""A fix makes room for fixes that overlapped it; more rounds than this are no progress but a quarrel."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What fixes made of files: the text before (None for a new file) and after, and how many fixes there were."""

    texts: Mapping[str, tuple[bytes | None, bytes]]
    count: int


def compatible(fixes: Iterable[FileChanges]) -> FileChanges:
    """The changes of those fixes that keep clear of the ones before them; touching counts as overlapping.

    Two fixes that insert at one place, an import each say, depend on each other's result.
    """
    taken: list[Replacement] = []
    for changes in fixes:
        if _keeps_clear(changes, taken):
            taken += changes
    return tuple(taken)


def fixed_texts(auditor: Auditor, *, unsafe: bool) -> Fixed:
    """What the fixes of all findings make of the files, which stay as they are. `unsafe` takes those in as well.

    The auditor is left with the result as if an editor had it open; `close` gives each file back.
    """
    before: dict[str, bytes | None] = {}
    count = 0
    for _ in range(MOST_ROUNDS):
        taken: dict[str, list[Replacement]] = {}
        for changes in _changes(auditor, unsafe=unsafe):
            if all(_keeps_clear(each, taken.get(path, ())) for path, each in changes.items()):
                for path, each in changes.items():
                    taken.setdefault(path, []).extend(each)
                count += 1
        if not taken:
            break
        for path, changes in taken.items():
            text = auditor.text(path)
            before.setdefault(path, text.data if text is not None else None)
            language = language_of(path)
            assert language is not None
            made = apply(text.data if text is not None else b"", changes)
            auditor.open(path, Document(SourceText(made), language))
        auditor.refresh()
    after = {path: text.data for path in before if (text := auditor.text(path)) is not None}
    changed = {path: (before[path], made) for path, made in after.items() if before[path] != made}
    return Fixed(changed, count)


def _changes(auditor: Auditor, *, unsafe: bool) -> Iterator[Mapping[str, FileChanges]]:
    """For each finding the changes of its first fix that may be made."""
    broken = {each.path for each in auditor.problems() if each.kind == "syntax"}
    for located in auditor.findings():
        if located.suppressed or located.path in broken:
            continue
        changes = _first_fix(auditor, located, unsafe=unsafe)
        if changes and all(language_of(path) is not None for path in changes):
            yield changes


def _first_fix(auditor: Auditor, located: Located, *, unsafe: bool) -> Mapping[str, FileChanges]:
    for fix in located.finding.fixes:
        if fix.safe or unsafe:
            changes = auditor.changes(located, fix)
            if changes:
                return changes
    return {}


def _keeps_clear(changes: FileChanges, taken: Iterable[Replacement]) -> bool:
    return all(new.end < old.start or old.end < new.start for old in taken for new in changes)
