"""Documents: after any edits the text is the editor's, and the tree is that of a fresh parse."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tree_sitter import Node

from halfopen.source import Change, ColumnUnit, Document, Language, ParseTooSlow, Position, SourceText, parse

PYTHON = '''\
"""Progress über WebSocket 😀."""
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
clients: dict[str, set[WebSocket]] = {}


@app.websocket("/ws/{room}")
async def progress(websocket: WebSocket, room: str) -> None:
    await websocket.accept()
    clients.setdefault(room, set()).add(websocket)
    try:
        while (message := await websocket.receive_json()) is not None:
            match message:
                case {"type": "ping", **rest}:
                    await websocket.send_text(f"pong {rest!r:>{10}} é")
                case _:
                    for client in clients[room]:
                        await client.send_json({"from": room, "n": [1, 2, *range(3)]})
    except WebSocketDisconnect:
        pass
    finally:
        clients[room].discard(websocket)
'''

TSX = """\
import React, { useEffect, useRef, useState } from "react";

type Message = { kind: "a" | "b"; data?: Record<string, number> };

export function useProgress(url: string): Message[] {
  const socket = useRef<WebSocket | null>(null);
  const [items, setItems] = useState<Message[]>([]);
  useEffect(() => {
    const ws = new WebSocket(`${url}/ws?x=${encodeURIComponent("é😀")}`);
    ws.onmessage = async (event) => {
      try { setItems((old) => [...old, JSON.parse(event.data) as Message]); }
      catch (error) { console.error(error); }
    };
    socket.current = ws;
    return () => { if (ws.readyState < 2) ws.close(1000, 'bye'); };
  }, [url]);
  return items;
}

export const View: React.FC<{ a: number }> = ({ a }) => (
  <div className="x" onClick={() => send(a < 3 ? "s" : 't')}>
    {a && <span key={a}>text &amp; R&D <b>more</b> & {a}</span>}
    <Foo<string> bar {...{ a }} /> <></>
  </div>
);
"""

SNIPPETS = {Language.PYTHON: PYTHON, Language.TSX: TSX}

INSERTED = {
    Language.PYTHON: [
        *["", "", "x", "_1", " ", "    ", "\n", "\n    ", "\r\n", "\r", "\t", "(", ")", '"', '"""', "'"],
        *[
            ":",
            "{",
            "}",
            "[",
            "]",
            ",",
            "=",
            "#",
            "\\\n",
            "é",
            "😀",
            "\ud83d",
            "f'{",
            "@",
            "async ",
            "await ",
        ],
        *["lambda: 0", "if a:\n    b()\n", "\nclass A:\n    pass\n", "x = [1]\n", "return", "else:\n"],
    ],
    Language.TSX: [
        *["", "", "x", "_1", " ", "\n", "\r\n", "\r", "\t", "(", ")", "{", "}", "<", ">", "/>", "</", "<a>"],
        *[
            '"',
            "'",
            "`",
            "${",
            "=>",
            ";",
            ",",
            "=",
            "//",
            "/*",
            "*/",
            "/",
            "!",
            "?",
            "&",
            "é",
            "😀",
            "\ude00",
        ],
        *["async ", "await ", "as T", "<b>c</b>", "f(1);\n", "const z = { a, ...b };\n", "if (a) { b(); }\n"],
    ],
}

CLEAN_EDITS = {
    Language.PYTHON: {
        "import FastAPI": "import APIRouter as FastAPI",
        "app = FastAPI()\n": "\n\napp: FastAPI = FastAPI(\n    debug=True,\n)\n",
        "    await websocket.accept()\n": "",
        "try:": "try:  # 😀\n        await first()",
        "message := ": "",
        "case _:": "case [a, *_] if a > 1:",
        "        pass\n": "        with room as r:\n            raise\n",
        "{rest!r:>{10}}": "{rest}",
        "progress(": "fortschritt_é(",
    },
    Language.TSX: {
        "useState } from": "useState, memo } from",
        "data?: Record<string, number> ": "",
        "`${url}/ws?x=${": "`/${a < b ? `x${1}` : 2}${",
        "async (event) =>": "function* named(event: Event): any",
        "    socket.current = ws;\n": "",
        "catch (error)": "catch",
        "ws.readyState < 2": "a<b>(c)",
        "text &amp; R&D": "<b>é😀</b> & c\n",
        " <></>": "",
        "type Message =": "export interface Message extends A",
    },
}

UNITS = st.sampled_from(ColumnUnit)
LANGUAGES = st.sampled_from([Language.PYTHON, Language.TSX])


