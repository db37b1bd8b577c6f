"""Text with exact positions: the one place that converts between bytes, code points and UTF-16 units.

Offsets are bytes of the UTF-8 text. Lines count from 0 and end at LF, CRLF or a lone CR, as in the
Language Server Protocol. Lone surrogates, which JSON can carry, are kept ("surrogatepass"); two that
stand together are always the one character that they mean.
"""

from __future__ import annotations

import enum
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

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


class NotUtf8(ValueError):  # noqa: N818 - it reads as what happened
    """The bytes are not UTF-8. `offset` is the first bad byte of the file, `line` its line from 0."""

    def __init__(self, offset: int, line: int) -> None:
        super().__init__(f"byte {offset} on line {line + 1} is not UTF-8")
        self.offset = offset
        self.line = line


@dataclass(frozen=True, slots=True)
class Splice:
    """What a replacement did: bytes `start` to `old_end` became `start` to `new_end` of `text`."""

    text: SourceText
    start: int
    old_end: int
    new_end: int


class SourceText:
    """An immutable text. `data` are its UTF-8 bytes, a file's without its byte order mark."""

    __slots__ = ("_ascii", "_starts", "data")

    def __init__(self, data: bytes) -> None:
        """`data` must be UTF-8 (lone surrogates allowed): `from_bytes` is for bytes that may not be."""
        self.data = data
        self._starts: list[int] | None = None
        self._ascii: bool | None = None

    @classmethod
    def from_bytes(cls, data: bytes) -> SourceText:
        """The text of a file. Raises NotUtf8."""
        content = data.removeprefix(_BOM)
        if not content.isascii():
            try:
                content.decode("utf-8")
            except UnicodeDecodeError as error:
                before = cls(content[: error.start])
                raise NotUtf8(len(data) - len(content) + error.start, before.line_count - 1) from None
        return cls(content)

    @classmethod
    def from_str(cls, text: str) -> SourceText:
        """The text of an editor's document, whose columns count every character of it."""
        return cls(_encoded(text))

    @property
    def string(self) -> str:
        """The text as a string."""
        return self.data.decode("utf-8", "surrogatepass")

    @property
    def line_starts(self) -> list[int]:
        """The offset at which each line begins."""
        if self._starts is None:
            # For bytes, splitlines knows exactly the protocol's three line ends.
            lines = self.data.splitlines(keepends=True)
            starts = list(accumulate(map(len, lines), initial=0))
            if lines and not lines[-1].endswith((b"\n", b"\r")):
                starts.pop()
            self._starts = starts
        return self._starts

    @property
    def line_count(self) -> int:
        """How many lines there are: one more than line ends."""
        return len(self.line_starts)

    @property
    def is_ascii(self) -> bool:
        """Whether every column is the same in all units."""
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
        """A line without its line end. Raises IndexError past the last line."""
        start, end = self.line_range(line)
        return self.data[start:end].decode("utf-8", "surrogatepass")

    def point(self, offset: int) -> Position:
        """The line of an offset, and its column in bytes from the line's start, line end included."""
        offset = min(max(offset, 0), len(self.data))
        line = bisect_right(self.line_starts, offset) - 1
        return Position(line, offset - self.line_starts[line])

    def position(self, offset: int, unit: ColumnUnit) -> Position:
        """The position of an offset. One inside a character counts as before it, one inside a line end
        (where a grammar leaves CR in a comment, for one) as the end of the line's text."""
        point = self.point(self._character_start(offset))
        start, end = self.line_range(point.line)
        column = min(point.column, end - start)
        if unit is ColumnUnit.UTF8 or self.is_ascii:
            return Position(point.line, column)
        before = self.data[start : start + column]
        return Position(point.line, column if before.isascii() else _length(before, unit))

    def offset(self, position: Position, unit: ColumnUnit) -> int:
        """The offset of a position: clamped to the line's text and to the text's end, and never inside a
        character (a column that is, counts as before it)."""
        if position.line < 0:
            return 0
        if position.line >= self.line_count:
            return len(self.data)
        start, end = self.line_range(position.line)
        column = max(position.column, 0)
        if self.is_ascii or unit is ColumnUnit.UTF8:
            return self._character_start(min(start + column, end))
        line = self.data[start:end]
        if line.isascii():
            return min(start + column, end)
        return start + len(_first_columns(line, column, unit))

    def replace(self, start: int, end: int, text: bytes) -> SourceText:
        """The text with bytes `start` to `end` replaced; both must be between characters."""
        return SourceText(self.data[:start] + text + self.data[end:])

    def splice(self, start: Position, end: Position, text: str, unit: ColumnUnit) -> Splice:
        """The text with a range replaced, just as an editor that counts in `unit` replaces it.

        Positions are clamped as `offset` does, with one exception: an editor that counts UTF-16 units may
        replace one half of a character, and what stays of it is then kept, so that both sides agree on
        every later column.
        """
        start, end = min(start, end), max(start, end)
        old_start, old_end = self.offset(start, unit), self.offset(end, unit)
        if unit is ColumnUnit.UTF16 and not self.is_ascii:
            if self._splits_pair(old_start, start):
                text = _halves(self.data[old_start : old_start + 4])[0] + text
            if self._splits_pair(old_end, end):
                text += _halves(self.data[old_end : old_end + 4])[1]
                old_end += 4
        if self._is_surrogate(old_start - 3):
            old_start -= 3
            text = self.data[old_start : old_start + 3].decode("utf-8", "surrogatepass") + text
        if self._is_surrogate(old_end):
            text += self.data[old_end : old_end + 3].decode("utf-8", "surrogatepass")
            old_end += 3
        new = _encoded(text)
        return Splice(self.replace(old_start, old_end, new), old_start, old_end, old_start + len(new))

    def _character_start(self, offset: int) -> int:
        offset = min(max(offset, 0), len(self.data))
        while 0 < offset < len(self.data) and self.data[offset] & 0xC0 == 0x80:
            offset -= 1
        return offset

    def _splits_pair(self, offset: int, position: Position) -> bool:
        """Whether a UTF-16 position, whose offset is given, is between the two halves of a character."""
        if position.column <= 0 or self.data[offset : offset + 1] < b"\xf0":
            return False
        return self.position(offset, ColumnUnit.UTF16) == Position(position.line, position.column - 1)

    def _is_surrogate(self, offset: int) -> bool:
        """Whether a lone surrogate begins at an offset: in UTF-8, ED A0 80 to ED BF BF."""
        return offset >= 0 and b"\xed\xa0" <= self.data[offset : offset + 2] <= b"\xed\xbf"


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        # A way through UTF-16 makes one character of two surrogates that belong together.
        units = text.encode("utf-16-le", "surrogatepass")
        return units.decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")


