"""Which lines changed since a revision, as git says. Only the command runs git; the language server never does.

Compared with the merge base: what others did on the other branch since then is no change of this one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from halfopen.cli.messages import CommandError

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_QUOTED = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}

# What a repository's own settings could have git run, or print in another form.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=off", "-c", "diff.noprefix=false")


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """The changed lines, from 1, of files by their paths relative to the audited root; None for all of a file."""

    files: Mapping[str, tuple[tuple[int, int], ...] | None]

    def holds(self, path: str, first: int, last: int) -> bool:
        """Whether one of the lines from first to last changed."""
        if path not in self.files:
            return False
        ranges = self.files[path]
        return ranges is None or any(start <= last and first <= end for start, end in ranges)


def changed_since(revision: str, root: Path) -> ChangedLines:
    """The lines below a root that changed since a revision, saved or not committed. Raises CommandError."""
    if shutil.which("git") is None:
        raise CommandError(f"--since {revision}: git is not on the PATH")
    if revision.startswith("-"):
        raise CommandError(f"--since {revision}: is no revision")
    inside = _git(root, "rev-parse", "--is-inside-work-tree")
    if inside.returncode != 0 or inside.stdout.strip() != b"true":
        raise CommandError(f"--since {revision}: {root} is in no git repository")
    if _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").returncode != 0:
        shallow = _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        hint = " (the clone is shallow: fetch more of its history)" if shallow else ""
        raise CommandError(f'--since {revision}: git knows no revision "{revision}"{hint}')
    base = _git(root, "merge-base", revision, "HEAD").stdout.decode().strip() or revision
    diff = _git(
        root, "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
        "--relative", "--src-prefix=a/", "--dst-prefix=b/", base, "--", ".",
    )  # fmt: skip
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    for done in (diff, untracked):
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
            raise CommandError(f"--since {revision}: {said[-1]}")
    files: dict[str, tuple[tuple[int, int], ...] | None] = dict(_parsed(diff.stdout))
    files |= {each.decode("utf-8", "surrogateescape"): None for each in untracked.stdout.split(b"\0") if each}
    return ChangedLines(files)


def _parsed(diff: bytes) -> Mapping[str, tuple[tuple[int, int], ...]]:
    files: dict[str, tuple[tuple[int, int], ...]] = {}
    path: str | None = None
    in_header = False
    for line in diff.split(b"\n"):
        if line.startswith(b"diff --git "):
            path, in_header = None, True
        elif in_header and line.startswith(b"+++ "):
            path = _path(line[4:])
        elif path is not None and (hunk := _HUNK.match(line.decode("utf-8", "replace"))):
            in_header = False
            start, count = int(hunk[1]), int(hunk[2] or 1)
            # Where lines went, those beside the gap changed what stands around them.
            lines = (start, start + count - 1) if count else (max(1, start), start + 1)
            files[path] = (*files.get(path, ()), lines)
    return files


def _path(name: bytes) -> str | None:
    if name.startswith(b'"'):
        name = _QUOTED.sub(_unescaped, name.strip(b'"'))
    name = name.rstrip(b"\t\r")
    return name[2:].decode("utf-8", "surrogateescape") if name.startswith(b"b/") else None


def _unescaped(match: re.Match[bytes]) -> bytes:
    said = match[1]
    return bytes([int(said, 8)]) if len(said) == 3 else _ESCAPES.get(said, said)


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", *_SAFE, *arguments],
        cwd=root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
