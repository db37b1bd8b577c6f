"""Where things stand in a text whose parser keeps no positions (TOML, JSON, INI).

One pass over the text for all questions: asking anew for each entry would make a long file cost
the square of its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'([^\'\n]*)\'')
_KEY = re.compile(r"^[ \t]*([\w.@/-]+)[ \t]*[=:]", re.MULTILINE)
_HEADER = re.compile(r"^[ \t]*\[{1,2}([^\[\]\n]+)\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TextLines:
    """The first line, counted from 1, of each quoted string, bare key and section header."""

    strings: dict[str, int]
    keys: dict[str, int]
    headers: dict[str, int]

    def of(self, text: str) -> int:
        """Where `text` first stands as a key, a quoted string or a header; 1 when it does not."""
        return self.keys.get(text) or self.strings.get(text) or self.headers.get(text) or 1


def text_lines(text: str) -> TextLines:
    """The lines of everything in `text` that may be asked for."""
    return TextLines(_first_lines(_STRING, text), _first_lines(_KEY, text), _first_lines(_HEADER, text))


def _first_lines(pattern: re.Pattern[str], text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    line, counted = 1, 0
    for match in pattern.finditer(text):
        name = next((group for group in match.groups() if group is not None), "")
        line += text.count("\n", counted, match.start(match.lastindex or 0))
        counted = match.start(match.lastindex or 0)
        lines.setdefault(name, line)
    return lines
