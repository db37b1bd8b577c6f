"""A progress bar for long audits, on standard error, and only where a person watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from halfopen.audit.engine import Progress

PATIENCE_SECONDS = 0.5
"""A shorter audit shows no bar: it would only flicker."""

PATH_CELLS = 32
"""How much of the end of a path is shown: the bar fits 80 columns."""


@contextmanager
def progress_bar(wanted: bool) -> Generator[Progress | None]:
    """Gives what to call as files are done, or None where no bar is wanted. The bar goes at the end."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        yield _reporter(stack, time.monotonic() + PATIENCE_SECONDS)


def _reporter(stack: ExitStack, shown_from: float) -> Progress:
    show: Progress | None = None

    def report(done: int, total: int, path: str) -> None:
        nonlocal show
        if show is None:
            if time.monotonic() < shown_from:
                return
            show = _bar(stack, total)
        show(done, total, path)

    return report


def _bar(stack: ExitStack, total: int) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    from halfopen.report.printable import one_line

    bar = Bar(
        TextColumn("Auditing"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[path]}", style="dim", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("audit", total=total, path="")
    stack.enter_context(bar)

    def show(done: int, total: int, path: str) -> None:
        bar.update(task, completed=done, total=total, path=one_line(path)[-PATH_CELLS:])

    return show
