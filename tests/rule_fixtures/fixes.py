"""Every fix that the fixtures' findings offer, and what each makes of its workspace."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from halfopen.audit.engine import Auditor
from halfopen.audit.finding import Fix
from halfopen.audit.views import Located
from halfopen.edits.changes import apply
from halfopen.source import Language, language_of, parse, syntax_problems

from .workspaces import Workspace, auditor_of


@dataclass(frozen=True, slots=True)
class Applied:
    """A workspace with one fix of one finding applied to its files on disk."""

    workspace: Workspace
    auditor: Auditor
    located: Located
    fix: Fix
    root: Path
    before: dict[str, bytes]
    after: dict[str, bytes]

    @property
    def name(self) -> str:
        return f"{self.workspace.name}: {self.fix.title}"


def applied_fixes(workspace: Workspace, root: Path) -> Iterator[Applied]:
    """Each fix of each finding of the fixture's own rule, in a fresh copy of the workspace."""
    first = auditor_of(workspace.copy_to(root / "unfixed"))
    for index, located in enumerate(_own(first, workspace)):
        for number in range(len(located.finding.fixes)):
            yield _apply(workspace, root / f"fixed-{index}-{number}", index, number)


def _own(auditor: Auditor, workspace: Workspace) -> list[Located]:
    return [each for each in auditor.findings() if each.finding.code == workspace.code]


def _apply(workspace: Workspace, root: Path, index: int, number: int) -> Applied:
    auditor = auditor_of(workspace.copy_to(root))
    located = _own(auditor, workspace)[index]
    fix = located.finding.fixes[number]
    before = {path: (root / path).read_bytes() for path in workspace.files()}
    after = dict(before)
    for path, changes in auditor.changes(located, fix).items():
        after[path] = apply(before.get(path, b""), changes)
        (root / path).write_bytes(after[path])
    return Applied(workspace, auditor, located, fix, root, before, after)


def comments(path: str, data: bytes) -> Counter[str]:
    """The comments of a file, each with how often it stands there."""
    language = language_of(path)
    if language is None:
        return Counter()
    if language is Language.PYTHON:
        tokens = tokenize.tokenize(io.BytesIO(data).readline)
        return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
    found: Counter[str] = Counter()
    stack = [parse(data, language).root_node]
    while stack:
        node = stack.pop()
        if node.type == "comment":
            found[data[node.start_byte : node.end_byte].decode()] += 1
        stack.extend(node.children)
    return found


def reads_well(path: str, data: bytes) -> bool:
    """Whether a file parses: Python by its own compiler, the rest by tree-sitter."""
    language = language_of(path)
    if language is None:
        return True
    if language is Language.PYTHON:
        try:
            compile(data, path, "exec", dont_inherit=True)
        except SyntaxError:
            return False
        return True
    return not syntax_problems(parse(data, language))
