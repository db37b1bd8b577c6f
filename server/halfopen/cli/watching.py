"""`halfopen audit --watch`: audit again whenever a file changes, until Ctrl-C."""

from __future__ import annotations

import gc
import itertools
import sys
import time
from dataclasses import replace
from pathlib import Path

import watchfiles

from halfopen.audit.engine import Auditor
from halfopen.audit.settings_tree import SettingsTree, is_settings_file, load_tree, stamp_above
from halfopen.cli.audit_command import AuditOptions, first_refresh, reported, sure_enough
from halfopen.cli.chosen_rules import with_choice
from halfopen.cli.messages import CLEAN
from halfopen.cli.progress import progress_bar
from halfopen.cli.scope import Scope
from halfopen.cli.writing import write_result
from halfopen.workspace.extracts import ExtractCache

IDLE_MILLISECONDS = 300
"""How long the watcher rests between two looks at what it was told."""

CLEAR_SCREEN = "\x1b[2J\x1b[3J\x1b[H"


def watch(scope: Scope, tree: SettingsTree, cache: ExtractCache, options: AuditOptions) -> int:
    """Audit, and again after each change; only what a change touched is done anew. Ctrl-C ends it with 0."""
    auditor = Auditor(scope.root, tree, scope.only, cache)
    try:
        changes = watchfiles.watch(
            scope.root,
            watch_filter=_Filter(options.output),
            debounce=200,
            rust_timeout=IDLE_MILLISECONDS,
            yield_on_timeout=True,
            raise_interrupt=True,
        )
        # Watching begins with the first look; what changes during the first audit is then told after it.
        first = next(changes)
        gc.disable()
        with progress_bar(wanted=not options.quiet) as progress:
            first_refresh(auditor, cache, progress)
        _show(auditor, scope, options)
        # What the first pass built stays; what comes and goes with changes is collected.
        gc.freeze()
        gc.enable()
        cache.write()
        for batch in itertools.chain([first], changes):
            above = stamp_above(scope.root) != auditor.tree.above
            if not batch and not above:
                continue
            paths = {Path(path).relative_to(scope.root).as_posix() for _, path in batch}
            if above or any(is_settings_file(path) for path in paths):
                auditor.reconfigure(
                    with_choice(
                        load_tree(scope.root), scope.root, options.select, options.ignore, options.baseline
                    )
                )
            auditor.touched(paths)
            _show(auditor, scope, options)
    except KeyboardInterrupt:
        return CLEAN
    finally:
        cache.close()
    return CLEAN


class _Filter(watchfiles.DefaultFilter):
    """All that an audit may read, but not what it writes itself."""

    def __init__(self, output: Path | None) -> None:
        super().__init__(ignore_paths=[output.resolve()] if output is not None else None)


def _show(auditor: Auditor, scope: Scope, options: AuditOptions) -> None:
    started = time.monotonic()
    auditor.refresh()
    result = sure_enough(reported(auditor, scope, options.since), options.min_confidence)
    result = replace(result, seconds=time.monotonic() - started)
    if options.output is None and sys.stdout.isatty():
        sys.stdout.write(CLEAR_SCREEN)
    write_result(
        result, options.output_format, options.output, quiet=options.quiet, statistics=options.statistics
    )
    if options.output is None and options.output_format == "text" and not options.quiet:
        sys.stdout.write("Watching for changes; Ctrl-C ends it.\n")
    sys.stdout.flush()
