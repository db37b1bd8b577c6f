"""The audit as SARIF 2.1.0, for code scanning and for the editors that show it.

Paths are relative to the directory of the command (`%SRCROOT%`), which a code host takes for the
repository's root; columns count code points.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from halfopen import __version__
from halfopen.audit.finding import Severity
from halfopen.audit.rule import Category, Registered, registered_rules
from halfopen.audit.views import Problem, Suppression
from halfopen.edits.changes import Replacement
from halfopen.report.plain_markdown import first_paragraph
from halfopen.report.result import (
    AuditResult,
    Place,
    ReportedEvidence,
    ReportedFinding,
    ReportedFix,
)
from halfopen.source import ColumnUnit, SourceText

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
CONTEXT_LINES = 2
FINGERPRINT = "halfopenFinding/v1"

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.MONITOR: "note",
}
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.0",
    Severity.HIGH: "7.5",
    Severity.MEDIUM: "5.0",
    Severity.MONITOR: "2.0",
}
"""What GitHub sorts security alerts by; only rules of the security category carry it."""

Json = dict[str, object]


def sarif_text(result: AuditResult) -> str:
    """The audit as a SARIF log with one run."""
    rules = _rules_of(result)
    index = {code: position for position, code in enumerate(rules)}
    run: Json = {
        "tool": {
            "driver": {
                "name": "halfopen",
                "version": __version__,
                "rules": [_rule(code, registered) for code, registered in rules.items()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "%SRCROOT%": {"description": {"text": "The directory that halfopen was started in."}}
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(each, result) for each in result.problems],
            }
        ],
        "results": [
            _result(each, index[each.code], result)
            for each in sorted(result.findings, key=lambda each: (each.place, each.code, each.message))
        ],
    }
    log: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rules_of(result: AuditResult) -> dict[str, Registered | None]:
    """The rules that found something, in the order of their codes."""
    known = registered_rules()
    return {code: known.get(code) for code in sorted({each.code for each in result.findings})}


def _rule(code: str, registered: Registered | None) -> Json:
    if registered is None:
        return {"id": code}
    rule, text = registered.rule, registered.text()
    properties: Json = {"tags": [rule.category.value, "websocket", "reliability"], "section": rule.section}
    if rule.category is Category.SECURITY:
        properties["tags"] = [rule.category.value, "websocket", "security"]
        properties["security-severity"] = _SECURITY_SEVERITY[rule.severity]
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.slug.split("-")),
        "shortDescription": {"text": _sentence(rule.title)},
        "fullDescription": {"text": _sentence(first_paragraph(text.sections.get("The problem", rule.title)))},
        "help": {"text": text.markdown, "markdown": text.markdown},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": properties,
    }


def _result(finding: ReportedFinding, rule_index: int, result: AuditResult) -> Json:
    found: Json = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": LEVELS[finding.severity],
        "message": {"text": _sentence(finding.message)},
        "locations": [_location(finding.place, result, in_context=True)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {
            "severity": finding.severity.name,
            "confidence": finding.confidence.word,
            "connection": finding.connection,
            "effects": list(finding.effects),
        },
    }
    if finding.evidence:
        found["relatedLocations"] = _related(finding.evidence, result)
    fixes = [made for each in finding.fixes if (made := _fix(each, result)) is not None]
    if fixes:
        found["fixes"] = fixes
    found["suppressions"] = [_suppression(finding.suppression)] if finding.suppressed else []
    return found


def _suppression(suppression: Suppression | None) -> Json:
    said: Json = {"kind": "inSource", "status": "accepted"}
    if suppression is None:
        return said
    if suppression.kind == "baseline":
        return {"kind": "external", "status": "accepted", "justification": "Known from the baseline."}
    return said | ({"justification": suppression.reason} if suppression.reason else {})


def _related(evidence: Sequence[ReportedEvidence], result: AuditResult) -> list[Json]:
    return [
        {"id": number, **_location(each.place, result), "message": {"text": each.text}}
        for number, each in enumerate(evidence, 1)
    ]


def _location(place: Place, result: AuditResult, *, in_context: bool = False) -> Json:
    region: Json = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    physical: Json = {"artifactLocation": _artifact(place.path, result), "region": region}
    lines = result.lines_of(place.path)
    if in_context and place.end_line <= len(lines):
        first = max(1, place.line - CONTEXT_LINES)
        last = min(len(lines), place.end_line + CONTEXT_LINES)
        snippet = {"text": "\n".join(lines[first - 1 : last])}
        physical["contextRegion"] = {"startLine": first, "endLine": last, "snippet": snippet}
    return {"physicalLocation": physical}


def _artifact(path: str, result: AuditResult) -> Json:
    path = result.from_here(path)
    if path.startswith(("/", "..")):
        # Not below the directory of the command: an absolute or climbing path stands for itself.
        return {"uri": ("file://" if path.startswith("/") else "") + quote(path)}
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def _fix(fix: ReportedFix, result: AuditResult) -> Json | None:
    """The fix with its edits; None without any."""
    if not fix.changes:
        return None
    return {
        "description": {"text": _sentence(fix.title)},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path, result),
                "replacements": _replacements(each, result.text_of(path)),
            }
            for path, each in fix.changes.items()
        ],
    }


def _replacements(changes: Iterable[Replacement], text: SourceText | None) -> list[Json]:
    return [
        {"deletedRegion": _region(each, text or SourceText(b"")), "insertedContent": {"text": each.text}}
        for each in sorted(changes)
    ]


def _region(change: Replacement, text: SourceText) -> Json:
    start = text.position(change.start, ColumnUnit.UTF32)
    end = text.position(change.end, ColumnUnit.UTF32)
    return {
        "startLine": start.line + 1,
        "startColumn": start.column + 1,
        "endLine": end.line + 1,
        "endColumn": end.column + 1,
    }


def _notification(problem: Problem, result: AuditResult) -> Json:
    place: Json = {"artifactLocation": _artifact(problem.path, result)}
    if problem.line is not None:
        place["region"] = {"startLine": problem.line}
    return {
        "level": "warning",
        "message": {"text": _sentence(problem.message)},
        "locations": [{"physicalLocation": place}],
        "properties": {"kind": problem.kind},
    }


def _sentence(text: str) -> str:
    """A text with the full stop that SARIF wants at its end."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
