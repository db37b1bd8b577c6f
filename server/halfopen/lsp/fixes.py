"""Edits of fixes: one fix, or all safe ones of a file."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Fix
from halfopen.audit.views import Located
from halfopen.edits.changes import FileChanges, Replacement, apply
from halfopen.edits.difference import changes_between
from halfopen.lsp.reports import keyed
from halfopen.source import Document, SourceText

logger = logging.getLogger(__name__)

MOST_ROUNDS = 10
"""A fix makes room for fixes that overlapped it; more rounds than this are no progress but a quarrel."""


def quick_fix(auditor: Auditor, path: str, key: str, title: str) -> Mapping[str, FileChanges]:
    """The changes of the fix with this title of the finding with this key, of an audit that is up to date."""
    for each, located in keyed(auditor, path):
        if each == key:
            for fix in located.finding.fixes:
                if fix.title == title:
                    return _changes(auditor, located, fix)
    return {}


def all_safe_fixes(auditor: Auditor, path: str, document: Document) -> FileChanges:
    """The changes that all safe fixes of a file make together, for the text that it has now.

    Fixes that touch each other's place are made one round after the other, each from the result of
    the one before, until none is left. Fixes that reach into other files are left to the person.
    """
    original = document.text
    draft = Document(original, document.language)
    try:
        for _ in range(MOST_ROUNDS):
            round_changes = _compatible(_safe_fixes(auditor, path))
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
                changes = _changes(auditor, located, fix)
                if set(changes) == {path} and changes[path]:
                    yield changes[path]
                    break


def _changes(auditor: Auditor, located: Located, fix: Fix) -> Mapping[str, FileChanges]:
    """The changes of a fix; a fix that fails makes none, and costs no other."""
    try:
        return auditor.changes(located, fix)
    except Exception:
        logger.exception("the fix %r of %s in %s failed", fix.title, located.finding.code, located.path)
        return {}


def _compatible(fixes: Iterable[FileChanges]) -> FileChanges:
    """The changes of those fixes that keep clear of the ones before them; touching counts as overlapping.

    Two fixes that insert at one place, an import each say, depend on each other's result.
    """
    taken: list[Replacement] = []
    for changes in fixes:
        if all(new.end < old.start or old.end < new.start for new in changes for old in taken):
            taken += changes
    return tuple(taken)
