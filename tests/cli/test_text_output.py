"""The text report, on a terminal of either width and piped."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from syrupy.assertion import SnapshotAssertion

from halfopen.audit.views import Problem
from halfopen.report.result import AuditResult
from halfopen.report.text_output import PROBLEMS_SHOWN, write_text


def written(
    result: AuditResult, *, width: int | None = None, quiet: bool = False, encoding: str = "utf-8"
) -> str:
    """The report as piped, or with `width` as on a terminal, styles and all."""
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding, errors="backslashreplace")
    console = Console(
        file=stream,
        width=width or 80,
        force_terminal=width is not None,
        color_system="standard" if width else None,
        highlight=False,
        legacy_windows=False,
    )
    write_text(result, console, quiet=quiet)
    stream.flush()
    return buffer.getvalue().decode(encoding)


def test_piped(result: AuditResult, snapshot: SnapshotAssertion) -> None:
    text = written(result)
    assert "\x1b" not in text
    assert text == snapshot


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal(result: AuditResult, snapshot: SnapshotAssertion, width: int) -> None:
    text = written(result, width=width)
    assert Text.from_ansi(text).plain == snapshot
    assert "\x1b[" in text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(result: AuditResult, width: int) -> None:
    lines = Text.from_ansi(written(result, width=width)).plain.splitlines()
    assert max(map(cell_len, lines)) <= width


def test_piped_output_does_not_depend_on_width_or_time(
    result: AuditResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written(result)
    monkeypatch.setenv("COLUMNS", "40")
    assert written(dataclasses.replace(result, seconds=99)) == before


def test_quiet_shows_findings_only(result: AuditResult) -> None:
    text = written(result, quiet=True)
    assert "WS1B" in text
    assert "Notes on the input" not in text
    assert "Audited" not in text
    assert written(dataclasses.replace(result, findings=()), quiet=True) == ""


def test_an_ascii_stream_gets_ascii_lines(result: AuditResult) -> None:
    text = written(result, encoding="ascii")
    assert " 6 |         const ws = new WebSocket(url);" in text
    assert "<-> endpoint progress" in text


def test_suspicious_patterns_come_last_and_name_their_connection(result: AuditResult) -> None:
    before, after = written(result).split("Suspicious patterns, worth a look")
    assert "WS2B" not in before
    assert "WS2B unbounded-retry" in after
    assert "in client useChat (partysocket)" in after


def test_suppressed_findings_are_counted_and_not_shown(result: AuditResult) -> None:
    text = written(result)
    assert "no-heartbeat" not in text
    assert "1 accepted by a comment" in text


def test_a_message_cannot_command_the_terminal(result: AuditResult) -> None:
    finding = dataclasses.replace(result.findings[0], message="`\x1b]0;owned\x07` [bold]is not markup[/bold]")
    text = written(dataclasses.replace(result, findings=(finding,)))
    assert "\x1b" not in text
    assert "[bold]is not markup[/bold]" in text


def test_without_findings(result: AuditResult) -> None:
    text = written(dataclasses.replace(result, findings=(), problems=()))
    assert text.startswith(
        "No findings\nReadiness: 10/10. Production-ready WebSocket implementation; handles all edge cases gracefully.\nAudited: 3 files, 2 clients, 1 endpoint\nNext: "
    )


def test_without_connections_or_files_the_next_step_is_said(result: AuditResult) -> None:
    empty = dataclasses.replace(result, findings=(), connections=(), problems=())
    assert "no WebSocket endpoint or client here" in written(empty)
    assert "no Python, TypeScript or JavaScript here" in written(dataclasses.replace(empty, files=0))


def test_many_problems_are_cut_on_a_terminal_only(result: AuditResult) -> None:
    problems = tuple(Problem(f"a{n}.py", None, "encoding", "is not UTF-8") for n in range(PROBLEMS_SHOWN + 5))
    many = dataclasses.replace(result, problems=problems)
    assert "and 5 more" in written(many, width=80)
    assert written(many).count("is not UTF-8") == PROBLEMS_SHOWN + 5


def test_a_finding_of_no_known_connection_is_grouped_by_file(result: AuditResult) -> None:
    finding = dataclasses.replace(result.findings[1], connection="gone")
    assert written(dataclasses.replace(result, findings=(finding,))).startswith("api/main.py\n\n  HIGH WS1B")
