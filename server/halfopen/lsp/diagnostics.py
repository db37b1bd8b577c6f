"""Findings as LSP diagnostics, in the plain values of JSON.

A save may publish hundreds, each with its related places: made of the protocol's own types they would cost more
than the audit that found them, as each is checked when it is made and taken apart again to be sent.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from lsprotocol import types

from halfopen.lsp.capabilities import ClientFeatures
from halfopen.lsp.findings import Report, Shown, ShownFault
from halfopen.lsp.rule_pages import rule_page

SOURCE = "halfopen"

SEVERITIES = {
    "CRITICAL": types.DiagnosticSeverity.Error.value,
    "HIGH": types.DiagnosticSeverity.Warning.value,
    "MEDIUM": types.DiagnosticSeverity.Information.value,
    "MONITOR": types.DiagnosticSeverity.Hint.value,
}

Plain: TypeAlias = dict[str, Any]
"""An object of JSON."""


def diagnostics(report: Report, client: ClientFeatures) -> list[Plain]:
    """Everything to show of one file, in the order of its places."""
    found = [(shown.range, diagnostic(shown, client)) for shown in report.findings]
    found += ((place, _settings_fault(place, message)) for place, message in report.settings)
    found += ((each.range, suppression_fault(each)) for each in report.suppressions)
    found.sort(key=lambda each: (each[0].start.line, each[0].start.character))
    return [each for _, each in found]


def _settings_fault(place: types.Range, message: str) -> Plain:
    return {
        "range": _range(place),
        "message": message,
        "severity": types.DiagnosticSeverity.Warning.value,
        "source": SOURCE,
    }


def suppression_fault(shown: ShownFault) -> Plain:
    """A suppression comment that is of no use: one that accepts nothing is faded, as unused code is."""
    unused = shown.code == "unused-suppression"
    severity = types.DiagnosticSeverity.Hint if unused else types.DiagnosticSeverity.Warning
    result: Plain = {
        "range": _range(shown.range),
        "message": shown.message,
        "severity": severity.value,
        "code": shown.code,
        "source": SOURCE,
    }
    if unused:
        result["tags"] = [types.DiagnosticTag.Unnecessary.value]
    return result


def diagnostic(shown: Shown, client: ClientFeatures) -> Plain:
    """One finding, with as much of it as the client can show."""
    finding = shown.finding
    result: Plain = {
        "range": _range(shown.range),
        "message": finding.message,
        "severity": SEVERITIES[finding.severity.name],
        "code": finding.code,
        "source": SOURCE,
    }
    if client.code_description and (page := rule_page(finding.code)) is not None:
        result["codeDescription"] = {"href": page}
    if client.related_information and shown.evidence:
        result["relatedInformation"] = [
            {"location": {"uri": each.uri, "range": _range(each.range)}, "message": each.text}
            for each in shown.evidence
        ]
    if client.diagnostic_data:
        result["data"] = {
            "key": shown.key,
            "fixes": [{"title": fix.title, "safe": fix.safe} for fix in finding.fixes],
        }
    return result


def _range(place: types.Range) -> Plain:
    start, end = place.start, place.end
    return {
        "start": {"line": start.line, "character": start.character},
        "end": {"line": end.line, "character": end.character},
    }
