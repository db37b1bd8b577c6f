"""`halfopen audit`: from paths and options to a report and an exit status."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from halfopen.audit.engine import Auditor, Progress
from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.settings_tree import SettingsTree, load_tree
from halfopen.audit.views import Problem
from halfopen.cli.chosen_rules import with_choice
from halfopen.cli.messages import CLEAN, FINDINGS, CommandError, complain
from halfopen.cli.progress import progress_bar
from halfopen.cli.scope import Scope, scope_of, scope_of_text
from halfopen.cli.writing import write_result
from halfopen.report.gather import gather
from halfopen.report.result import AuditResult, ReportedFinding
from halfopen.workspace.ahead import Ahead, spare_cores
from halfopen.workspace.extracts import ExtractCache, cache_of_user

_CACHE_WAIT_SECONDS = 2.0

STDIN = Path("-")
"""The path that stands for standard input."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """The options of the command."""

    output_format: str
    output: Path | None
    fail_on: Severity
    min_confidence: Confidence
    exit_zero: bool
    quiet: bool
    cache: bool = True
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: Path | None = None
    write_baseline: Path | None = None
    since: str | None = None
    statistics: bool = False
    stdin_filename: Path | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    watch: bool = False
    show_settings: bool = False
    show_files: bool = False


def run_audit(paths: Sequence[Path], options: AuditOptions) -> int:
    """Audit the paths, do what the options say, and give the exit status."""
    try:
        return _run(paths, options)
    except CommandError as error:
        return complain(*error.messages)


def _run(paths: Sequence[Path], options: AuditOptions) -> int:
    from_stdin = tuple(paths) == (STDIN,)
    scope = scope_of_text(options.stdin_filename, Path.cwd()) if from_stdin else scope_of(paths, Path.cwd())
    tree = with_choice(load_tree(scope.root), scope.root, options.select, options.ignore, options.baseline)
    if options.show_settings:
        from halfopen.cli.showing import show_settings

        return show_settings(tree)
    if options.show_files:
        from halfopen.cli.showing import show_files

        return show_files(Auditor(scope.root, tree, scope.only), scope)
    cache = cache_for(options.cache)
    if options.watch:
        from halfopen.cli.watching import watch

        return watch(scope, tree, cache, options)
    text = _standard_input() if from_stdin else None
    for name, file in (("--output", options.output), ("--write-baseline", options.write_baseline)):
        if file is not None and not file.parent.is_dir():
            raise CommandError(f"{name} {file}: there is no directory {file.parent}")
    if options.fix or options.unsafe_fixes or options.diff:
        from halfopen.cli.fixing import fix_files

        return fix_files(scope, tree, cache, options, text)
    with progress_bar(wanted=not options.quiet) as progress:
        result = audited(
            scope, cache, progress, tree=tree, prepare=standing_for(scope, text), since=options.since
        )
    if options.write_baseline is not None:
        keep(cache)
        return _write_baseline(result, options.write_baseline, scope)
    return finish(result, options, cache)


def finish(result: AuditResult, options: AuditOptions, cache: ExtractCache) -> int:
    """Write a result as the options have it, and give the exit status."""
    result = sure_enough(result, options.min_confidence)
    write_result(
        result, options.output_format, options.output, quiet=options.quiet, statistics=options.statistics
    )
    keep(cache)
    failing = any(finding.severity >= options.fail_on for finding in result.shown)
    return FINDINGS if failing and not options.exit_zero else CLEAN


def sure_enough(result: AuditResult, least: Confidence) -> AuditResult:
    """The result without the findings that are less sure."""
    return dataclasses.replace(
        result, findings=tuple(each for each in result.findings if each.confidence >= least)
    )


def cache_for(wanted: bool) -> ExtractCache:
    """The user's cache of what files gave; one that keeps nothing where none is wanted."""
    workers = spare_cores()
    ahead = Ahead(workers) if workers else None
    return cache_of_user(_CACHE_WAIT_SECONDS, ahead) if wanted else ExtractCache(ahead=ahead)


def keep(cache: ExtractCache) -> None:
    """Write what was read anew, once the person has the answer."""
    with contextlib.suppress(OSError):  # whoever reads the output may have left
        sys.stdout.flush()
    cache.write()
    cache.close()


