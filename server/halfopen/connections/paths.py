"""Paths with gaps: what a client asks for and what an endpoint answers, in one form, and whether they meet."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeAlias

_GAP = re.compile(r"\{[^{}]*\}")
_LONGEST_PATH = 40
"""Segments of a path that are looked at: a longer one is no route that a person wrote."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a path between slashes, as shown: "ws", "{client_id}", "room-{id}".

    `many` stands for any number of segments, none included: `{rest:path}`, or a base that the code
    does not fix.
    """

    text: str
    many: bool = False

    @property
    def fixed(self) -> bool:
        """Whether the text is what is sent, without a gap."""
        return not self.many and ("{" not in self.text or _GAP.search(self.text) is None)

    @property
    def ends(self) -> tuple[str, str]:
        """The fixed text before the first gap and after the last."""
        parts = _GAP.split(self.text)
        return parts[0], parts[-1]


Segments: TypeAlias = tuple[Segment, ...]


def segments_of(path: str) -> Segments:
    """The segments of a path as it is written in code; empty ones (double slashes) are left out."""
    return tuple(
        Segment(part, many=part.startswith("{") and part.endswith(":path}"))
        for part in path.split("/")[:_LONGEST_PATH]
        if part
    )


def path_text(segments: Iterable[Segment], slash_at_end: bool = False) -> str:
    """The path as a person writes it: "/ws/{client_id}"."""
    shown = "/".join(each.text for each in segments)
    return f"/{shown}/" if slash_at_end and shown else f"/{shown}"


class Meeting(enum.IntEnum):
    """How well a client's path meets an endpoint's. Ordered."""

    NONE = 0
    POSSIBLE = 1
    """A gap of the client's would have to be the endpoint's fixed text, or a base would have to fit."""
    EXACT = 2
    """Every fixed segment is the same, every other one falls on a parameter."""


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """How well two paths meet, and how many fixed segments they share. Ordered, better last."""

    meeting: Meeting
    shared: int = 0

    def and_then(self, here: Meeting, shared: int = 0) -> Match:
        """This match of the rest of two paths, with one of what stands in front."""
        meeting = min(self.meeting, here)
        return Match(meeting, self.shared + shared) if meeting else _NO_MATCH


_NO_MATCH = Match(Meeting.NONE)


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells most paths apart at once: the last segments, from the end, up to one that stands for many.

    A segment with a gap is None. `open`: there is one that stands for many.
    """

    ending: tuple[str | None, ...]
    open: bool


def shape_of(path: Segments) -> Shape:
    ending = tuple(
        each.text if each.fixed else None for each in takewhile(lambda each: not each.many, reversed(path))
    )
    return Shape(ending, len(ending) < len(path))


def may_meet(one: Shape, other: Shape) -> bool:
    """Whether `meet` has anything to find: it looks at gaps, and at what stands before the ending."""
    if not (one.open or other.open or len(one.ending) == len(other.ending)):
        return False
    return all(a == b or a is None or b is None for a, b in zip(one.ending, other.ending, strict=False))


def meet(client: Segments, endpoint: Segments) -> Match:
    """Whether a path that a client asks for may be one that an endpoint answers."""
    ending, count = Match(Meeting.EXACT), 0
    for one, other in zip(reversed(client), reversed(endpoint), strict=False):
        # Up to one that stands for many, the last segments fall on each other; they differ most often.
        if one.many or other.many:
            break
        here, shared = _meet_both(one, other)
        if here is Meeting.NONE:
            return _NO_MATCH
        ending, count = ending.and_then(here, shared), count + 1
    return _meet_before(client[: len(client) - count], endpoint[: len(endpoint) - count], ending)


def _meet_before(client: Segments, endpoint: Segments, ending: Match) -> Match:
    """The match of two paths up to where the `ending` begins."""
    # `row[j]`: how the rest of the client's path meets the endpoint's from its segment j on.
    row = [_NO_MATCH] * (len(endpoint) + 1)
    for i in range(len(client), -1, -1):
        below, row = row, [_NO_MATCH] * (len(endpoint) + 1)
        for j in range(len(endpoint), -1, -1):
            row[j] = _meet_here(client, endpoint, i, j, row, below, ending)
    return row[0]


def _meet_here(
    client: Segments, endpoint: Segments, i: int, j: int, row: list[Match], below: list[Match], ending: Match
) -> Match:
    """The match from (i, j) on: `row` holds those of (i, later), `below` those of (i + 1, any)."""
    more_client, more_endpoint = i < len(client), j < len(endpoint)
    if not more_client and not more_endpoint:
        return ending
    found = _NO_MATCH
    if more_endpoint and endpoint[j].many:
        found = max(found, row[j + 1], below[j] if more_client else _NO_MATCH)
    if more_client and client[i].many:
        skipped = max(below[j], row[j + 1] if more_endpoint else _NO_MATCH)
        found = max(found, skipped.and_then(Meeting.POSSIBLE))
    if more_client and more_endpoint:
        found = max(found, below[j + 1].and_then(*_meet_both(client[i], endpoint[j])))
    return found


def _meet_both(client: Segment, endpoint: Segment) -> tuple[Meeting, int]:
    """How two segments meet, and how many fixed ones they share."""
    here = _meet_segment(client, endpoint)
    return here, int(here is Meeting.EXACT and client.fixed and endpoint.fixed)


def _meet_segment(client: Segment, endpoint: Segment) -> Meeting:
    if client.many or endpoint.many:
        return Meeting.NONE
    if client.fixed and endpoint.fixed:
        return Meeting.EXACT if client.text == endpoint.text else Meeting.NONE
    (before, after), (start, end) = client.ends, endpoint.ends
    if not (_one_starts(before, start) and _one_starts(after[::-1], end[::-1])):
        return Meeting.NONE
    if client.fixed and len(client.text) < len(start) + len(end):
        return Meeting.NONE
    if endpoint.fixed:
        return Meeting.POSSIBLE
    return Meeting.EXACT


def _one_starts(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
