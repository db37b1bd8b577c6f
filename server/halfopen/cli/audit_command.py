"""`halfopen audit`: from paths and options to a report and an exit status."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rich.console import Console

from halfopen.audit.engine import Auditor, Progress
from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.settings import load_settings
from halfopen.audit.views import Problem
from halfopen.cli.messages import CLEAN, FINDINGS, complain
from halfopen.cli.progress import progress_bar
from halfopen.cli.scope import Scope, ScopeError, scope_of
from halfopen.report.gather import gather
from halfopen.report.machine_formats import MACHINE_FORMATS, machine_text
from halfopen.report.result import AuditResult
from halfopen.report.text_output import problem_line, write_text
from halfopen.workspace.ahead import Ahead, spare_cores
from halfopen.workspace.extracts import ExtractCache, cache_of_user

_CACHE_WAIT_SECONDS = 2.0


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


def run_audit(paths: Sequence[Path], options: AuditOptions) -> int:
    """Audit the paths, write what is found, and give the exit status."""
    try:
        scope = scope_of(paths, Path.cwd())
    except ScopeError as error:
        return complain(*error.messages)
    if options.output is not None and not options.output.parent.is_dir():
        return complain(f"--output {options.output}: there is no directory {options.output.parent}")
    cache = cache_for(options.cache)
    with progress_bar(wanted=not options.quiet) as progress:
        result = audited(scope, cache, progress)
    result = dataclasses.replace(
        result,
        findings=tuple(each for each in result.findings if each.confidence >= options.min_confidence),
    )
    if options.output is None:
        _write(result, options, sys.stdout)
    else:
        try:
            with options.output.open("w", encoding="utf-8", errors="backslashreplace") as file:
                _write(result, options, file)
        except OSError as error:
            return complain(f"--output {options.output}: {error.strerror}")
    keep(cache)
    failing = any(finding.severity >= options.fail_on for finding in result.shown)
    return FINDINGS if failing and not options.exit_zero else CLEAN


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


def audited(scope: Scope, cache: ExtractCache | None = None, progress: Progress | None = None) -> AuditResult:
    """The audit of the scope with the settings of its root."""
    # Trees are built and kept until the process ends: collecting among them costs a third of the time.
    gc.disable()
    started = time.monotonic()
    settings, wrong = load_settings(scope.root)
    auditor = Auditor(scope.root, settings, scope.only, cache)
    try:
        auditor.refresh(progress)
    finally:
        if cache is not None:
            cache.finish_ahead()
    result = gather(auditor, scope.shown_root)
    notes = tuple(Problem(each.path, each.line, "settings", each.message) for each in wrong)
    return dataclasses.replace(
        result,
        seconds=time.monotonic() - started,
        problems=(*notes, *result.problems, *_left_out(scope, auditor, result)),
    )


def _left_out(scope: Scope, auditor: Auditor, result: AuditResult) -> tuple[Problem, ...]:
    """Files that were asked for by name and are not audited: silence would pass for a clean file."""
    known = {*auditor.files(), *(each.path for each in result.problems)}
    named = (path.relative_to(scope.root).as_posix() for path in scope.only if path.is_file())
    message = "not audited: left out by .gitignore or the settings, or not Python, TypeScript or JavaScript"
    return tuple(Problem(path, None, "unreadable", message) for path in named if path not in known)


def _write(result: AuditResult, options: AuditOptions, stream: TextIO) -> None:
    if options.output_format in MACHINE_FORMATS:
        if isinstance(stream, io.TextIOWrapper):
            # They are UTF-8 whatever the terminal's encoding; a lone surrogate becomes JSON's own escape.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        stream.write(machine_text(options.output_format, result))
        if not options.quiet:
            complain(*(problem_line(each) for each in result.problems))
        return
    if options.output_format in ("markdown", "html"):
        _write_report(result, options, stream)
        return
    console = Console(file=stream, highlight=False, force_terminal=None if stream is sys.stdout else False)
    write_text(result, console, quiet=options.quiet)


def _write_report(result: AuditResult, options: AuditOptions, stream: TextIO) -> None:
    """The full report; UTF-8 as its readers expect, whatever the terminal's encoding."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if options.output_format == "html":
        from halfopen.report.html.output import write_html

        stream.write(write_html(result))
    else:
        from halfopen.report.markdown_output import write_markdown

        stream.write(write_markdown(result))