def audited(
    scope: Scope,
    cache: ExtractCache | None = None,
    progress: Progress | None = None,
    *,
    tree: SettingsTree | None = None,
    prepare: Callable[[Auditor], object] | None = None,
    since: str | None = None,
) -> AuditResult:
    """The audit of the scope with the settings of its files.

    `prepare` is called with the auditor before it reads anything. `since` leaves findings on code that
    changed since a revision. Raises CommandError.
    """
    # Trees are built and kept until the process ends: collecting among them costs a third of the time.
    gc.disable()
    started = time.monotonic()
    tree = tree if tree is not None else load_tree(scope.root)
    auditor = Auditor(scope.root, tree, scope.only, cache)
    if prepare is not None:
        prepare(auditor)
    first_refresh(auditor, cache, progress)
    return dataclasses.replace(reported(auditor, scope, since), seconds=time.monotonic() - started)


def first_refresh(auditor: Auditor, cache: ExtractCache | None, progress: Progress | None) -> None:
    """The first pass over all files, on every core that is free."""
    try:
        auditor.refresh(progress)
    finally:
        if cache is not None:
            cache.finish_ahead()


def reported(auditor: Auditor, scope: Scope, since: str | None = None) -> AuditResult:
    """What the auditor found at its last refresh, with all there is to say of the input."""
    result = gather(auditor, scope.shown_root)
    notes = tuple(Problem(each.path, each.line, "settings", each.message) for each in auditor.tree.problems)
    result = dataclasses.replace(
        result, problems=(*notes, *result.problems, *_left_out(scope, auditor, result))
    )
    if since is None:
        return result
    from halfopen.cli.changed_code import changed_since

    changed = changed_since(since, scope.root)
    touched = tuple(each for each in result.findings if _is_on(each, changed.holds))
    return dataclasses.replace(result, findings=touched, judged=result.findings)


def _is_on(finding: ReportedFinding, holds: Callable[[str, int, int], bool]) -> bool:
    """Whether the finding or what explains it stands on certain lines."""
    places = (finding.place, *(each.place for each in finding.evidence))
    return any(holds(each.path, each.line, each.end_line) for each in places)


def standing_for(scope: Scope, text: bytes | None) -> Callable[[Auditor], object] | None:
    """What has an auditor take the text from standard input for the file that it stands for."""
    if text is None:
        return None
    from halfopen.source import Document, NotUtf8, SourceText, language_of

    path = scope.only[0].relative_to(scope.root).as_posix()
    language = language_of(path)
    if language is None:
        raise CommandError(f"--stdin-filename {path}: not Python, TypeScript or JavaScript")
    try:
        document = Document(SourceText.from_bytes(text), language)
    except NotUtf8 as error:
        raise CommandError(f"-: line {error.line + 1} is not UTF-8") from None
    return lambda auditor: auditor.open(path, document)


def _standard_input() -> bytes:
    return sys.stdin.buffer.read()


def _write_baseline(result: AuditResult, file: Path, scope: Scope) -> int:
    """Write what is found to a baseline; the status is 0 then, whatever it is."""
    from halfopen.audit.baseline import baseline_text

    found = [each.identity for each in result.findings if each.identity is not None and _is_open(each)]
    try:
        file.write_text(baseline_text(found, scope.root, file.parent), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"--write-baseline {file}: {error.strerror}") from None
    count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
    sys.stdout.write(f"{count} written to {file}\n")
    return CLEAN


def _left_out(scope: Scope, auditor: Auditor, result: AuditResult) -> tuple[Problem, ...]:
    """Files that were asked for by name and are not audited: silence would pass for a clean file."""
    known = {*auditor.files(), *(each.path for each in result.problems)}
    named = (path.relative_to(scope.root).as_posix() for path in scope.only if path.is_file())
    message = "not audited: left out by .gitignore or the settings, or not Python, TypeScript or JavaScript"
    return tuple(Problem(path, None, "unreadable", message) for path in named if path not in known)


def _is_open(finding: ReportedFinding) -> bool:
    """Whether no comment accepts the finding: what the old baseline knows goes into the new one."""
    return finding.suppression is None or finding.suppression.kind == "baseline"
