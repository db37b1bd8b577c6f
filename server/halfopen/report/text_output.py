"""The audit as text for a person: grouped by connection, each finding with its code.

On a terminal lines are wrapped to its width and coloured; anywhere else they are plain, never
wrapped, and the same for the same code, so that they can be compared and searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from halfopen.audit.finding import Confidence, Severity
from halfopen.audit.score import band
from halfopen.audit.views import Problem
from halfopen.report.code_frame import code_frame
from halfopen.report.page import Page, page_for
from halfopen.report.printable import one_line
from halfopen.report.result import (
    AuditResult,
    Place,
    ReportedConnection,
    ReportedEvidence,
    ReportedFinding,
)

PLAIN_FRAME_CELLS = 120
EVIDENCE_SHOWN = 6
PROBLEMS_SHOWN = 12

_BADGE_STYLE = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold black on yellow",
    Severity.MEDIUM: "bold white on blue",
    Severity.MONITOR: "bold black on bright_black",
}
SEVERITY_STYLE = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "bold yellow",
    Severity.MEDIUM: "bold blue",
    Severity.MONITOR: "bold",
}
"""How a severity colours text, wherever it is named."""

_SIDE_WORD = {"client": "client", "server": "endpoint"}


def write_text(result: AuditResult, console: Console, *, quiet: bool = False) -> None:
    """Write the audit to the console. `quiet` leaves out everything but the findings."""
    page = page_for(console)
    connections = {each.id: each for each in result.connections}
    certain = [each for each in result.shown if each.confidence > Confidence.LOW]
    suspicious = [each for each in result.shown if each.confidence <= Confidence.LOW]
    for connection, findings in _by_connection(certain, connections):
        _write_connection(page, connection, findings[0].place.path, connections)
        for finding in findings:
            write_finding(page, finding, result)
    if suspicious:
        page.heading(Text("Suspicious patterns, worth a look", "bold"), "")
        page.write(Text("Defects if what the code does not show turns out badly.", "dim"), 2)
        page.blank()
        for _, findings in _by_connection(suspicious, connections):
            for finding in findings:
                write_finding(page, finding, result, connections.get(finding.connection))
    if not quiet:
        _write_problems(page, result.problems)
        write_summary(page, result)


def _by_connection(
    findings: Iterable[ReportedFinding], connections: dict[str, ReportedConnection]
) -> Iterator[tuple[ReportedConnection | None, list[ReportedFinding]]]:
    """The findings of each connection, worst first; the connection with the worst finding first.

    Findings of no known connection are grouped by file.
    """
    groups: dict[str, list[ReportedFinding]] = {}
    for finding in findings:
        key = finding.connection if finding.connection in connections else f"file {finding.place.path}"
        groups.setdefault(key, []).append(finding)
    for group in groups.values():
        group.sort(key=lambda each: (-each.severity, -each.confidence, each.place, each.code))
    ordered = sorted(groups.items(), key=lambda item: (-item[1][0].severity, item[1][0].place, item[0]))
    for key, group in ordered:
        yield connections.get(key), group


def _write_connection(
    page: Page, connection: ReportedConnection | None, path: str, connections: dict[str, ReportedConnection]
) -> None:
    if connection is None:
        page.heading(Text(one_line(path), "bold"), "")
        page.blank()
        return
    page.heading(_who(connection), _where(connection.place))
    others = [connections[each] for each in connection.linked_to if each in connections]
    for other in others:
        text = Text.assemble(page.both_ways, " ", _who(other), "  ", (_where(other.place), "cyan"))
        page.write(text, 2, 2)
    page.blank()


def _who(connection: ReportedConnection) -> Text:
    side = _SIDE_WORD.get(connection.side, connection.side)
    return Text.assemble(
        (f"{side} {one_line(connection.name)}", "bold"), (f" ({one_line(connection.library)})", "dim")
    )


def _prose(message: str) -> Text:
    """A message, its names in backticks set off."""
    text = Text(one_line(message))
    text.highlight_regex(r"`[^`]+`", "bold")
    return text


def write_finding(
    page: Page, finding: ReportedFinding, result: AuditResult, connection: ReportedConnection | None = None
) -> None:
    """One finding with its code and evidence; with the connection where it does not stand under it."""
    severity = finding.severity
    badge = f" {severity.name} " if page.width else severity.name
    title = Text.assemble((badge, _BADGE_STYLE[severity]), " ", (finding.code, "bold"), " ", finding.slug)
    if finding.confidence is Confidence.MEDIUM:
        title.append(f"  {finding.confidence.word} confidence", "dim")
    page.write(title, 2, 2)
    page.write(_prose(finding.message), 2)
    if connection is not None:
        page.write(Text.assemble(("in ", "dim"), _who(connection)), 2)
    place = finding.place
    page.write(Text(f"{one_line(place.path)}:{place.line}:{place.column}", "cyan"), 2)
    _write_frame(page, finding, result)
    _write_evidence(page, finding.evidence)
    if finding.effects:
        page.write(Text(f"same root cause: {', '.join(finding.effects)}", "dim"), 2)
    for fix in finding.fixes:
        kind = "fix available" if fix.safe else "fix available, to be reviewed"
        page.write(Text.assemble((kind, "green"), f": {one_line(fix.title)}"), 2, 4)
    page.blank()


def _write_frame(page: Page, finding: ReportedFinding, result: AuditResult) -> None:
    lines = result.lines_of(finding.place.path)
    digits = len(str(min(finding.place.end_line + 1, max(1, len(lines)))))
    gutter = 4 + digits + 3
    width = max(20, page.width - gutter) if page.width else PLAIN_FRAME_CELLS
    for row in code_frame(lines, finding.place, width):
        number = "..." if row.number is None else str(row.number)
        _write_row(page, Text.assemble((f"    {number:>{digits}} {page.bar}", "dim"), f" {row.code}"))
        if row.mark is not None:
            first, cells = row.mark
            mark = (" " * first + "^" * cells, SEVERITY_STYLE[finding.severity])
            _write_row(page, Text.assemble((f"    {'':>{digits}} {page.bar} ", "dim"), mark))


def _write_row(page: Page, row: Text) -> None:
    row.rstrip()
    page.console.print(row, soft_wrap=True)


def _write_evidence(page: Page, evidence: tuple[ReportedEvidence, ...]) -> None:
    for each in evidence[:EVIDENCE_SHOWN]:
        page.write(Text.assemble((_where(each.place), "cyan"), f"  {one_line(each.text)}"), 4, 2)
    if len(evidence) > EVIDENCE_SHOWN:
        page.write(Text(f"and {len(evidence) - EVIDENCE_SHOWN} more", "dim"), 4)


def _where(place: Place) -> str:
    return f"{one_line(place.path)}:{place.line}"


def problem_line(problem: Problem) -> str:
    """A problem with the input as one line, the place first."""
    line = f":{problem.line}" if problem.line is not None else ""
    return f"{one_line(problem.path)}{line}: {one_line(problem.message)}"


def _write_problems(page: Page, problems: tuple[Problem, ...]) -> None:
    if not problems:
        return
    shown = problems[:PROBLEMS_SHOWN] if page.width else problems
    page.write(Text("Notes on the input", "bold"))
    for problem in shown:
        page.write(Text(problem_line(problem)), 2, 2)
    if len(shown) < len(problems):
        page.write(
            Text(f"and {len(problems) - len(shown)} more (all of them when not on a terminal)", "dim"), 2
        )
    page.blank()


def write_summary(page: Page, result: AuditResult) -> None:
    """How many findings, how ready for production, what was read, and what to do next."""
    clients = sum(each.side == "client" for each in result.connections)
    endpoints = len(result.connections) - clients
    seconds = f", {result.seconds:.1f} s" if page.width else ""
    scope = f"{_count(result.files, 'file')}, {_count(clients, 'client')}, {_count(endpoints, 'endpoint')}{seconds}"
    findings = result.shown
    if findings:
        page.write(Text(_findings_summary(result), "bold"))
    else:
        kinds = (("comment", "accepted by a comment"), ("baseline", "known from the baseline"))
        left_out = [f"{count} {words}" for kind, words in kinds if (count := _suppressed(result, kind))]
        more = f" ({', '.join(left_out)})" if left_out else ""
        page.write(Text(f"No findings{more}", "bold green"))
    if result.baseline_gone:
        verb = "is" if result.baseline_gone == 1 else "are"
        gone = f"{_count(result.baseline_gone, 'finding')} of the baseline {verb} gone"
        page.write(Text(f"{gone}: --write-baseline takes them out of the file"))
    if result.score is not None:
        page.write(Text(f"Readiness: {result.score}/10. {band(result.score)}"))
    page.write(Text(f"Audited: {scope}"))
    page.write(_next_step(result))


def _findings_summary(result: AuditResult) -> str:
    findings = result.shown
    counts = [
        f"{count} {severity.name}"
        for severity in sorted(Severity, reverse=True)
        if (count := sum(each.severity is severity for each in findings))
    ]
    summary = f"{_count(len(findings), 'finding')}: {', '.join(counts)}"
    suspicious = sum(each.confidence <= Confidence.LOW for each in findings)
    notes = [
        f"{count} {what}"
        for count, what in (
            (suspicious, "only suspicious"),
            (sum(bool(each.fixes) for each in findings), "with a fix"),
            (_suppressed(result, "comment"), "accepted by a comment"),
            (_suppressed(result, "baseline"), "known from the baseline"),
        )
        if count
    ]
    return "; ".join((summary, *notes))


def _suppressed(result: AuditResult, kind: str) -> int:
    """How many findings are suppressed by something of a kind; a comment unless it is said."""
    return sum(
        each.suppressed and (each.suppression.kind if each.suppression else "comment") == kind
        for each in result.findings
    )


def _next_step(result: AuditResult) -> Text:
    """What to do now."""
    if result.files == 0:
        advice = "There is no Python, TypeScript or JavaScript here: name the directory of the code."
    elif not result.connections and not result.findings:
        advice = "There is no WebSocket endpoint or client here: name the directory that holds both sides."
    elif result.shown:
        worst = min(result.shown, key=lambda each: (-each.severity, -each.confidence, each.place))
        advice = f"Next: halfopen explain {worst.code} (how it fails, how to verify it, how to fix it)"
    else:
        advice = "Next: audit again after changes; halfopen rules lists what was looked for"
    return Text(advice)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
