"""The fixtures of the rules as small workspaces, what they expect, and what the audit says of them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Confidence, Finding
from halfopen.audit.settings import Settings
from halfopen.audit.views import Located

RULES = Path(__file__).parents[2] / "fixtures" / "rules"
SIDES = {"server": "python", "client": "react"}
"""The folder of each side's fixtures."""

CODE = re.compile(r"WS[1-8][A-Z]")
_EXPECT = re.compile(r"(?:#|//|/\*)\s*expect(?P<low>-low)?:\s*(?P<codes>[\w, ]+?)\s*(?:\*/\s*\}?)?\s*$")
_IGNORED = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """One finding as a fixture writes it. `line` counts from 1."""

    path: str
    line: int
    code: str
    low: bool


@dataclass(frozen=True, slots=True)
class Workspace:
    """One fixture: a file, or a folder of files."""

    code: str
    folder: str
    source: Path

    @property
    def name(self) -> str:
        return f"{self.code}/{self.folder}/{self.source.name}"

    @property
    def is_bad(self) -> bool:
        return self.source.name.startswith("bad_")

    def files(self) -> dict[str, str]:
        """The text of each file by its path in the workspace."""
        if self.source.is_file():
            return {self.source.name: self.source.read_text(encoding="utf-8")}
        return {
            path.relative_to(self.source).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(self.source.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }

    def expected(self) -> list[Expected]:
        """What the comments of the files expect. Raises ValueError for a code that cannot be one."""
        return sorted(
            Expected(path, number, code, bool(match["low"]))
            for path, text in self.files().items()
            for number, line in enumerate(text.splitlines(), 1)
            if (match := _EXPECT.search(line))
            for code in _codes(match["codes"])
        )

    def copy_to(self, root: Path) -> Path:
        """The workspace as a directory of its own."""
        if self.source.is_dir():
            shutil.copytree(self.source, root, dirs_exist_ok=True, ignore=_IGNORED)
        else:
            root.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.source, root)
        return root


def _codes(text: str) -> Iterator[str]:
    for code in re.split(r"[,\s]+", text.strip()):
        if not CODE.fullmatch(code):
            raise ValueError(f"{code!r} is not the code of a rule")
        yield code


def workspaces() -> list[Workspace]:
    """Every fixture of every rule."""
    return [
        Workspace(rule.name, side.name, source)
        for rule in sorted(RULES.iterdir())
        if rule.is_dir()
        for side in sorted(rule.iterdir())
        if side.is_dir()
        for source in sorted(side.iterdir())
        if source.name != "__pycache__"
    ]


def auditor_of(root: Path) -> Auditor:
    """The finished audit of a directory."""
    auditor = Auditor(root, Settings())
    auditor.refresh()
    return auditor


def line_of(auditor: Auditor, located: Located) -> int:
    """The line that a finding starts on, counted from 1."""
    text = auditor.text(located.path)
    assert text is not None, f"{located.path} has a finding and no text"
    return text.point(located.start).line + 1


def reported(auditor: Auditor) -> list[Expected]:
    """The audit's findings, in the fixtures' terms."""
    return sorted(
        Expected(
            each.path,
            line_of(auditor, each),
            each.finding.code,
            each.finding.confidence is Confidence.LOW,
        )
        for each in auditor.findings()
        if not each.suppressed
    )


def findings_of(fixture: str, root: Path) -> list[Finding]:
    """What the rule of a fixture ("WS1A/react/bad_...") finds on the side that it is of."""
    code = fixture.partition("/")[0]
    workspace = next(
        each for each in workspaces() if each.name.rpartition(".")[0] == fixture or each.name == fixture
    )
    side = "client" if workspace.folder == "react" else "server"
    auditor = auditor_of(workspace.copy_to(root))
    sides = {each.connection.id: each.connection.side for each in auditor.dossiers()}
    return [
        each.finding
        for each in auditor.findings()
        if each.finding.code == code and sides[each.finding.connection] == side
    ]
