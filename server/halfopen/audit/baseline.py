"""The baseline: a file of findings that were there when a team began, and are not reported since.

An entry knows a finding by its identity (`audit.fingerprints`), not by its line. It still knows it where the
connection around it was renamed, or where the file was, as long as the finding's own lines stayed. A file
names paths from the folder that it lies in, so that it serves whatever directory is audited.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from halfopen.audit.fingerprints import Identity

MAX_BASELINE_BYTES = 50_000_000
VERSION = 1


class BaselineError(Exception):
    """A baseline that cannot be used; the message says why."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    path: str
    connection: str
    text: str
    count: int = Field(default=1, ge=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    baseline: int = Field(alias="halfopen-baseline", ge=VERSION, le=VERSION)
    findings: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted findings, each as often as it was there; their paths are relative to the audited root."""

    path: Path
    entries: tuple[tuple[Identity, int], ...]

    def known(
        self, found: Sequence[Identity], exists: Callable[[str], bool]
    ) -> tuple[list[bool], list[Identity]]:
        """Which of the findings are accepted, in their order, and the entries that none of them is."""
        left = Counter(dict(self.entries))
        result = [False] * len(found)
        ways: tuple[Callable[[Identity], object], ...] = (
            lambda each: each,
            lambda each: (each.code, each.path, each.text),
            lambda each: (each.code, each.text, each.connection),
        )
        for way, key in enumerate(ways):
            # The last way is for files that were renamed: the entry's own must be gone.
            usable = [each for each in left if left[each] and (way < 2 or not exists(each.path))]
            by_key: dict[object, list[Identity]] = {}
            for each in sorted(usable):
                by_key.setdefault(key(each), []).append(each)
            for position, each in enumerate(found):
                entries = by_key.get(key(each), [])
                entry = next((one for one in entries if left[one]), None)
                if not result[position] and entry is not None:
                    left[entry] -= 1
                    result[position] = True
        return result, sorted(left.elements())


def read_baseline(file: Path, root: Path) -> Baseline:
    """The baseline in a file, for an audit of a root. Raises BaselineError."""
    try:
        if file.stat().st_size > MAX_BASELINE_BYTES:
            raise BaselineError(f"is longer than {MAX_BASELINE_BYTES:,} bytes")
        content = _File.model_validate(json.loads(file.read_bytes()))
    except FileNotFoundError:
        raise BaselineError("there is no such file; halfopen audit --write-baseline makes it") from None
    except OSError as error:
        raise BaselineError(f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError, ValidationError):
        raise BaselineError("is no baseline that this version of halfopen wrote") from None
    folder, root = file.parent.resolve(), root.resolve()
    entries: Counter[Identity] = Counter()
    for each in content.findings:
        path = _relative(folder / each.path, root)
        entries[Identity(each.code, path, each.connection, each.text)] += each.count
    return Baseline(file, tuple(entries.items()))


def baseline_text(found: Iterable[Identity], root: Path, folder: Path) -> str:
    """The text of a baseline that accepts these findings, for a file in `folder`."""
    folder, root = folder.resolve(), root.resolve()
    counts: Counter[Identity] = Counter(found)
    findings: list[dict[str, object]] = []
    for each, count in sorted(counts.items(), key=lambda item: (item[0].path, item[0])):
        path = _relative(root / each.path, folder)
        entry: dict[str, object] = {
            "code": each.code,
            "path": path,
            "connection": each.connection,
            "text": each.text,
        }
        findings.append(entry | ({"count": count} if count > 1 else {}))
    document = {"halfopen-baseline": VERSION, "findings": findings}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _relative(path: Path, start: Path) -> str:
    return os.path.relpath(path, start).replace(os.sep, "/")
