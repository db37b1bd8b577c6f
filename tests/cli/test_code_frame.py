"""Code frames: the underline stands under the span, whatever the line is made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from halfopen.report.code_frame import LONG_LINE, code_frame
from halfopen.report.result import Place


def underlined(line: str, column: int, end_column: int, width: int = 100) -> tuple[str, str]:
    """The shown line and what stands above the underline."""
    [row] = [row for row in code_frame([line], Place("a.py", 1, column, 1, end_column), width) if row.mark]
    assert row.mark is not None
    first, cells = row.mark
    above, used = "", 0
    for character in row.code:
        if first <= used < first + cells:
            above += character
        used += cell_len(character)
    return row.code, above


def test_the_span_is_underlined() -> None:
    assert underlined("const ws = new WebSocket(url);", 12, 30) == (
        "const ws = new WebSocket(url);",
        "new WebSocket(url)",
    )


def test_tabs_go_to_the_next_stop() -> None:
    assert underlined("\ta\tws.close()", 4, 14) == ("    a   ws.close()", "ws.close()")


def test_wide_characters_take_two_cells() -> None:
    assert underlined("名前 = 値  # 🙂", 6, 7) == ("名前 = 値  # 🙂", "値")


def test_an_empty_span_has_one_mark() -> None:
    [row] = code_frame(["abc"], Place("a.py", 1, 4, 1, 4), 80)
    assert row.mark == (3, 1)


def test_context_lines_come_before_and_after() -> None:
    lines = ["one", "two", "three", "four", "five"]
    rows = code_frame(lines, Place("a.py", 3, 1, 3, 6), 80)
    assert [(row.number, row.code, row.mark) for row in rows] == [
        (2, "two", None),
        (3, "three", (0, 5)),
        (4, "four", None),
    ]


def test_a_long_span_shows_its_first_lines_and_its_last() -> None:
    lines = [f"  line {number}" for number in range(1, 21)]
    rows = code_frame(lines, Place("a.py", 2, 3, 18, 5), 80)
    assert [row.number for row in rows] == [1, 2, 3, None, 18, 19]
    assert [row.mark for row in rows] == [None, (2, 6), (2, 6), None, (2, 2), None]


def test_blank_lines_of_a_span_are_not_underlined() -> None:
    rows = code_frame(["a(", "", ")"], Place("a.py", 1, 1, 3, 2), 80)
    assert [row.mark for row in rows] == [(0, 2), None, (0, 1)]


def test_a_span_far_to_the_right_is_scrolled_into_view() -> None:
    line = "x" * 300 + "SPAN" + "y" * 300
    code, above = underlined(line, 301, 305, width=60)
    assert above == "SPAN"
    assert code.startswith("...")
    assert code.endswith("...")
    assert cell_len(code) == 60


def test_a_minified_line_shows_the_part_around_the_span() -> None:
    line = "a" * 500_000 + "SPAN" + "b" * 500_000
    code, above = underlined(line, 500_001, 500_005, width=80)
    assert above == "SPAN"
    assert cell_len(code) <= 80


def test_escape_sequences_and_direction_overrides_are_not_passed_on() -> None:
    code, above = underlined("a\x1b[2J\u202e = ws", 10, 12)
    assert code == "a\ufffd[2J\ufffd = ws"
    assert above == "ws"


def test_a_place_past_the_end_has_no_frame() -> None:
    assert code_frame(["a"], Place("a.py", 7, 1, 7, 2), 80) == ()


@given(
    st.text(st.sampled_from("ab \t名🙂e\u0301\x1b{"), max_size=60),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(20, 120),
)
def test_no_frame_is_wider_than_asked_and_every_mark_is_inside(
    line: str, start: int, length: int, width: int
) -> None:
    start = min(start, len(line))
    end = min(start + length, len(line))
    for row in code_frame([line, line * 30], Place("a.py", 1, start + 1, 2, end + 1), width):
        assert cell_len(row.code) <= width
        assert "\t" not in row.code
        if row.mark is not None:
            first, cells = row.mark
            assert 0 <= first < first + cells <= width + 1


def test_only_so_much_of_a_line_is_measured() -> None:
    [row] = code_frame(["é" * (LONG_LINE * 1000)], Place("a.py", 1, 1, 1, 2), 80)
    assert cell_len(row.code) <= 80
