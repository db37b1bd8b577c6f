"""Parsing with tree-sitter: whole, again after edits, and never without end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfopen.source.jsx_text import holds_bare_ampersand, without_bare_ampersands
from halfopen.source.languages import Language, grammar_of

if TYPE_CHECKING:
    import tree_sitter

MAX_FILE_BYTES = 2_000_000
"""Larger files are left out: they are generated, and no one reads findings in them."""

_CHUNK_BYTES = 4096

_MOST_READINGS = 8
"""How often a text is read anew without what the grammar does not know; real files need one or two."""


class ParseTooSlow(Exception):  # noqa: N818 - it reads as what happened
    """The parser did not end within its time; the file is pathological. `seconds` is what it was given."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"parsing was stopped after {seconds:.1f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A stretch of bytes that the grammar could not read. `missing` names a token it expected there."""

    start: int
    end: int
    missing: str | None = None


def parse_seconds(size: int) -> float:
    """How much processor time a text of `size` bytes may take to parse.

    Code takes 0.1 to 0.6 microseconds a byte, on a slow machine a few times that. What takes longer is
    nesting without end, or text in error on which the parser never ends; a line half typed can be such
    text: `<a {{b:>c:d(e f)` in TSX (github.com/tree-sitter/tree-sitter-typescript/issues/323).
    """
    return 0.3 + 3e-6 * size


def parse(
    data: bytes, language: Language, old: tree_sitter.Tree | None = None, seconds: float | None = None
) -> tree_sitter.Tree:
    """The syntax tree of a text. It depends on nothing but the text.

    `old` is the tree of an earlier text that was told of every edit since; what still holds of it is used
    again. `seconds` of processor time are allowed to each reading, as `parse_seconds` has it where None is
    given. Raises ParseTooSlow. To read a node's text, slice `data`: the tree does not hold it, so `Node.text` is slow.
    """
    if seconds is None:
        seconds = parse_seconds(len(data))
    if old is not None:
        tree = _parse_within(seconds, data, language, old)
        if not tree.root_node.has_error and not holds_bare_ampersand(data, tree):
            return tree
        # Where text is in error, what the parser makes of it depends on the tree that it began with.
    tree = _parse_within(seconds, data, language, None)
    if language is Language.TSX:
        for _ in range(_MOST_READINGS):
            readable = without_bare_ampersands(data, tree)
            if readable is None:
                break
            data = readable
            tree = _parse_within(seconds, data, language, None)
    return tree


def syntax_problems(tree: tree_sitter.Tree, most: int = 20) -> list[SyntaxProblem]:
    """The first stretches that could not be read, in order; only subtrees with an error are entered."""
    found: list[SyntaxProblem] = []
    stack = [tree.root_node]
    while stack and len(found) < most:
        node = stack.pop()
        if node.is_missing:
            found.append(SyntaxProblem(node.start_byte, node.end_byte, node.type))
        elif node.is_error:
            found.append(SyntaxProblem(node.start_byte, node.end_byte))
        elif node.has_error:
            stack.extend(reversed(node.children))
    return found


def _parse_within(
    seconds: float, data: bytes, language: Language, old: tree_sitter.Tree | None
) -> tree_sitter.Tree:
    import tree_sitter

    # A parser costs half a microsecond. One that was stopped goes on with its old text in the next
    # parse, so none is kept.
    parser = tree_sitter.Parser(grammar_of(language))
    # Processor time: neither a busy machine nor one that slept makes a file too slow.
    deadline = time.thread_time() + seconds
    # It passes no faster than time itself, which costs far less to ask for.
    earliest = time.perf_counter() + seconds

    # Only a parse that reads through a function can be stopped (py-tree-sitter 0.26). Its trees run
    # `Node.text` over this function and read a freed copy of what it returns: kept small, that memory
    # is never given back to the system, and the mistake does no harm.
    def read(offset: int, _point: object) -> bytes:
        return data[offset : offset + _CHUNK_BYTES]

    def is_late(_offset: int, _has_error: bool) -> bool:
        return time.perf_counter() > earliest and time.thread_time() > deadline

    try:
        if old is None:
            return parser.parse(read, progress_callback=is_late)
        return parser.parse(read, old, progress_callback=is_late)
    except ValueError as error:
        # The parser's word for having been stopped.
        raise ParseTooSlow(seconds) from error
