"""Texts: positions in each unit agree with a reference that looks at one character at a time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from halfopen.source import ColumnUnit, NotUtf8, Position, SourceText

PIECES = [
    *"abc <\t(",
    "\n",
    "\r",
    "\r\n",
    "é",
    "e\u0301",
    "\N{ZERO WIDTH JOINER}",
    "字",
    "😀",
    "👩\N{ZERO WIDTH JOINER}💻",
    "\ud83d",  # the halves of a character, alone and together
    "\ude00",
    "\ufeff",
    "\x00",
    "\x0b",  # what Python calls line ends and the protocol does not
    "\x0c",
    "\x85",
    "\u2028",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
UNITS = st.sampled_from(ColumnUnit)


@dataclass(frozen=True)
class Place:
    """A place between two characters, and where it is in every way of counting."""

    offset: int
    line: int
    columns: dict[ColumnUnit, int]
    in_line_end: bool = False


def with_joined_halves(text: str) -> str:
    characters: list[str] = []
    for character in text:
        if characters and "\ud800" <= characters[-1] <= "\udbff" and "\udc00" <= character <= "\udfff":
            high, low = ord(characters.pop()) - 0xD800, ord(character) - 0xDC00
            characters.append(chr(0x10000 + high * 0x400 + low))
        else:
            characters.append(character)
    return "".join(characters)


def widths(character: str) -> dict[ColumnUnit, int]:
    code = ord(character)
    return {
        ColumnUnit.UTF8: 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4,
        ColumnUnit.UTF16: 1 if code < 0x10000 else 2,
        ColumnUnit.UTF32: 1,
    }


def places(text: str) -> list[Place]:
    """Every place of a text, told apart from the text alone."""
    found: list[Place] = []
    offset, line, columns = 0, 0, dict.fromkeys(ColumnUnit, 0)
    for index, character in enumerate(text):
        inside = character == "\n" and text[index - 1 : index] == "\r"
        found.append(Place(offset, line, dict(columns), inside))
        offset += widths(character)[ColumnUnit.UTF8]
        ends = character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n")
        if ends:
            line, columns = line + 1, dict.fromkeys(ColumnUnit, 0)
        elif character != "\r":
            columns = {unit: columns[unit] + width for unit, width in widths(character).items()}
    found.append(Place(offset, line, dict(columns)))
    return found


@given(TEXTS, UNITS)
@settings(deadline=None)
def test_each_place_has_the_position_that_counting_gives(text: str, unit: ColumnUnit) -> None:
    source = SourceText.from_str(text)
    for place in places(with_joined_halves(text)):
        assert source.position(place.offset, unit) == Position(place.line, place.columns[unit])


@given(TEXTS, UNITS)
@settings(deadline=None)
def test_an_offset_goes_to_a_position_and_back(text: str, unit: ColumnUnit) -> None:
    source = SourceText.from_str(text)
    for place in places(with_joined_halves(text)):
        if not place.in_line_end:
            assert source.offset(source.position(place.offset, unit), unit) == place.offset


@given(TEXTS, UNITS, st.integers(-2, 12), st.integers(-2, 40))
@settings(deadline=None, max_examples=500)
@example("😀", ColumnUnit.UTF16, 0, 1)
@example("\ud83d", ColumnUnit.UTF16, 0, 1)
@example("é", ColumnUnit.UTF8, 0, 1)
def test_a_position_is_clamped_to_the_nearest_place_before_it(
    text: str, unit: ColumnUnit, line: int, column: int
) -> None:
    source = SourceText.from_str(text)
    all_places = places(with_joined_halves(text))
    if line < 0:
        expected = 0
    elif line > all_places[-1].line:
        expected = all_places[-1].offset
    else:
        expected = max(
            place.offset
            for place in all_places
            if place.line == line and not place.in_line_end and place.columns[unit] <= max(column, 0)
        )
    assert source.offset(Position(line, column), unit) == expected


@given(TEXTS, UNITS, st.integers(-3, 130))
@settings(deadline=None)
def test_any_number_is_an_offset_and_one_inside_a_character_is_before_it(
    text: str, unit: ColumnUnit, offset: int
) -> None:
    source = SourceText.from_str(text)
    before = [place for place in places(with_joined_halves(text)) if place.offset <= max(offset, 0)][-1]
    assert source.position(offset, unit) == Position(before.line, before.columns[unit])


@given(TEXTS)
def test_lines_are_those_of_the_protocol(text: str) -> None:
    source = SourceText.from_str(text)
    lines = with_joined_halves(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert source.line_count == len(lines)
    assert [source.line_text(number) for number in range(source.line_count)] == lines
    for number, start in enumerate(source.line_starts):
        assert source.point(start) == Position(number, 0)


@given(TEXTS)
def test_a_text_is_kept(text: str) -> None:
    source = SourceText.from_str(text)
    assert source.string == with_joined_halves(text)
    assert source.data == with_joined_halves(text).encode("utf-8", "surrogatepass")


def test_an_empty_text_has_one_empty_line() -> None:
    source = SourceText.from_bytes(b"")
    assert (source.line_count, source.line_text(0)) == (1, "")
    assert source.position(0, ColumnUnit.UTF16) == Position(0, 0)
    assert source.offset(Position(3, 7), ColumnUnit.UTF16) == 0


@pytest.mark.parametrize("line", [-1, 2])
def test_a_line_that_is_not_there_is_an_error(line: int) -> None:
    with pytest.raises(IndexError):
        SourceText(b"a\nb").line_text(line)


def test_the_byte_order_mark_of_a_file_is_not_part_of_its_text() -> None:
    assert SourceText.from_bytes(b"\xef\xbb\xbfx = 1").data == b"x = 1"


def test_a_byte_order_mark_that_an_editor_sends_counts_in_its_columns() -> None:
    source = SourceText.from_str("\ufeffx = 1")
    assert source.offset(Position(0, 1), ColumnUnit.UTF16) == len("\ufeff".encode())


@pytest.mark.parametrize(
    ("data", "offset", "line"),
    [
        (b"\xe9", 0, 0),
        (b"ok\r\nl\xe9t\n", 5, 1),
        (b"a\rb\n\nc \xff", 7, 3),
        (b"\xef\xbb\xbfok\n\xfe", 6, 1),
        (b"cut \xf0\x9f\x98", 4, 0),
        (b"half of a pair \xed\xa0\xbd", 15, 0),
        ("x = 1".encode("utf-16"), 0, 0),
    ],
)
def test_a_file_that_is_not_utf_8_says_where(data: bytes, offset: int, line: int) -> None:
    with pytest.raises(NotUtf8) as caught:
        SourceText.from_bytes(data)
    assert (caught.value.offset, caught.value.line) == (offset, line)
    assert str(caught.value) == f"byte {offset} on line {line + 1} is not UTF-8"