def nodes(root: Node) -> list[tuple[object, ...]]:
    """A tree in full: kinds, fields of position, errors; in order of the text."""
    found: list[tuple[object, ...]] = []
    stack = [(0, root)]
    while stack:
        depth, node = stack.pop()
        flags = (node.is_named, node.is_missing, node.is_error, node.is_extra, node.has_error)
        found.append((depth, node.type, node.byte_range, node.start_point, node.end_point, *flags))
        stack += [(depth + 1, child) for child in reversed(node.children)]
    return found


def assert_in_step(document: Document) -> None:
    try:
        expected = parse(document.text.data, document.language)
    except ParseTooSlow:
        return
    assert nodes(document.tree.root_node) == nodes(expected.root_node)


@st.composite
def edit_sequences(draw: st.DrawFn) -> tuple[Language, list[list[tuple[float, int, str]]]]:
    """A language, and batches of edits: where (as a share of the text), how much goes, what comes."""
    language = draw(LANGUAGES)
    edit = st.tuples(
        st.floats(0, 1),
        st.sampled_from([0, 0, 0, 1, 1, 2, 5, 30]),
        st.sampled_from(INSERTED[language]),
    )
    return language, draw(st.lists(st.lists(edit, min_size=1, max_size=3), min_size=1, max_size=5))


@given(edit_sequences(), UNITS)
@settings(deadline=None, max_examples=100)
def test_a_tree_after_edits_is_that_of_a_fresh_parse(
    sequence: tuple[Language, list[list[tuple[float, int, str]]]], unit: ColumnUnit
) -> None:
    language, batches = sequence
    document = Document(SourceText.from_str(SNIPPETS[language]), language)
    assert_in_step(document)
    for batch in batches:
        for share, removed, inserted in batch:
            text = document.text
            start = int(share * len(text.data))
            places = [text.position(offset, unit) for offset in (start, start + removed)]
            document.apply([Change(inserted, places[0], places[1])], unit)
        assert_in_step(document)


@given(LANGUAGES, st.data())
@settings(deadline=None, max_examples=50)
def test_a_tree_after_edits_that_keep_the_code_whole_is_that_of_a_fresh_parse(
    language: Language, data: st.DataObject
) -> None:
    document = Document(SourceText.from_str(SNIPPETS[language]), language)
    assert not document.tree.root_node.has_error
    for old, new in data.draw(st.permutations(list(CLEAN_EDITS[language].items()))):
        start = document.text.data.index(old.encode())
        places = [
            document.text.position(offset, ColumnUnit.UTF16) for offset in (start, start + len(old.encode()))
        ]
        document.apply([Change(new, places[0], places[1])], ColumnUnit.UTF16)
        if data.draw(st.booleans()):
            assert_in_step(document)
    assert not document.tree.root_node.has_error
    assert_in_step(document)


def test_a_tree_with_errors_does_not_depend_on_what_was_typed_before() -> None:
    # Re-used parts of the old tree lead the parser to another recovery here than a fresh start does.
    document = Document(SourceText.from_str("if (a) { b(); } else { c(); }\n"), Language.TSX)
    assert not document.tree.root_node.has_error
    document.apply([Change(")", Position(0, 1), Position(0, 1))], ColumnUnit.UTF16)
    assert_in_step(document)


# --- the text, against the simplest editor ------------------------------------------------------

