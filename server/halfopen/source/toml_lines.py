"""Where in a TOML text its tables and keys stand, and what is wrong with one that is not valid.

tomllib keeps no positions, and gives the place of an error only in its message before Python 3.14.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys that lead to a value; of `[[option]]` the third is `("option", 2)`."""

MAX_KEY_CHARACTERS = 500
"""How much of a line is searched for its key: bounds the time that a hostile file can cost."""

_HEADER = re.compile(r"(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, on which each table and each key of a valid TOML text begins.

    Keys of an inline table are not listed: they share their table's line.
    """
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    quotes: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if quotes is None:
            start = line[:MAX_KEY_CHARACTERS].strip()
            if header := _HEADER.match(start):
                table = _parts(header[2])
                lines.setdefault(table, number)
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                    lines.setdefault(table, number)
            elif key := _KEY.match(start):
                lines.setdefault((*table, *_parts(key[1])), number)
        for mark in re.findall(r'"""|\'\'\'', line):
            quotes = mark if quotes is None else None if quotes == mark else quotes
    return lines


def _parts(dotted: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def line_of(place: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """The line of a place, or of the nearest thing around it that has one."""
    while place:
        if place in lines:
            return lines[place]
        place = place[:-1]
    return None


def syntax_fault(text: str, error: ValueError | RecursionError) -> tuple[int | None, str]:
    """The line and the words for why a text could not be read."""
    if not isinstance(error, tomllib.TOMLDecodeError):
        return None, "holds a number too long or values nested too deep to read"
    message = str(error)
    at = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if at:
        return int(at[1]), f"is not valid TOML: {message[: at.start()]}, at column {at[2]}"
    what = message.replace(" (at end of document)", ", at the end of the file")
    return max(1, len(text.splitlines())), f"is not valid TOML: {what}"
