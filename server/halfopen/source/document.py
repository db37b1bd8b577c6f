"""A document that is being edited: its text and tree kept in step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfopen.source.languages import Language
from halfopen.source.parsing import ParseTooSlow, parse, parse_seconds
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

    Edits between two parses are told to a copy of the last tree, so that the next parse redoes only what
    they touched, and a tree that was handed out stays as it was. Not thread-safe.
    """

    def __init__(self, text: SourceText, language: Language, version: int = 0) -> None:
        self.text = text
        self.language = language
        self.version = version
        self._tree: tree_sitter.Tree | None = None
        self._edited_tree: tree_sitter.Tree | None = None
        self._too_slow = False

    def apply(self, changes: Sequence[Change], unit: ColumnUnit, version: int | None = None) -> None:
        """Make the changes in order; positions of each refer to the text after the one before it."""
        for change in changes:
            if change.start is None or change.end is None:
                self._replace_all(SourceText.from_str(change.text))
            else:
                self._replace_range(change.start, change.end, change.text, unit)
        if version is not None:
            self.version = version

    @property
    def tree(self) -> tree_sitter.Tree:
        """The syntax tree of the current text. Raises ParseTooSlow, the second time at no cost."""
        if self._too_slow:
            raise ParseTooSlow(parse_seconds(len(self.text.data)))
        if self._tree is None:
            try:
                self._tree = parse(self.text.data, self.language, self._edited_tree)
            except ParseTooSlow:
                self._too_slow = True
                raise
            finally:
                self._edited_tree = None
        return self._tree

    def _replace_all(self, text: SourceText) -> None:
        if text.data == self.text.data:
            return
        self.text = text
        self._tree = self._edited_tree = None
        self._too_slow = False

    def _replace_range(self, start: Position, end: Position, text: str, unit: ColumnUnit) -> None:
        before = self.text
        splice = before.splice(start, end, text, unit)
        self.text = splice.text
        self._too_slow = False
        if self._tree is not None:
            self._edited_tree = self._tree.copy()
            self._tree = None
        if self._edited_tree is not None:
            self._edited_tree.edit(
                start_byte=splice.start,
                old_end_byte=splice.old_end,
                new_end_byte=splice.new_end,
                start_point=_tree_point(before.data, splice.start),
                old_end_point=_tree_point(before.data, splice.old_end),
                new_end_point=_tree_point(splice.text.data, splice.new_end),
            )


def _tree_point(data: bytes, offset: int) -> tuple[int, int]:
    """The row and byte column as tree-sitter counts them: only LF ends a row."""
    row = data.count(b"\n", 0, offset)
    return row, offset - (data.rfind(b"\n", 0, offset) + 1)
