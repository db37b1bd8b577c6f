"""Where a place of a document has moved to after an edit, in lines and columns alone.

An audit sees a document as it was when it began. Its findings are moved by what has been typed
since, as an editor moves the marks it shows, so that they are right for the text on the screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lsprotocol import types

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Edit:
    """A replaced range, and how far the new text reaches: its line breaks, and its last line's length."""

    start: tuple[int, int]
    end: tuple[int, int]
    line_breaks: int
    last_length: int


def edits_of(changes: Iterable[types.TextDocumentContentChangeEvent], encoding: str) -> tuple[Edit, ...]:
    """The edits of a change notification; a change of the whole text moves nothing."""
    return tuple(
        _edit(change, encoding)
        for change in changes
        if isinstance(change, types.TextDocumentContentChangePartial)
    )


def shifted(place: types.Range, edits: Iterable[Edit]) -> types.Range:
    """The range after the edits. What was in a replaced stretch ends up at its edges."""
    start, end = (place.start.line, place.start.character), (place.end.line, place.end.character)
    for edit in edits:
        # Text typed at either edge stays outside, as it does for the marks of an editor.
        start, end = _moved(start, edit, after=start >= edit.end), _moved(end, edit, after=end > edit.end)
        end = max(start, end)
    return types.Range(types.Position(*start), types.Position(*end))


def _edit(change: types.TextDocumentContentChangePartial, encoding: str) -> Edit:
    start, end = change.range.start, change.range.end
    lines = _LINE_BREAK.split(change.text)
    return Edit(
        (start.line, start.character),
        (end.line, end.character),
        len(lines) - 1,
        _length(lines[-1], encoding),
    )


def _length(text: str, encoding: str) -> int:
    if encoding == types.PositionEncodingKind.Utf32:
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _moved(place: tuple[int, int], edit: Edit, *, after: bool) -> tuple[int, int]:
    if not after:
        return min(place, edit.start)
    line = edit.start[0] + edit.line_breaks
    column = edit.last_length + (edit.start[1] if edit.line_breaks == 0 else 0)
    if place[0] > edit.end[0]:
        return (place[0] - edit.end[0] + line, place[1])
    return (line, column + max(0, place[1] - edit.end[1]))
