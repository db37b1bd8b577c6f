"""A Python file as LibCST sees it, with byte offsets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper, ParentNodeProvider

from halfopen.edits.changes import FileChanges
from halfopen.edits.difference import changes_between

_BOM = "\ufeff"
N = TypeVar("N", bound=cst.CSTNode)


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file with the byte range and the parent of each node. The BOM is not part of the tree."""

    text: bytes
    module: cst.Module
    bom: str
    parents: Mapping[cst.CSTNode, cst.CSTNode]
    _spans: Mapping[cst.CSTNode, CodeSpan]

    @property
    def newline(self) -> str:
        return self.module.default_newline

    def changes(self, edited: cst.Module) -> FileChanges:
        """What leads from the file's text to that of an edited tree."""
        return changes_between(self.text, (self.bom + edited.code).encode())

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """The byte range of a node, without decorators and comments around it."""
        span, shift = self._spans[node], len(self.bom.encode())
        return span.start + shift, span.start + shift + span.length

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


@lru_cache(maxsize=2)
def read(text: bytes) -> Source | None:
    """None for what is no UTF-8, or no Python that LibCST can write back byte by byte.

    The last files stay read: an audit builds the fixes of a file one after the other, and LibCST takes about a second
    for each thousand lines.
    """
    try:
        code = text.decode()
        bom = _BOM if code.startswith(_BOM) else ""
        wrapper = MetadataWrapper(cst.parse_module(code.removeprefix(_BOM)))
    except (UnicodeDecodeError, cst.ParserSyntaxError):
        return None
    if bom + wrapper.module.code != code:
        return None
    parents = wrapper.resolve(ParentNodeProvider)
    return Source(text, wrapper.module, bom, parents, wrapper.resolve(ByteSpanPositionProvider))
