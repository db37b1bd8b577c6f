"""Text with exact positions: the one place that converts between bytes, code points and UTF-16 units.

Offsets are bytes of the UTF-8 text. Lines count from 0 and end at LF, CRLF or a lone CR, as in the
Language Server Protocol. Lone surrogates, which JSON can carry, are kept ("surrogatepass").
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_right
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class ColumnUnit(enum.Enum):
    """What a column counts. The values are the names of the protocol's position encodings."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A line and a column, both from 0; the column's unit is what the asker chose."""

    line: int
    column: int


class NotUtf8(ValueError):
    """The bytes are not UTF-8. `offset` is the first bad byte, `line` its line from 0."""

    def __init__(self, offset: int, line: int) -> None:
        super().__init__(f"byte {offset} on line {line + 1} is not UTF-8")
        self.offset = offset
        self.line = line


class SourceText:
    """An immutable text. `data` are its UTF-8 bytes without a byte order mark."""

    __slots__ = ("_ascii", "_starts", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._starts: list[int] | None = None
        self._ascii: bool | None = None

    @classmethod
    def from_bytes(cls, data: bytes) -> SourceText:
        """The text of a file. Raises NotUtf8."""
        data = data.removeprefix(_BOM)
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = len(_LINE_END.findall(data[: error.start]))
            raise NotUtf8(error.start, line) from None
        return cls(data)

    @classmethod
    def from_str(cls, text: str) -> SourceText:
        """The text of an editor's document."""
        return cls(text.removeprefix("\ufeff").encode("utf-8", "surrogatepass"))

    @property
    def string(self) -> str:
        """The text as a string."""
        return self.data.decode("utf-8", "surrogatepass")

    @property
    def line_starts(self) -> list[int]:
        """The offset at which each line begins."""
        if self._starts is None:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.data))]
        return self._starts

    @property
    def line_count(self) -> int:
        return len(self.line_starts)

    @property
    def is_ascii(self) -> bool:
        if self._ascii is None:
            self._ascii = self.data.isascii()
        return self._ascii

    def line_range(self, line: int) -> tuple[int, int]:
        """The offsets of a line's text without its line end. Raises IndexError past the last line."""
        starts = self.line_starts
        if not 0 <= line < len(starts):
            raise IndexError(f"line {line} of {len(starts)}")
        end = starts[line + 1] if line + 1 < len(starts) else len(self.data)
        while end > starts[line] and self.data[end - 1] in b"\r\n":
            end -= 1
        return starts[line], end

    def line_text(self, line: int) -> str:
        """A line without its line end."""
        start, end = self.line_range(line)
        return self.data[start:end].decode("utf-8", "surrogatepass")

    def point(self, offset: int) -> Position:
        """The line of an offset, and its column in bytes."""
        offset = min(max(offset, 0), len(self.data))
        line = bisect_right(self.line_starts, offset) - 1
        return Position(line, offset - self.line_starts[line])

    def position(self, offset: int, unit: ColumnUnit) -> Position:
        """The position of an offset. An offset inside a character counts as before it."""
        point = self.point(offset)
        if unit is ColumnUnit.UTF8 or self.is_ascii:
            return point
        start = self.line_starts[point.line]
        before = self.data[start : start + point.column]
        if before.isascii():
            return point
        text = _whole_characters(before).decode("utf-8", "surrogatepass")
        return Position(point.line, _length(text, unit))

    def offset(self, position: Position, unit: ColumnUnit) -> int:
        """The offset of a position: clamped to the line's text and to the text's end, never inside a character."""
        if position.line < 0:
            return 0
        if position.line >= self.line_count:
            return len(self.data)
        start, end = self.line_range(position.line)
        column = max(position.column, 0)
        line = self.data[start:end]
        if line.isascii():
            return start + min(column, end - start)
        if unit is ColumnUnit.UTF8:
            return start + len(_whole_characters(line[:column]))
        text = line.decode("utf-8", "surrogatepass")
        if unit is ColumnUnit.UTF32:
            return start + len(text[:column].encode("utf-8", "surrogatepass"))
        units = 0
        for index, character in enumerate(text):
            units += 2 if ord(character) > 0xFFFF else 1
            if units > column:
                return start + len(text[:index].encode("utf-8", "surrogatepass"))
        return end

    def replace(self, start: int, end: int, text: bytes) -> SourceText:
        """The text with bytes `start` to `end` replaced."""
        return SourceText(self.data[:start] + text + self.data[end:])


def _whole_characters(data: bytes) -> bytes:
    """The bytes without a character cut at the end."""
    cut = len(data)
    while cut and cut > len(data) - 4 and data[cut - 1] & 0xC0 == 0x80:
        cut -= 1
    if cut and data[cut - 1] >= 0xC0:
        lead = data[cut - 1]
        width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        if len(data) - (cut - 1) < width:
            return data[: cut - 1]
    return data


def _length(text: str, unit: ColumnUnit) -> int:
    if unit is ColumnUnit.UTF32:
        return len(text)
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)
