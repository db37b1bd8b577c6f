"""What the editor has open and what it shows: the loop's side of every document."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lsprotocol import types

from halfopen.lsp.findings import Report, Shown, ShownEvidence, ShownFault
from halfopen.lsp.shifting import Edit, shifted

REMEMBERED_EDITIONS = 500
"""How many change notifications a report may be late by and still be moved to its place."""


@dataclass(slots=True, eq=False)
class OpenDocument:
    """A document that the editor has open.

    `opening` is unique among all documents ever opened. `edition` counts the change notifications
    since then: versions are the client's and may repeat or jump, editions may not.
    """

    uri: str
    opening: int
    version: int
    edition: int = 0
    recent: deque[tuple[int, tuple[Edit, ...]]] = field(
        default_factory=lambda: deque[tuple[int, tuple[Edit, ...]]](maxlen=REMEMBERED_EDITIONS)
    )


class EditorView:
    """The open documents, and for each file what was last published."""

    def __init__(self) -> None:
        self._openings = itertools.count(1)
        self._documents: dict[str, OpenDocument] = {}
        self._reports: dict[str, Report] = {}
        self._unmoved: dict[str, list[Edit]] = {}
        """Edits since a report was made: its places are moved only when somebody asks for them."""

    def opened(self, uri: str, version: int) -> OpenDocument:
        document = OpenDocument(uri, next(self._openings), version)
        self._documents[uri] = document
        return document

    def edited(self, uri: str, version: int, edits: tuple[Edit, ...]) -> OpenDocument | None:
        """Note a change, by which what is shown moves; None for a document that is not open."""
        document = self._documents.get(uri)
        if document is None:
            return None
        document.version = version
        document.edition += 1
        document.recent.append((document.edition, edits))
        if uri in self._reports:
            self._unmoved.setdefault(uri, []).extend(edits)
        return document

    def closed(self, uri: str) -> OpenDocument | None:
        return self._documents.pop(uri, None)

    def document(self, uri: str) -> OpenDocument | None:
        return self._documents.get(uri)

    def accept(self, report: Report) -> Report | None:
        """The report as it is to be shown now, or None where its text is no longer the one on the screen.

        A document that was opened or closed since the audit gets another report: opening and closing
        make the worker send one.
        """
        document = self._documents.get(report.uri)
        if report.opening != (document.opening if document else None):
            return None
        if document:
            edits = self._since(document, report.edition)
            if edits is None:
                return None
            report = _moved(report, edits)
        self._unmoved.pop(report.uri, None)
        if report.findings or report.settings or report.suppressions:
            self._reports[report.uri] = report
        else:
            self._reports.pop(report.uri, None)
        return report

    def findings(self, uri: str) -> tuple[Shown, ...]:
        report = self._report(uri)
        return report.findings if report else ()

    def findings_at(self, uri: str, place: types.Range) -> Iterator[Shown]:
        """The findings that touch the range; an empty range touches what it stands in or beside."""
        for shown in self.findings(uri):
            if shown.range.start <= place.end and place.start <= shown.range.end:
                yield shown

    def suppressions_at(self, uri: str, place: types.Range) -> Iterator[ShownFault]:
        """The suppression comments with something wrong that touch the range."""
        report = self._report(uri)
        for shown in report.suppressions if report else ():
            if shown.range.start <= place.end and place.start <= shown.range.end:
                yield shown

    def _report(self, uri: str) -> Report | None:
        """What is shown of a file, at its places now."""
        report = self._reports.get(uri)
        if report is not None and (edits := self._unmoved.pop(uri, None)):
            report = self._reports[uri] = _moved(report, edits)
        return report

    def total(self) -> int:
        return sum(len(report.findings) for report in self._reports.values())

    @staticmethod
    def _since(document: OpenDocument, edition: int) -> tuple[Edit, ...] | None:
        if document.edition - edition > len(document.recent):
            return None
        return tuple(edit for number, edits in document.recent if number > edition for edit in edits)


def _moved(report: Report, edits: Sequence[Edit]) -> Report:
    if not edits:
        return report

    def evidence(each: ShownEvidence) -> ShownEvidence:
        return replace(each, range=shifted(each.range, edits)) if each.uri == report.uri else each

    return replace(
        report,
        findings=tuple(
            replace(
                shown,
                range=shifted(shown.range, edits),
                evidence=tuple(evidence(each) for each in shown.evidence),
            )
            for shown in report.findings
        ),
        settings=tuple((shifted(place, edits), message) for place, message in report.settings),
        suppressions=tuple(replace(each, range=shifted(each.range, edits)) for each in report.suppressions),
    )
