"""Text changes, in bytes of the file's UTF-8 text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """Bytes `start` to `end` (exclusive) of the file become `text`."""

    start: int
    end: int
    text: str


FileChanges: TypeAlias = tuple[Replacement, ...]
"""The changes of one file. For a file that is not there yet: what is inserted into nothing is its text."""


def apply(data: bytes, changes: Iterable[Replacement]) -> bytes:
    """The text with all changes made; they must not overlap. Insertions at one place keep their order.

    Raises ValueError where two changes overlap.
    """
    result: list[bytes] = []
    position = 0
    for change in sorted(changes, key=lambda change: (change.start, change.end)):
        if change.start < position:
            raise ValueError(f"two changes overlap at byte {change.start}")
        result += (data[position : change.start], change.text.encode("utf-8", "surrogatepass"))
        position = change.end
    return b"".join((*result, data[position:]))
