"""The patches in fixtures/docflow/flaws: what each says in front of its diff, and docflow with one of them applied."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .test_docflow import DOCFLOW

FLAWS = DOCFLOW / "flaws"
_LINE = re.compile(r"# (forgotten|expect|follows|told by): (.+)")
_FINDING = re.compile(r"(WS\d\w) (\S+?)( \(low confidence\))?: (.+)")
_CHANGED = re.compile(r"^(?:\+\+\+ b|--- a)/(\S+)", re.MULTILINE)
_LEFT_OUT = ("node_modules", "dist", "flaws", "__pycache__", ".pytest_cache", ".ruff_cache", "test-results")


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """A finding as a patch names it: its line by the text, which other changes of the file leave alone."""

    code: str
    path: str
    text: str
    is_low: bool


@dataclass(frozen=True, slots=True)
class Flaw:
    patch: Path
    forgotten: str
    expected: tuple[Expected, ...]
    follows: tuple[Expected, ...]
    told_by: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.patch.stem

    @property
    def code(self) -> str:
        return self.name.split("-")[0]

    @property
    def side(self) -> str:
        return self.name.split("-")[1]

    def telling(self, side: str) -> list[str]:
        """Its telling tests of docflow's backend or frontend, as paths from there."""
        return [each.removeprefix(f"{side}/") for each in self.told_by if each.startswith(f"{side}/")]


def _read(patch: Path) -> Flaw:
    header, _, diff = patch.read_text(encoding="utf-8").partition("\n\n")
    said: dict[str, list[str]] = {"forgotten": [], "expect": [], "follows": [], "told by": []}
    for line in header.splitlines():
        match = _LINE.fullmatch(line)
        assert match is not None, f"{patch.name}: {line}"
        said[match[1]].append(match[2])
    assert len(said["forgotten"]) == 1, f"{patch.name} says in one line what was forgotten"
    return Flaw(
        patch,
        said["forgotten"][0],
        tuple(map(_expected, said["expect"])),
        tuple(map(_expected, said["follows"])),
        tuple(said["told by"]),
        tuple(dict.fromkeys(_CHANGED.findall(diff))),
    )


def _expected(line: str) -> Expected:
    match = _FINDING.fullmatch(line)
    assert match is not None, line
    return Expected(match[1], match[2], match[4], match[3] is not None)


ALL = [_read(patch) for patch in sorted(FLAWS.glob("*.patch"))]


def copy_of_docflow(target: Path) -> Path:
    shutil.copytree(DOCFLOW, target, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    return target


def apply(flaw: Flaw, root: Path, *options: str) -> None:
    """`git apply`: outside of a repository it works on the files alone."""
    command = ["git", "apply", *options, str(flaw.patch)]
    environment = {"GIT_CEILING_DIRECTORIES": str(root.parent), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{flaw.patch.name} does not apply:\n{done.stderr}"
