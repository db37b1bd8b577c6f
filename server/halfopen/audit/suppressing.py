"""The edit that accepts a finding by a comment above its line, or behind it where none can stand above."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from halfopen.audit.suppressions import Directive, directives_in
from halfopen.audit.views import Located
from halfopen.edits.changes import FileChanges, Replacement, apply
from halfopen.source import Language, ParseTooSlow, SourceText, language_of
from halfopen.source.parsing import parse

_WITHOUT_COMMENTS = (".json", ".lock")
"""Endings of files that have no comments."""


def suppressing_changes(located: Located, text: SourceText, directives: Sequence[Directive]) -> FileChanges:
    """The changes of the finding's file; empty where no comment can be put that speaks of the finding."""
    code, line = located.finding.code, text.point(located.start).line
    for each in directives:
        if not each.whole_file and line in each.lines and each.selectors:
            closing = text.data.find(b"]", each.start, each.end)
            return (Replacement(closing, closing, f", {code}"),) if closing >= 0 else ()
    language = language_of(located.path)
    if language is None:
        if located.path.endswith(_WITHOUT_COMMENTS):
            return ()
        return (_above(text, line, f"# halfopen: ignore[{code}]"),)
    for change in _candidates(text, located.start, language, f"halfopen: ignore[{code}]"):
        if _speaks_of(located, text, change, language):
            return (change,)
    return ()


def _candidates(text: SourceText, start: int, language: Language, directive: str) -> Iterator[Replacement]:
    """Comments as a person would write them, the most usual first: inside JSX and templates few are comments."""
    line = text.point(start).line
    if language is Language.PYTHON:
        yield _above(text, line, f"# {directive}")
        yield _behind(text, line, f"  # {directive}")
    else:
        yield _above(text, line, f"// {directive}")
        yield _above(text, line, f"{{/* {directive} */}}")
        yield _behind(text, line, f" // {directive}")
        yield _behind(text, line, f" {{/* {directive} */}}")
        yield Replacement(start, start, f"/* {directive} */ ")


def _above(text: SourceText, line: int, comment: str) -> Replacement:
    start, _ = text.line_range(line)
    content = text.line_text(line)
    indent = content[: len(content) - len(content.lstrip())]
    ending = "\r\n" if text.data[: text.line_range(line)[1] + 2].endswith(b"\r\n") else "\n"
    return Replacement(start, start, f"{indent}{comment}{ending}")


def _behind(text: SourceText, line: int, comment: str) -> Replacement:
    start, end = text.line_range(line)
    end = start + len(text.data[start:end].rstrip())
    return Replacement(end, end, comment)


def _speaks_of(located: Located, text: SourceText, change: Replacement, language: Language) -> bool:
    """Whether the changed text is as sound as before, and holds a comment that speaks of the finding."""
    changed = SourceText(apply(text.data, (change,)))
    moved = len(change.text.encode()) if change.start <= located.start else 0
    line = changed.point(located.start + moved).line
    try:
        before, after = parse(text.data, language), parse(changed.data, language)
    except ParseTooSlow:
        return False
    sound = before.root_node.has_error or not after.root_node.has_error
    return sound and any(
        line in each.lines and located.finding.code in each.selectors
        for each in directives_in(located.path, changed, after)
    )
