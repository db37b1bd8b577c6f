"""Scripts inside other files: `<script>` in HTML files, and in strings of Python that hold HTML.

The scripts of one page run together and share their names, so they are one module. It is read from
a text as long as the page, in which all but the scripts is blank: offsets in it are offsets in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

MARKER = b"<script"
"""A file without this word has no scripts inside."""

_SEPARATOR = "\0"
"""Stands in no file's name."""

_OPENING = re.compile(rb"<!--|<script\b", re.IGNORECASE)
_CLOSING = re.compile(rb"</script", re.IGNORECASE)
_TYPE = re.compile(rb"""\btype\s*=\s*["']?([^\s"'>]*)""", re.IGNORECASE)
_CODE_TYPES = frozenset(
    {b"", b"module", b"text/javascript", b"application/javascript", b"text/ecmascript", b"text/babel"}
)
_EXPRESSION = re.compile(rb"\{\{-?\s*[\w.]+(?:\s*\|\s*\w+)*\s*-?\}\}")
_STATEMENT = re.compile(rb"\{%[^%\n]*%\}|\{#[^#\n]*#\}")
_NOT_A_NAME = re.compile(rb"[^\w$]")
_NOT_BLANK = re.compile(rb"[^\n]")
_ESCAPES = {
    b"\\n": b" \n",
    b"\\r": b"  ",
    b"\\t": b"  ",
    b"\\\n": b"  ",
    b"\\\\": b" \\",
}
_QUOTES = {b'\\"': (b' "', b'" '), b"\\'": (b" '", b"' ")}
"""An escaped quote begins or ends a string by turns; the blank that takes the backslash's place stands outside."""


class StringNode(Protocol):
    """What is used of a tree-sitter node of Python."""

    @property
    def type(self) -> str: ...
    @property
    def start_byte(self) -> int: ...
    @property
    def end_byte(self) -> int: ...
    @property
    def children(self) -> Sequence[StringNode]: ...


@dataclass(frozen=True, slots=True)
class Page:
    """The scripts of one page. `start` is where the page begins in its file (bytes)."""

    start: int
    text: bytes
    """As long as the page; all but its scripts is blank."""


def is_page(path: str) -> bool:
    """Whether a file is HTML."""
    return path.lower().endswith((".html", ".htm"))


def script_path(path: str, number: int) -> str:
    """The path by which the scripts of a file's page number `number` are known as a module."""
    return f"{path}{_SEPARATOR}{number}.js"


def file_of(path: str) -> str:
    """The file that a module is written in; its own path for all but scripts inside another file."""
    return path.partition(_SEPARATOR)[0]


def pages_of_html(data: bytes) -> list[Page]:
    """The page that an HTML file or template is, if it has scripts."""
    text = _scripts_of(data)
    return [Page(0, text)] if text is not None else []


def pages_of_python(top_level: Sequence[StringNode], data: bytes) -> list[Page]:
    """The strings of a Python file that hold scripts, in order."""
    found: list[Page] = []
    for node in _strings(top_level, data):
        inner = [each for each in node.children if each.type not in ("string_start", "string_end")]
        if not inner:
            continue
        start, end = inner[0].start_byte, inner[-1].end_byte
        prefix = data[node.start_byte : start].lower()
        text = _scripts_of(_unescaped(inner, data[start:end], start, prefix))
        if text is not None:
            found.append(Page(start, text))
    return found


def _strings(nodes: Sequence[StringNode], data: bytes) -> Iterator[StringNode]:
    """The string literals in which a script begins."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if data.find(MARKER, node.start_byte, node.end_byte) < 0:
            continue
        if node.type == "string":
            yield node
        else:
            waiting += reversed(node.children)


def _unescaped(parts: Sequence[StringNode], text: bytes, start: int, prefix: bytes) -> bytes:
    """What a string literal's text stands for, every part of it as long as it is written.

    A value put in by an f-string becomes a name.
    """
    found = bytearray(text)

    def put(node: StringNode, value: bytes) -> None:
        found[node.start_byte - start : node.end_byte - start] = value

    ends = dict.fromkeys(_QUOTES, False)
    waiting = list(reversed(parts))
    while waiting:
        node = waiting.pop()
        written = text[node.start_byte - start : node.end_byte - start]
        if node.type == "interpolation":
            put(node, _NOT_A_NAME.sub(b"_", written))
        elif node.type != "escape_sequence":
            waiting += reversed(node.children)
        elif b"r" not in prefix and written in _QUOTES:
            put(node, _QUOTES[written][ends[written]])
            ends[written] = not ends[written]
        elif b"r" not in prefix:
            put(node, _ESCAPES.get(written, written))
    if b"f" in prefix:
        return bytes(found).replace(b"{{", b" {").replace(b"}}", b"} ")
    return bytes(found)


def _scripts_of(html: bytes) -> bytes | None:
    """The page with all but its scripts blank; None where it has none."""
    kept = bytearray(_NOT_BLANK.sub(b" ", html))
    found = False
    position = 0
    while (opening := _OPENING.search(html, position)) is not None:
        if opening[0] == b"<!--":
            position = html.find(b"-->", opening.end()) + 3
            if position < 3:
                break
            continue
        begin = html.find(b">", opening.end()) + 1
        if begin < 1:
            break
        closing = _CLOSING.search(html, begin)
        end = closing.start() if closing is not None else len(html)
        kind = _TYPE.search(html, opening.end(), begin)
        kind_name = kind[1].lower() if kind is not None else b""
        if kind_name in _CODE_TYPES and html[begin:end].strip():
            found = True
            kept[begin:end] = _without_template(html[begin:end])
            if closing is not None:
                kept[end : end + 1] = b";"  # one script's end is the end of its last statement
        position = end + 1
    return bytes(kept) if found else None


def _without_template(script: bytes) -> bytes:
    """The script with what a template engine puts in as names, and its statements blank."""
    script = _EXPRESSION.sub(lambda match: _NOT_A_NAME.sub(b"_", match[0]), script)
    return _STATEMENT.sub(lambda match: b" " * len(match[0]), script)
