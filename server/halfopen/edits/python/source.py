"""A Python file as LibCST sees it, with byte offsets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import TypeVar

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper, ParentNodeProvider

from halfopen.edits.changes import FileChanges, Replacement
from halfopen.edits.difference import changes_between

_BOM = "\ufeff"
N = TypeVar("N", bound=cst.CSTNode)


@dataclass(frozen=True, slots=True)
class TopLevel:
    """A top-level statement with the comments above it: where its code begins, and where each node of it is and in what."""

    text: bytes
    start: int
    module: cst.Module
    """A module with this statement alone."""
    parents: Mapping[cst.CSTNode, cst.CSTNode]
    _spans: Mapping[cst.CSTNode, CodeSpan]

    def changes(self, edited: cst.Module) -> FileChanges:
        """What leads from the file's text to one with an edited `module`."""
        return tuple(
            Replacement(self.start + each.start, self.start + each.end, each.text)
            for each in changes_between(self.text, edited.code.encode())
        )

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """The byte range of a node in the file, without decorators and comments around it."""
        span = self._spans[node]
        return self.start + span.start, self.start + span.start + span.length

    def innermost(self, kind: type[N], around: tuple[int, int]) -> N | None:
        """The smallest node of a kind that a byte range lies in."""
        found: N | None = None
        for node in self._spans:
            if isinstance(node, kind):
                start, end = self.span(node)
                if (
                    start <= around[0]
                    and around[1] <= end
                    and (found is None or start >= self.span(found)[0])
                ):
                    found = node
        return found


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file. The BOM is not part of the tree.

    Where its nodes are is told for one top-level statement at a time: for a whole file LibCST takes as long
    again as for parsing it several times.
    """

    text: bytes
    module: cst.Module
    bom: str
    _starts: tuple[int, ...]
    """The byte that each top-level statement begins at, and the one that the last ends before."""
    _known: dict[int, TopLevel] = field(default_factory=dict[int, TopLevel])

    @property
    def newline(self) -> str:
        return self.module.default_newline

    def changes(self, edited: cst.Module) -> FileChanges:
        """What leads from the file's text to that of an edited tree."""
        return changes_between(self.text, (self.bom + edited.code).encode())

    def around(self, position: int) -> TopLevel | None:
        """The top-level statement that a byte stands in."""
        index = bisect_right(self._starts, position) - 1
        return self._top_level(index) if 0 <= index < len(self.module.body) else None

    def span(self, index: int) -> tuple[int, int]:
        """The byte range of a top-level statement, without decorators and comments around it."""
        statement = self._top_level(index)
        return statement.span(self.module.body[index])

    def _top_level(self, index: int) -> TopLevel:
        known = self._known.get(index)
        if known is None:
            is_last = index == len(self.module.body) - 1 and not self.module.footer
            alone = self.module.with_changes(
                header=(),
                body=(self.module.body[index],),
                footer=(),
                has_trailing_newline=self.module.has_trailing_newline or not is_last,
            )
            start, end = self._starts[index : index + 2]
            # A tree that comes from the parser has each node once: it need not be copied.
            wrapper = MetadataWrapper(alone, unsafe_skip_copy=True)
            parents = wrapper.resolve(ParentNodeProvider)
            spans = wrapper.resolve(ByteSpanPositionProvider)
            known = self._known[index] = TopLevel(self.text[start:end], start, alone, parents, spans)
        return known


@lru_cache(maxsize=2)
def read(text: bytes) -> Source | None:
    """None for what is no UTF-8, or no Python that LibCST can write back byte by byte.

    The last files stay read: an audit builds the fixes of a file one after the other.
    """
    try:
        code = text.decode()
        bom = _BOM if code.startswith(_BOM) else ""
        module = cst.parse_module(code.removeprefix(_BOM))
    except (UnicodeDecodeError, cst.ParserSyntaxError):
        return None
    written = [bom, *map(module.code_for_node, (*module.header, *module.body, *module.footer))]
    whole = "".join(written) if module.body else bom + module.code
    if not module.has_trailing_newline:
        whole = whole.removesuffix(module.default_newline)
    if whole != code:
        return None
    ends = [0, *accumulate(len(each.encode()) for each in written)]
    first = 1 + len(module.header)
    return Source(text, module, bom, tuple(ends[first : first + len(module.body) + 1]))
