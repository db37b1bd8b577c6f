"""Findings as GitHub's workflow commands: annotations at the lines of a pull request."""

from __future__ import annotations

from halfopen.audit.finding import Severity
from halfopen.report.result import AuditResult, ReportedFinding

COMMANDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.MONITOR: "notice",
}


def github_text(result: AuditResult) -> str:
    """One command for each finding, the gravest first: GitHub shows ten of a kind for each step."""
    ordered = sorted(result.shown, key=lambda each: (-each.severity, -each.confidence, each.place, each.code))
    return "".join(f"{_command(each, result)}\n" for each in ordered)


def _command(finding: ReportedFinding, result: AuditResult) -> str:
    place = finding.place
    properties: dict[str, object] = {
        "file": result.from_here(place.path),
        "line": place.line,
        "endLine": place.end_line,
        "title": f"{finding.code} {finding.slug}",
    }
    if place.line == place.end_line:
        # GitHub takes columns only for a place on one line, and counts the last one in.
        properties |= {"col": place.column, "endColumn": max(place.column, place.end_column - 1)}
    said = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{COMMANDS[finding.severity]} {said}::{_data(_message(finding, result))}"


def _message(finding: ReportedFinding, result: AuditResult) -> str:
    lines = [f"{finding.message} ({finding.severity.name}, {finding.confidence.word} confidence)"]
    lines += (
        f"{result.from_here(each.place.path)}:{each.place.line}: {each.text}" for each in finding.evidence
    )
    return "\n".join((*lines, f"halfopen explain {finding.code}"))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
