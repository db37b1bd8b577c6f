"""`halfopen audit --fix` and `--diff`: the fixes of all findings made at once, or shown."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from halfopen.audit.engine import Auditor
from halfopen.audit.fixing import Fixed, fixed_texts
from halfopen.audit.settings_tree import SettingsTree
from halfopen.cli.audit_command import AuditOptions, finish, first_refresh, keep, reported, standing_for
from halfopen.cli.messages import CLEAN, FINDINGS, CommandError, complain
from halfopen.cli.progress import progress_bar
from halfopen.cli.scope import Scope
from halfopen.cli.writing import utf8
from halfopen.workspace.extracts import ExtractCache


def fix_files(
    scope: Scope, tree: SettingsTree, cache: ExtractCache, options: AuditOptions, text: bytes | None
) -> int:
    """Make the fixes, report what is left, and give the exit status. With `--diff` nothing is written."""
    auditor = Auditor(scope.root, tree, scope.only, cache)
    if prepare := standing_for(scope, text):
        prepare(auditor)
    with progress_bar(wanted=not options.quiet) as progress:
        first_refresh(auditor, cache, progress)
    fixed = fixed_texts(auditor, unsafe=options.unsafe_fixes)
    if options.diff:
        return _show(fixed, scope, cache)
    if text is not None:
        return _pass_on(fixed, scope, text, cache)
    for path, (_, after) in sorted(fixed.texts.items()):
        try:
            (scope.root / path).write_bytes(after)
        except OSError as error:
            raise CommandError(f"{path}: cannot be written: {error.strerror}") from None
    if not options.quiet:
        fixes = "1 fix" if fixed.count == 1 else f"{fixed.count} fixes"
        files = "1 file" if len(fixed.texts) == 1 else f"{len(fixed.texts)} files"
        complain(f"{fixes} made in {files}" if fixed.count else "no fix could be made")
    return finish(reported(auditor, scope, options.since), options, cache)


def _show(fixed: Fixed, scope: Scope, cache: ExtractCache) -> int:
    utf8(sys.stdout)
    for path, (before, after) in sorted(fixed.texts.items()):
        name = Path(scope.shown_root, path).as_posix()
        lines = difflib.unified_diff(
            (before or b"").decode("utf-8", "replace").splitlines(keepends=True),
            after.decode("utf-8", "replace").splitlines(keepends=True),
            "/dev/null" if before is None else f"a/{name}",
            f"b/{name}",
        )
        for line in lines:
            sys.stdout.write(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    keep(cache)
    return FINDINGS if fixed.texts else CLEAN


def _pass_on(fixed: Fixed, scope: Scope, text: bytes, cache: ExtractCache) -> int:
    """Write the fixed text of standard input to standard output."""
    path = scope.only[0].relative_to(scope.root).as_posix()
    others = sorted(fixed.texts.keys() - {path})
    if others:
        raise CommandError(
            f"the fixes of standard input reach into {', '.join(others)}: fix the files themselves"
        )
    sys.stdout.buffer.write(fixed.texts[path][1] if path in fixed.texts else text)
    keep(cache)
    return CLEAN
