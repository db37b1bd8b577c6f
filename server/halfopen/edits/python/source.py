"""A Python file as LibCST sees it, with byte offsets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache, lru_cache
from itertools import accumulate
from typing import TypeVar, cast

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

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

    def replaced(self, old: cst.CSTNode, new: cst.CSTNode) -> cst.Module:
        """The module with another node in a node's place; what stands beside it stays the same."""
        while old is not self.module:
            parent = self.parents[old]
            old, new = parent, _with_part(parent, old, new)
        return cst.ensure_type(new, cst.Module)

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
            spans = wrapper.resolve(ByteSpanPositionProvider)
            known = self._known[index] = TopLevel(
                self.text[start:end], start, alone, _parents_in(alone), spans
            )
        return known


def _parents_in(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    """Each node of a module with what it stands in. LibCST's own provider, a visitor, takes some ten times as long."""
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    waiting: list[cst.CSTNode] = [module]
    while waiting:
        parent = waiting.pop()
        for _, value in _parts(parent):
            for each in cast("Sequence[object]", value) if isinstance(value, Sequence) else (value,):
                if isinstance(each, cst.CSTNode):
                    found[each] = parent
                    waiting.append(each)
    return found


def _parts(node: cst.CSTNode) -> Iterator[tuple[str, object]]:
    """The fields of a node that may hold nodes."""
    for name in _fields(type(node)):
        value: object = getattr(node, name)
        if not isinstance(value, str):
            yield name, value


def _with_part(parent: cst.CSTNode, old: cst.CSTNode, new: cst.CSTNode) -> cst.CSTNode:
    """A node with another part in a part's place."""
    changes: dict[str, object] = {}
    for name, value in _parts(parent):
        if value is old:
            changes[name] = new
        elif isinstance(value, Sequence):
            parts = cast("Sequence[object]", value)
            if any(each is old for each in parts):
                changes[name] = [new if each is old else each for each in parts]
    return parent.with_changes(**changes)


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


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
