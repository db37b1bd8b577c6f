"""Connections as an editor shows them: where their code begins, what they talk to, and what is known of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from lsprotocol import types

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Finding, Severity
from halfopen.audit.score import readiness
from halfopen.audit.views import ConnectionView, FactView, LocatedEvidence
from halfopen.lsp.reports import ranges_in
from halfopen.source import ColumnUnit

MOST_LINES_ABOVE = 12
"""How far above an endpoint its decorators may begin."""


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A stretch of a file, as the editor names it."""

    uri: str
    path: str
    range: types.Range


@dataclass(frozen=True, slots=True)
class ShownConnection:
    """A connection with what a lens, a card or a jump needs.

    `head` is the first line of its site. `address` are the places where its URL or route is written.
    `others` holds the other sides by their ids, with how sure each link is.
    """

    id: str
    name: str
    side: str
    library: str
    head: ShownPlace
    address: tuple[ShownPlace, ...]
    others: Mapping[str, str]
    findings: Mapping[Severity, int]
    score: int
    facts: Mapping[str, FactView]
    evidence: Mapping[str, ShownPlace] = field(default_factory=dict[str, ShownPlace])
    """For each fact that has evidence, the first place of it."""
    open_questions: tuple[str, ...] = ()

    @property
    def top(self) -> types.Range:
        """Where a lens stands: above the decorator that gives an endpoint its route, else above the site."""
        if self.side == "client":
            return self.head.range
        line = self.head.range.start.line
        above = (
            each.range
            for each in self.address
            if each.uri == self.head.uri and 0 <= line - each.range.start.line <= MOST_LINES_ABOVE
        )
        return min((self.head.range, *above), key=lambda each: each.start.line)

    @property
    def places(self) -> tuple[ShownPlace, ...]:
        """Where the connection can be asked about: its head and its address."""
        return (self.head, *self.address)


def shown_connections(
    auditor: Auditor, unit: ColumnUnit, uri_of: Callable[[str], str]
) -> tuple[ShownConnection, ...]:
    """Every connection of an audit, in the order of paths and lines."""
    place = _placing(auditor, unit, uri_of)
    findings: dict[str, list[Finding]] = {}
    for located in auditor.findings():
        if not located.suppressed:
            findings.setdefault(located.finding.connection, []).append(located.finding)
    return tuple(
        shown
        for view in auditor.connections()
        if (shown := _shown(view, findings.get(view.id, []), place)) is not None
    )


def _shown(
    view: ConnectionView, findings: list[Finding], place: Callable[[LocatedEvidence], ShownPlace | None]
) -> ShownConnection | None:
    site = place(view.site) if view.site is not None else None
    if site is None:
        return None
    start = site.range.start
    ends_there = site.range.end.line == start.line
    end = site.range.end if ends_there else types.Position(start.line + 1, 0)
    url = view.facts["url"]
    return ShownConnection(
        id=view.id,
        name=view.name,
        side=view.side,
        library=view.library,
        head=ShownPlace(site.uri, site.path, types.Range(start, end)),
        address=tuple(found for each in url.evidence if (found := place(each)) is not None),
        others={each.other: each.strength for each in view.links},
        findings=Counter(each.severity for each in findings),
        score=readiness(findings),
        facts=view.facts,
        evidence={
            name: found
            for name, fact in view.facts.items()
            if fact.evidence and (found := place(fact.evidence[0])) is not None
        },
        open_questions=view.open_questions,
    )


def _placing(
    auditor: Auditor, unit: ColumnUnit, uri_of: Callable[[str], str]
) -> Callable[[LocatedEvidence], ShownPlace | None]:
    ranges: dict[str, Callable[[int, int], types.Range] | None] = {}

    def place(each: LocatedEvidence) -> ShownPlace | None:
        if each.path not in ranges:
            text = auditor.text(each.path)
            ranges[each.path] = ranges_in(text, unit) if text is not None else None
        range_of = ranges[each.path]
        if range_of is None:
            return None
        return ShownPlace(uri_of(each.path), each.path, range_of(each.start, each.end))

    return place


def at_position(
    connections: tuple[ShownConnection, ...], uri: str, position: types.Position
) -> Iterator[ShownConnection]:
    """The connections whose head or address a position stands in."""
    for each in connections:
        if any(place.uri == uri and _holds(place.range, position) for place in each.places):
            yield each


def _holds(place: types.Range, position: types.Position) -> bool:
    return place.start <= position <= place.end
