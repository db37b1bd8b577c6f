"""Edits of fixes: one fix, or all safe ones of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from halfopen.audit.engine import Auditor
from halfopen.audit.fixing import MOST_ROUNDS, compatible
from halfopen.edits.changes import FileChanges, Replacement, apply
from halfopen.edits.difference import changes_between
from halfopen.lsp.reports import keyed, keyed_faults
from halfopen.source import Document, SourceText


def quick_fix(auditor: Auditor, path: str, key: str, title: str) -> Mapping[str, FileChanges]:
    """The changes of the fix with this title of the finding with this key, of an audit that is up to date."""
    for each, located in keyed(auditor, path):
        if each == key:
            for fix in located.finding.fixes:
                if fix.title == title:
                    return auditor.changes(located, fix)
    return {}


def suppression(auditor: Auditor, path: str, key: str) -> FileChanges:
    """The comment that accepts the finding with this key."""
    return next((auditor.suppressing(located) for each, located in keyed(auditor, path) if each == key), ())


def without_suppression(auditor: Auditor, path: str, key: str) -> FileChanges:
    """What takes away the unused part of the suppression comment with this key."""
    for each, fault in keyed_faults(auditor, path):
        if each == key and fault.removal is not None:
            return (Replacement(*fault.removal),)
    return ()


def all_safe_fixes(auditor: Auditor, path: str, document: Document) -> FileChanges:
    """The changes that all safe fixes of a file make together, for the text that it has now.

    Fixes that touch each other's place are made one round after the other, each from the result of
    the one before, until none is left. Fixes that reach into other files are left to the person.
    """
    original = document.text
    draft = Document(original, document.language)
    try:
        for _ in range(MOST_ROUNDS):
            round_changes = compatible(_safe_fixes(auditor, path))
            if not round_changes:
                break
            draft = Document(SourceText(apply(draft.text.data, round_changes)), document.language)
            auditor.open(path, draft)
            auditor.refresh()
    finally:
        auditor.open(path, document)
        auditor.refresh()
    return changes_between(original.data, draft.text.data)


def _safe_fixes(auditor: Auditor, path: str) -> Iterable[FileChanges]:
    """For each finding the changes of its first safe fix that stays within the file."""
    for _, located in keyed(auditor, path):
        for fix in located.finding.fixes:
            if fix.safe:
                changes = auditor.changes(located, fix)
                if set(changes) == {path} and changes[path]:
                    yield changes[path]
                    break
