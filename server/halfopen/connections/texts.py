"""Texts of which the code fixes some parts and leaves others open, as gaps."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.semantics import tree
from halfopen.semantics.program import At

MOST_TEXTS = 8
"""Texts of one expression that are looked at."""
GapKind: TypeAlias = OneOf["value", "setting", "scheme", "host", "origin", "path", "search"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a text that the code does not fix.

    "setting": the value of an environment variable, `name`. "scheme", "host", "origin", "path" and
    "search": that part of the page's own address. "value": anything else, as the code names it.
    """

    name: str
    kind: GapKind = "value"

    @property
    def settled_by(self) -> str:
        """What a person would look at to know it."""
        match self.kind:
            case "setting":
                return f"the value of {self.name}: a .env file or the build's environment"
            case "value":
                return f"the value of {self.name}"
            case _:
                return "where the page is served"


Piece: TypeAlias = str | Gap
Text: TypeAlias = tuple[Piece, ...]
"""Pieces in order; neighbouring strings are one."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts an expression may be, each once, and the places they were read from."""

    texts: tuple[Text, ...]
    places: tuple[At[tree.Expr], ...] = ()


def compact(pieces: Iterable[Piece]) -> Text:
    """Pieces as a text: neighbouring strings are one."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return tuple(found)


def distinct(texts: Iterable[Text]) -> list[Text]:
    """Each text once, no more than are looked at."""
    return list(dict.fromkeys(map(compact, itertools.islice(texts, 4 * MOST_TEXTS))))[:MOST_TEXTS]


def joined(parts: list[list[Text]]) -> list[Text]:
    """Every combination, in order; no more than are looked at."""
    products = itertools.islice(itertools.product(*parts), 4 * MOST_TEXTS)
    return distinct(compact(piece for text in combination for piece in text) for combination in products)


def says_nothing(text: Text) -> bool:
    """Whether the code fixes nothing of a text, and nothing that is known by its kind."""
    return all(isinstance(piece, Gap) and piece.kind == "value" for piece in text)
