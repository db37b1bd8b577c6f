"""Which files hold a word in their text, asked for hundreds of words and kept in step with edits."""

from __future__ import annotations

import re
from collections.abc import Mapping

from halfopen.source import SourceText

_WORD = re.compile(rb"[\w$\x80-\xff]+")

_FEW = 40
"""So many words are looked for in the texts themselves before it pays to gather what words there are."""


class WordSearch:
    """Searches in the texts of a workspace, which it is given by path. What was found is found again at once.

    A word need not stand alone: `socket` is in `WebSocket` too.
    """

    def __init__(self, texts: Mapping[str, SourceText]) -> None:
        self._texts = texts
        self._found: dict[bytes, set[str]] = {}
        self._vocabulary: _Vocabulary | None = None
        self._is_edited = False

    def clear(self) -> None:
        """All texts may be others."""
        self._found.clear()
        self._vocabulary, self._is_edited = None, False

    def paths_with(self, word: bytes) -> set[str]:
        known = self._found.get(word)
        if known is None:
            known = self._found[word] = self._search(word)
        return known

    def edited(self, path: str, old: bytes, new: bytes) -> None:
        """Bring what was found in step with a file; what it is told by is around the change."""
        # Few words are asked for the first time after an edit: they are looked for in the texts.
        self._vocabulary, self._is_edited = None, True
        first, last = _common_ends(old, new)
        margin = max(map(len, self._found), default=0)
        gone = old[max(0, first - margin) : len(old) - last + margin]
        come = new[max(0, first - margin) : len(new) - last + margin]
        for word, paths in self._found.items():
            if word in come:
                paths.add(path)
            elif word in gone and word not in new:
                paths.discard(path)

    def _search(self, word: bytes) -> set[str]:
        if self._vocabulary is None and not self._is_edited and len(self._found) >= _FEW:
            self._vocabulary = _Vocabulary(self._texts)
        if self._vocabulary is not None and _WORD.fullmatch(word):
            return self._vocabulary.paths_with(word)
        return {path for path, text in self._texts.items() if word in text.data}


class _Vocabulary:
    """Every word of some texts: a tenth of them to search in."""

    def __init__(self, texts: Mapping[str, SourceText]) -> None:
        self._paths: dict[bytes, list[str]] = {}
        for path, text in texts.items():
            for word in set(_WORD.findall(text.data)):
                self._paths.setdefault(word, []).append(path)
        self._words = b"\n".join([b"", *self._paths, b""])

    def paths_with(self, part: bytes) -> set[str]:
        """The paths of the texts that hold a word or a part of one."""
        words, found = self._words, set[str]()
        place = words.find(part)
        while place >= 0:
            end = words.index(b"\n", place)
            found.update(self._paths[words[words.rindex(b"\n", 0, place) + 1 : end]])
            place = words.find(part, end)
        return found


def _common_ends(one: bytes, other: bytes) -> tuple[int, int]:
    """How many bytes two texts begin with in common, and with how many of the rest they end."""
    first = _common_start(one, other, min(len(one), len(other)))
    rest = min(len(one), len(other)) - first
    return first, _common_start(one[: -rest - 1 : -1], other[: -rest - 1 : -1], rest)


def _common_start(one: bytes, other: bytes, most: int) -> int:
    known = 0
    while known < most:
        half = (known + most + 1) // 2
        if one[known:half] == other[known:half]:
            known = half
        else:
            most = half - 1
    return known
