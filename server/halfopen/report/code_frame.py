"""A code frame: the lines around a finding with the exact span underlined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from halfopen.report.printable import printable
from halfopen.report.result import Place

TAB_CELLS = 4
CONTEXT_LINES = 1
SPAN_LINES = 4
"""A longer span shows its first lines and its last."""

LONG_LINE = 1_000
"""Code points of a line that are measured at most: the rest of a minified line is not looked at."""

MARGIN_CELLS = 12
"""How much of a line stays visible to the left of a span that starts beyond the frame's width."""


@dataclass(frozen=True, slots=True)
class FrameRow:
    """A row of the frame. `number` is None for the row that stands for lines left out.

    `code` is display text, tabs expanded. `mark` is the underlined stretch as (first cell, cells).
    """

    number: int | None
    code: str
    mark: tuple[int, int] | None = None


def code_frame(lines: Sequence[str], place: Place, width: int) -> tuple[FrameRow, ...]:
    """The frame for a place, its code at most `width` cells wide; empty where the lines do not reach there."""
    if not 1 <= place.line <= len(lines):
        return ()
    last = min(max(place.end_line, place.line), len(lines))
    rows = [
        _row(lines[number - 1], number, place) if number else FrameRow(None, "")
        for number in _numbers(place.line, last, len(lines))
    ]
    marked = next((row.mark for row in rows if row.mark), (0, 0))
    left = 0 if sum(marked) < width else max(0, marked[0] - MARGIN_CELLS)
    return tuple(_cropped(row, left, width) for row in rows)


def _numbers(first: int, last: int, count: int) -> Iterator[int]:
    """The lines to show; 0 stands for lines left out."""
    yield from range(max(1, first - CONTEXT_LINES), first)
    if last - first < SPAN_LINES:
        yield from range(first, last + 1)
    else:
        yield from range(first, first + SPAN_LINES - 2)
        yield 0
        yield last
    yield from range(last + 1, min(count, last + CONTEXT_LINES) + 1)


def _row(line: str, number: int, place: Place) -> FrameRow:
    if not place.line <= number <= place.end_line:
        return FrameRow(number, _display(line[:LONG_LINE]))
    indent = len(line) - len(line.lstrip())
    start = place.column - 1 if number == place.line else indent
    end = place.end_column - 1 if number == place.end_line else len(line.rstrip())
    skipped = max(0, start - LONG_LINE // 2) if len(line) > LONG_LINE else 0
    line = line[skipped : skipped + LONG_LINE]
    start, end = start - skipped, min(end - skipped, len(line))
    first = cell_len(_display(line[:start]))
    cells = cell_len(_display(line[: max(start, end)])) - first
    if number != place.line and cells <= 0:
        return FrameRow(number, _display(line))
    return FrameRow(number, _display(line), (first, max(1, cells)))


def _display(line: str) -> str:
    """The line as it is shown: tabs to the next stop, nothing that commands the terminal."""
    parts = printable(line.rstrip("\r\n")).split("\t")
    shown = parts[0]
    for part in parts[1:]:
        shown += " " * (TAB_CELLS - cell_len(shown) % TAB_CELLS) + part
    return shown


def _cropped(row: FrameRow, left: int, width: int) -> FrameRow:
    """The row's cells from `left` on, at most `width` of them; dots say where something is missing."""
    code = _from_cell(row.code, left)
    if left and code.strip():
        code = "..." + _from_cell(code, 3)
    if cell_len(code) > width:
        code = set_cell_size(code, width - 3) + "..."
    mark = row.mark
    if mark is not None:
        first = max(0, mark[0] - left)
        mark = (first, max(1, min(mark[1], width - first)))
    return FrameRow(row.number, code, mark)


def _from_cell(text: str, cell: int) -> str:
    """The text from that cell on. A wide character cut in half leaves a blank: columns stay aligned."""
    used = 0
    for index, character in enumerate(text):
        if used >= cell:
            return " " * (used - cell) + text[index:]
        used += cell_len(character)
    return ""