def _length(data: bytes, unit: ColumnUnit) -> int:
    text = data.decode("utf-8", "surrogatepass")
    if unit is ColumnUnit.UTF32:
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _first_columns(line: bytes, column: int, unit: ColumnUnit) -> bytes:
    """The start of a line, `column` units long or less: to its end, or to a character that goes beyond."""
    text = line.decode("utf-8", "surrogatepass")
    if unit is ColumnUnit.UTF32:
        return text[:column].encode("utf-8", "surrogatepass")
    units = text.encode("utf-16-le", "surrogatepass")
    if _is_half(units, column - 1, 0xD8) and _is_half(units, column, 0xDC):
        column -= 1
    return units[: 2 * column].decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")


def _is_half(units: bytes, index: int, lead: int) -> bool:
    """Whether the UTF-16 unit is a high (`lead` 0xD8) or low (0xDC) surrogate: the top six bits tell."""
    return 0 <= index < len(units) // 2 and units[2 * index + 1] & 0xFC == lead


def _halves(character: bytes) -> tuple[str, str]:
    units = character.decode("utf-8").encode("utf-16-le")
    return units[:2].decode("utf-16-le", "surrogatepass"), units[2:].decode("utf-16-le", "surrogatepass")


def one_line(text: str, longest: int) -> str:
    """A text as one line of at most `longest` characters: runs of blanks become one, and `...` stands for what is cut."""
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
