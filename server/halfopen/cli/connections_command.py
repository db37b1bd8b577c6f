"""`halfopen connections`: what is known of each connection, and which client talks to which endpoint."""

from __future__ import annotations

import dataclasses
import io
import sys
from pathlib import Path
from typing import Literal, TextIO

from rich.console import Console

from halfopen.cli.audit_command import audited, cache_for, keep
from halfopen.cli.messages import CLEAN, complain
from halfopen.cli.progress import progress_bar
from halfopen.cli.scope import Scope, ScopeError, scope_of
from halfopen.report.result import AuditResult, ReportedConnection


def show_connections(
    path: Path | None, output_format: Literal["text", "json", "dot"], use_cache: bool = True
) -> int:
    """Write the connections under a path to the terminal, and give the exit status."""
    try:
        scope = scope_of([] if path is None else [path], Path.cwd())
    except ScopeError as error:
        return complain(*error.messages)
    cache = cache_for(use_cache)
    with progress_bar(wanted=True) as progress:
        result = _within(audited(scope, cache, progress), scope)
    _write(result, output_format)
    keep(cache)
    return CLEAN


def _write(result: AuditResult, output_format: Literal["text", "json", "dot"]) -> None:
    if output_format == "text":
        from halfopen.report.connections_text import write_connections

        write_connections(result, Console(highlight=False))
        return
    if output_format == "json":
        from halfopen.report.json_output import connections_json_text

        text = connections_json_text(result)
    else:
        from halfopen.report.connections_dot import dot_text

        text = dot_text(result)
    stream: TextIO = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    stream.write(text)


def _within(result: AuditResult, scope: Scope) -> AuditResult:
    """The connections of the paths asked for, and the other sides of those."""
    if not scope.only:
        return result
    wanted = {each.id for each in result.connections if _is_within(each, scope)}
    others = {link.other for each in result.connections if each.id in wanted for link in each.links}
    kept = tuple(each for each in result.connections if each.id in wanted | others)
    return dataclasses.replace(result, connections=kept)


def _is_within(connection: ReportedConnection, scope: Scope) -> bool:
    path = (scope.root / connection.place.path).resolve()
    return any(path == each or path.is_relative_to(each) for each in scope.only)
