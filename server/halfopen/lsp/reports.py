"""What an audit found in one file, placed in the lines and columns of the editor."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable

from lsprotocol import types

from halfopen.audit.engine import Auditor, Located, LocatedEvidence
from halfopen.lsp.findings import Shown, ShownEvidence
from halfopen.source import ColumnUnit, SourceText

NOWHERE = types.Range(types.Position(0, 0), types.Position(0, 0))


def shown_findings(
    auditor: Auditor, path: str, unit: ColumnUnit, uri_of: Callable[[str], str]
) -> tuple[Shown, ...]:
    """The findings of a file that are not suppressed, in the order of the file."""
    text = auditor.text(path)
    if text is None:
        return ()
    return tuple(
        Shown(
            key,
            located.finding,
            range_of(text, located.start, located.end, unit),
            tuple(_evidence(auditor, each, unit, uri_of) for each in located.evidence),
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


def range_of(text: SourceText, start: int, end: int, unit: ColumnUnit) -> types.Range:
    """A stretch of bytes as a range of the protocol."""
    return types.Range(_position(text, start, unit), _position(text, end, unit))


def _position(text: SourceText, offset: int, unit: ColumnUnit) -> types.Position:
    position = text.position(offset, unit)
    return types.Position(position.line, position.column)


def _evidence(
    auditor: Auditor, evidence: LocatedEvidence, unit: ColumnUnit, uri_of: Callable[[str], str]
) -> ShownEvidence:
    text = auditor.text(evidence.path)
    place = range_of(text, evidence.start, evidence.end, unit) if text else NOWHERE
    return ShownEvidence(uri_of(evidence.path), evidence.path, place, evidence.text)