PIECES = [*"ab \t", "\n", "\r", "\r\n", "é", "字", "😀", "e\u0301", "\ud83d", "\ude00"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
PLACES = st.tuples(st.integers(0, 5), st.integers(0, 9))


def units_of(text: str, unit: ColumnUnit) -> list[str]:
    """A text as an editor that counts in `unit` holds it: one item for each column."""
    if unit is ColumnUnit.UTF8:
        return [chr(byte) for byte in text.encode("utf-8", "surrogatepass")]
    if unit is ColumnUnit.UTF32:
        return list(text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
    data = text.encode("utf-16-le", "surrogatepass")
    return [chr(data[index] | data[index + 1] << 8) for index in range(0, len(data), 2)]


def index_of(units: list[str], place: tuple[int, int]) -> int:
    """The place in a list of units; past a line's end is its end, past the last line the text's end."""
    index, (line, column) = 0, place
    while line:
        if index == len(units):
            return index
        width = 2 if units[index : index + 2] == ["\r", "\n"] else 1
        line -= units[index] in "\r\n"
        index += width
    while column and index < len(units) and units[index] not in "\r\n":
        index, column = index + 1, column - 1
    return index


@given(TEXTS, st.lists(st.tuples(PLACES, PLACES, TEXTS), max_size=6))
@settings(deadline=None, max_examples=300)
@example("😀", [((0, 1), (0, 2), "\ude01")])
@example("😀", [((0, 1), (0, 1), "x"), ((0, 1), (0, 2), "")])
@example("\ude00", [((0, 0), (0, 0), "\ud83d"), ((0, 2), (0, 2), "!")])
def test_a_text_edited_in_utf_16_is_the_editors_to_the_half_character(
    text: str, edits: list[tuple[tuple[int, int], tuple[int, int], str]]
) -> None:
    document = Document(SourceText.from_str(text), Language.PYTHON)
    units = units_of(text, ColumnUnit.UTF16)
    for start, end, inserted in edits:
        start, end = sorted((start, end))
        document.apply([Change(inserted, Position(*start), Position(*end))], ColumnUnit.UTF16)
        units[index_of(units, start) : index_of(units, end)] = units_of(inserted, ColumnUnit.UTF16)
        assert units_of(document.text.string, ColumnUnit.UTF16) == units
        assert_in_step(document)


@given(
    TEXTS,
    st.lists(st.tuples(PLACES, PLACES, TEXTS), max_size=6),
    st.sampled_from([ColumnUnit.UTF8, ColumnUnit.UTF32]),
)
@settings(deadline=None)
def test_a_text_edited_in_other_units_is_the_editors(
    text: str, edits: list[tuple[tuple[int, int], tuple[int, int], str]], unit: ColumnUnit
) -> None:
    text = "".join(units_of(text, ColumnUnit.UTF32))
    document = Document(SourceText.from_str(text), Language.TSX)
    for start, end, inserted in edits:
        start, end = sorted((start, end))
        source = document.text
        offsets = [source.offset(Position(*place), unit) for place in (start, end)]
        before, after = source.data[: offsets[0]], source.data[offsets[1] :]
        document.apply([Change(inserted, Position(*start), Position(*end))], unit)
        expected = before.decode("utf-8", "surrogatepass") + inserted + after.decode("utf-8", "surrogatepass")
        assert units_of(document.text.string, ColumnUnit.UTF16) == units_of(expected, ColumnUnit.UTF16)


def test_changes_of_one_message_build_on_each_other() -> None:
    document = Document(SourceText.from_str("a = 1\n"), Language.PYTHON, version=1)
    document.apply(
        [
            Change("b = 2\n", Position(1, 0), Position(1, 0)),
            Change("c", Position(1, 0), Position(1, 1)),
            Change("é = c\n"),
            Change("d", Position(0, 4), Position(0, 5)),
        ],
        ColumnUnit.UTF16,
        version=7,
    )
    assert document.text.string == "é = d\n"
    assert document.version == 7
    assert_in_step(document)


def test_a_range_that_is_back_to_front_is_taken_from_its_first_end() -> None:
    document = Document(SourceText.from_str("abc"), Language.PYTHON)
    document.apply([Change("x", Position(0, 2), Position(0, 1))], ColumnUnit.UTF16)
    assert document.text.string == "axc"


def test_a_tree_once_given_stays_as_it_was() -> None:
    document = Document(SourceText.from_str("a = 1\nb = 2\n"), Language.PYTHON)
    tree = document.tree
    before = nodes(tree.root_node)
    document.apply([Change("zzz\n", Position(0, 0), Position(0, 0))], ColumnUnit.UTF16)
    assert nodes(tree.root_node) == before
    assert document.tree is not tree
    assert document.tree is document.tree


def test_a_text_that_is_sent_again_unchanged_keeps_its_tree() -> None:
    document = Document(SourceText.from_str("a = 1\n"), Language.PYTHON)
    tree = document.tree
    document.apply([Change("a = 1\n")], ColumnUnit.UTF16)
    assert document.tree is tree


@pytest.mark.parametrize("text", ["<a {{b:>c:d(e f)", "e't/'[[}}@|1e"])
def test_a_document_the_parser_never_ends_on_costs_once_and_recovers_with_its_text(text: str) -> None:
    document = Document(SourceText.from_str(text), Language.TSX)
    for _ in range(50):
        try:
            _ = document.tree
        except ParseTooSlow:
            continue
    document.apply([Change("f();", Position(0, 0), Position(0, len(text)))], ColumnUnit.UTF16)
    assert not document.tree.root_node.has_error
    assert_in_step(document)
