"""A place that is moved by edits still holds the same text."""

from hypothesis import assume, given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument

from halfopen.lsp.shifting import edits_of, shifted

from .editor import text_at

TEXTS = st.lists(st.sampled_from(["a", "b", "ß", "😀", "\n", "\r\n"]), max_size=20).map("".join)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def position(text: str, offset: int, encoding: str) -> types.Position:
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    lines = text[:offset].split("\n")
    return types.Position(len(lines) - 1, len(lines[-1].encode(codec)) // width)


def place(text: str, start: int, end: int, encoding: str) -> types.Range:
    return types.Range(position(text, start, encoding), position(text, end, encoding))


@given(
    before=TEXTS, marked=TEXTS.filter(bool), after=TEXTS, inserted=TEXTS, encoding=ENCODINGS, data=st.data()
)
def test_edits_beside_a_place_leave_its_text_alone(
    before: str, marked: str, after: str, inserted: str, encoding: str, data: st.DataObject
) -> None:
    text = before + marked + after
    low, high = data.draw(st.sampled_from([(0, len(before)), (len(before) + len(marked), len(text))]))
    start = data.draw(st.integers(low, high))
    end = data.draw(st.integers(start, high))
    # An edit that cuts a CR from its LF makes another line of it than the one it was.
    assume(all(text[at - 1 : at + 1] != "\r\n" for at in (start, end)))
    change = types.TextDocumentContentChangePartial(place(text, start, end, encoding), inserted)
    document = TextDocument("file:///x", text, position_codec=PositionCodec(encoding))
    document.apply_change(change)
    moved = shifted(
        place(text, len(before), len(before) + len(marked), encoding), edits_of([change], encoding)
    )
    assert text_at(document.source, moved, encoding) == marked


@given(text=TEXTS.filter(bool), encoding=ENCODINGS, data=st.data())
def test_edits_across_a_place_leave_a_place(text: str, encoding: str, data: st.DataObject) -> None:
    offsets = st.integers(0, len(text))
    ranges = [
        place(text, min(pair), max(pair), encoding)
        for pair in (data.draw(st.tuples(offsets, offsets)), data.draw(st.tuples(offsets, offsets)))
    ]
    change = types.TextDocumentContentChangePartial(ranges[0], data.draw(TEXTS))
    moved = shifted(ranges[1], edits_of([change], encoding))
    assert types.Position(0, 0) <= moved.start <= moved.end


def test_a_change_of_the_whole_text_moves_nothing() -> None:
    here = types.Range(types.Position(3, 1), types.Position(3, 5))
    change = types.TextDocumentContentChangeWholeDocument("new")
    assert shifted(here, edits_of([change], "utf-16")) == here
