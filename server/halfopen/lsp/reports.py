"""What an audit found in one file, placed in the lines and columns of the editor."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable

from lsprotocol import types

from halfopen.audit.engine import Auditor
from halfopen.audit.views import Located, LocatedEvidence, SuppressionFault
from halfopen.lsp.findings import Shown, ShownEvidence, ShownFault
from halfopen.source import ColumnUnit, SourceText


def shown_findings(
    auditor: Auditor, path: str, unit: ColumnUnit, uri_of: Callable[[str], str]
) -> tuple[Shown, ...]:
    """The findings of a file that are not suppressed, in the order of the file."""
    ranges: dict[str, Callable[[int, int], types.Range]] = {}

    def place(name: str, start: int, end: int) -> types.Range:
        if name not in ranges:
            text = auditor.text(name)
            ranges[name] = ranges_in(text, unit) if text else _nowhere
        return ranges[name](start, end)

    def evidence(each: LocatedEvidence) -> ShownEvidence:
        return ShownEvidence(uri_of(each.path), each.path, place(each.path, each.start, each.end), each.text)

    return tuple(
        Shown(
            key,
            located.finding,
            place(path, located.start, located.end),
            tuple(evidence(each) for each in located.evidence),
        )
        for key, located in keyed(auditor, path)
    )


def keyed(auditor: Auditor, path: str) -> list[tuple[str, Located]]:
    """The file's findings with keys that do not depend on where they stand."""
    seen: Counter[str] = Counter()
    result: list[tuple[str, Located]] = []
    for located in sorted(auditor.findings(path), key=lambda each: (each.start, each.end, each.finding.code)):
        if located.suppressed:
            continue
        finding = located.finding
        name = "\0".join((finding.code, path, finding.connection, finding.message))
        digest = hashlib.blake2s(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        result.append((f"{digest}.{seen[digest]}", located))
        seen[digest] += 1
    return result


def shown_faults(auditor: Auditor, path: str, unit: ColumnUnit) -> tuple[ShownFault, ...]:
    """The suppression comments of a file with something wrong."""
    keyed = keyed_faults(auditor, path)
    text = auditor.text(path) if keyed else None
    if text is None:
        return ()
    place = ranges_in(text, unit)
    return tuple(
        ShownFault(key, place(each.start, each.end), each.code, each.message, each.removal is not None)
        for key, each in keyed
    )


def keyed_faults(auditor: Auditor, path: str) -> list[tuple[str, SuppressionFault]]:
    """The same with keys that do not depend on where they stand."""
    seen: Counter[str] = Counter()
    result: list[tuple[str, SuppressionFault]] = []
    for each in auditor.suppression_faults(path):
        name = f"{each.code}: {each.message}"
        result.append((f"{name}#{seen[name]}", each))
        seen[name] += 1
    return result


def ranges_in(text: SourceText, unit: ColumnUnit) -> Callable[[int, int], types.Range]:
    """What makes ranges of the protocol from stretches of bytes of a text. Findings share places: each is made once."""
    starts = text.line_starts if unit is ColumnUnit.UTF8 or text.is_ascii else None
    positions: dict[int, types.Position] = {}

    def position(offset: int) -> types.Position:
        known = positions.get(offset)
        if known is not None:
            return known
        if starts is not None:
            line = bisect_right(starts, offset) - 1
            made = types.Position(line, offset - starts[line])
        else:
            place = text.position(offset, unit)
            made = types.Position(place.line, place.column)
        positions[offset] = made
        return made

    return lambda start, end: types.Range(position(start), position(end))


def _nowhere(start: int, end: int) -> types.Range:
    """The place in a file that cannot be read any more."""
    return types.Range(types.Position(0, 0), types.Position(0, 0))
