"""What names a finding when its lines have moved: what stands there, not where.

A fingerprint is made of the rule's code, the file, the text of the finding's lines without regard to
blanks, the connection's name, and a number where all of these occur again, in the order of the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from halfopen.audit.views import Located
from halfopen.source import SourceText

DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What a finding is, wherever it stands. `text` is a digest of its lines: code may hold secrets."""

    code: str
    path: str
    connection: str
    text: str


def identity(located: Located, text: SourceText | None, connection: str) -> Identity:
    """The identity of a finding in the text of its file; `connection` is the connection's name."""
    return Identity(located.finding.code, located.path, connection, _digest(_lines(located, text)))


def identities(
    found: Iterable[Located], text_of: Callable[[str], SourceText | None], names: Mapping[str, str]
) -> list[Identity]:
    """The identity of each finding, in their order; `names` are the connections' by id."""
    return [
        identity(each, text_of(each.path), names.get(each.finding.connection, each.finding.connection))
        for each in found
    ]


def fingerprints(identified: Iterable[Identity]) -> list[str]:
    """The fingerprint of each finding, in their order."""
    seen: Counter[Identity] = Counter()
    result: list[str] = []
    for one in identified:
        result.append(_digest("\0".join((one.code, one.path, one.connection, one.text, str(seen[one])))))
        seen[one] += 1
    return result


def _lines(located: Located, text: SourceText | None) -> str:
    if text is None:
        return ""
    first, last = text.point(located.start).line, text.point(max(located.start, located.end)).line
    return " ".join(" ".join(text.line_text(line).split()) for line in range(first, last + 1))


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).hexdigest()
