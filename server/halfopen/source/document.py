"""A document that is being edited: its text and tree kept in step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfopen.source.languages import Language
from halfopen.source.parsing import parse
from halfopen.source.text import ColumnUnit, Position, SourceText

if TYPE_CHECKING:
    import tree_sitter


@dataclass(frozen=True, slots=True)
class Change:
    """One edit as an editor sends it: `text` replaces `start` to `end`, or all where they are None."""

    text: str
    start: Position | None = None
    end: Position | None = None


class Document:
    """The text of an open file, edited in place, with a tree that is parsed when asked for.

    Edits between two parses are told to the old tree, so that the next parse redoes only what they touched.
    """

    def __init__(self, text: SourceText, language: Language, version: int = 0) -> None:
        self.text = text
        self.language = language
        self.version = version
        self._tree: tree_sitter.Tree | None = None
        self._stale = True

    def apply(self, changes: Sequence[Change], unit: ColumnUnit, version: int | None = None) -> None:
        """Make the changes in order; positions of each refer to the text after the one before it."""
        for change in changes:
            if change.start is None or change.end is None:
                self.text = SourceText.from_str(change.text)
                self._tree = None
            else:
                start, end = self.text.offset(change.start, unit), self.text.offset(change.end, unit)
                self._splice(min(start, end), max(start, end), change.text.encode("utf-8", "surrogatepass"))
        self._stale = True
        if version is not None:
            self.version = version

    def _splice(self, start: int, end: int, replacement: bytes) -> None:
        before = self.text
        self.text = before.replace(start, end, replacement)
        if self._tree is None:
            return
        new_end = start + len(replacement)
        self._tree.edit(
            start_byte=start,
            old_end_byte=end,
            new_end_byte=new_end,
            start_point=_tree_point(before.data, start),
            old_end_point=_tree_point(before.data, end),
            new_end_point=_tree_point(self.text.data, new_end),
        )

    @property
    def tree(self) -> tree_sitter.Tree:
        """The syntax tree of the current text. Raises ParseTooSlow."""
        if self._tree is None or self._stale:
            self._tree = parse(self.text.data, self.language, self._tree)
            self._stale = False
        return self._tree


def _tree_point(data: bytes, offset: int) -> tuple[int, int]:
    """The row and byte column as tree-sitter counts them: only LF ends a row."""
    row = data.count(b"\n", 0, offset)
    return row, offset - (data.rfind(b"\n", 0, offset) + 1)
