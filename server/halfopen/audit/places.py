"""Where findings and their evidence stand in the files as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from halfopen.audit.finding import Confidence, Finding
from halfopen.audit.views import Located, LocatedEvidence
from halfopen.connections.facts import Evidence, Place
from halfopen.semantics.scripts import file_of
from halfopen.semantics.unit import Span
from halfopen.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Stood:
    """Where some findings stood when last looked at, and the files that they stand in as these were."""

    findings: tuple[Finding, ...]
    located: tuple[Located, ...]
    states: tuple[tuple[str, object], ...]


class Places:
    """The places of a workspace. Those in files that did not change are not looked for again."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stood: dict[int, _Stood] = {}

    def of(self, found: Iterable[tuple[int, tuple[Finding, ...]]]) -> dict[str, list[Located]]:
        """Findings by the path of their file, each at its place; those whose code is gone are left out.

        They come in groups, each with a number by which it is known again as long as it is the same object.
        """
        by_path: dict[str, list[Located]] = {}
        before, self._stood = self._stood, {}
        for number, findings in found:
            stood = before.get(number)
            if stood is None or stood.findings is not findings or not self._stands(stood):
                stood = self._locate(findings)
            self._stood[number] = stood
            for located in stood.located:
                by_path.setdefault(located.path, []).append(located)
        return by_path

    def evidence(self, evidence: Iterable[Evidence]) -> tuple[LocatedEvidence, ...]:
        """Evidence with its current places; what is gone from the code is left out."""
        found: list[LocatedEvidence] = []
        for each in evidence:
            place = self.range_of(each.place)
            if place is not None:
                found.append(LocatedEvidence(each.place.path, place[0], place[1], each.text))
        return tuple(found)

    def range_of(self, place: Place) -> tuple[int, int] | None:
        """Its absolute byte range in the file's current text; a line is taken without its indentation."""
        if isinstance(place, Span):
            return self._workspace.locate(place)
        text = self._workspace.text(place.path)
        if text is None or not 1 <= place.line <= text.line_count:
            return None
        start, end = text.line_range(place.line - 1)
        line = text.data[start:end]
        return end - len(line.lstrip()), start + len(line.rstrip())

    def _locate(self, findings: tuple[Finding, ...]) -> _Stood:
        located: list[Located] = []
        paths: dict[str, None] = {}
        for finding in findings:
            paths[finding.span.path] = None
            paths.update((each.place.path, None) for each in finding.evidence)
            place = self.range_of(finding.span)
            if place is not None:
                evidence = self.evidence(finding.evidence)
                located.append(Located(finding, finding.span.path, place[0], place[1], evidence))
        return _Stood(findings, tuple(located), tuple((path, self._state_of(path)) for path in paths))

    def _stands(self, stood: _Stood) -> bool:
        return all(self._state_of(path) is state for path, state in stood.states)

    def _state_of(self, path: str) -> object:
        """What is another object after each change of a file."""
        return self._workspace.program.loaded(file_of(path)) or self._workspace.text(path)


def one_for_each_cause(found: Sequence[Located]) -> Iterator[Located]:
    """In the order of places; connections that share the faulty code share its finding, the gravest of them.

    One of low confidence stands behind the others: whether it holds at all is open.
    """
    by_cause: dict[tuple[int, str], Located] = {}

    def rank(each: Located) -> tuple[bool, int, int, str]:
        finding = each.finding
        doubtful = finding.confidence is Confidence.LOW
        return doubtful, -finding.severity, -finding.confidence, finding.message

    for each in sorted(found, key=rank):
        by_cause.setdefault((each.start, each.finding.code), each)
    for cause in sorted(by_cause):
        yield by_cause[cause]
