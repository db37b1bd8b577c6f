"""Writing what an audit found, in the format that was asked for, to the terminal or to a file."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TextIO

from rich.console import Console

from halfopen.cli.messages import CommandError, complain
from halfopen.report.machine_formats import MACHINE_FORMATS, machine_text
from halfopen.report.result import AuditResult
from halfopen.report.statistics import statistics_json, write_statistics
from halfopen.report.text_output import problem_line, write_text


def write_result(
    result: AuditResult, output_format: str, output: Path | None, *, quiet: bool, statistics: bool
) -> None:
    """Write a result. Raises CommandError where the file cannot be written."""
    if output is None:
        _write(result, output_format, sys.stdout, quiet=quiet, statistics=statistics)
        return
    try:
        with output.open("w", encoding="utf-8", errors="backslashreplace") as file:
            _write(result, output_format, file, quiet=quiet, statistics=statistics)
    except OSError as error:
        raise CommandError(f"--output {output}: {error.strerror}") from None


def _write(result: AuditResult, output_format: str, stream: TextIO, *, quiet: bool, statistics: bool) -> None:
    if output_format in ("markdown", "html"):
        _write_report(result, output_format, stream)
    elif output_format in MACHINE_FORMATS:
        utf8(stream)
        stream.write(statistics_json(result) if statistics else machine_text(output_format, result))
        if not quiet:
            complain(*(problem_line(each) for each in result.problems))
    else:
        console = Console(
            file=stream, highlight=False, force_terminal=None if stream is sys.stdout else False
        )
        if statistics:
            write_statistics(result, console)
        else:
            write_text(result, console, quiet=quiet)


def utf8(stream: TextIO) -> None:
    """Programs read UTF-8 whatever the terminal's encoding; a lone surrogate becomes JSON's own escape."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _write_report(result: AuditResult, output_format: str, stream: TextIO) -> None:
    """The full report; UTF-8 as its readers expect, whatever the terminal's encoding."""
    utf8(stream)
    if output_format == "html":
        from halfopen.report.html.output import write_html

        stream.write(write_html(result))
    else:
        from halfopen.report.markdown_output import write_markdown

        stream.write(write_markdown(result))
