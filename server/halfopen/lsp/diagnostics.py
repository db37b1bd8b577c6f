"""Findings as LSP diagnostics."""

from __future__ import annotations

from lsprotocol import types

from halfopen.lsp.capabilities import ClientFeatures
from halfopen.lsp.findings import Report, Shown, ShownFault
from halfopen.lsp.rule_pages import rule_page

SOURCE = "halfopen"

SEVERITIES = {
    "CRITICAL": types.DiagnosticSeverity.Error,
    "HIGH": types.DiagnosticSeverity.Warning,
    "MEDIUM": types.DiagnosticSeverity.Information,
    "MONITOR": types.DiagnosticSeverity.Hint,
}


def diagnostics(report: Report, client: ClientFeatures) -> list[types.Diagnostic]:
    """Everything to show of one file, in the order of its places."""
    found = [diagnostic(shown, client) for shown in report.findings]
    found += (
        types.Diagnostic(place, message, severity=types.DiagnosticSeverity.Warning, source=SOURCE)
        for place, message in report.settings
    )
    found += (suppression_fault(each) for each in report.suppressions)
    return sorted(found, key=lambda each: (each.range.start.line, each.range.start.character))


def suppression_fault(shown: ShownFault) -> types.Diagnostic:
    """A suppression comment that is of no use: one that accepts nothing is faded, as unused code is."""
    unused = shown.code == "unused-suppression"
    return types.Diagnostic(
        shown.range,
        shown.message,
        severity=types.DiagnosticSeverity.Hint if unused else types.DiagnosticSeverity.Warning,
        code=shown.code,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if unused else None,
    )


def diagnostic(shown: Shown, client: ClientFeatures) -> types.Diagnostic:
    """One finding, with as much of it as the client can show."""
    finding = shown.finding
    result = types.Diagnostic(
        shown.range,
        finding.message,
        severity=SEVERITIES[finding.severity.name],
        code=finding.code,
        source=SOURCE,
    )
    if client.code_description and (page := rule_page(finding.code)) is not None:
        result.code_description = types.CodeDescription(page)
    if client.related_information and shown.evidence:
        result.related_information = [
            types.DiagnosticRelatedInformation(types.Location(each.uri, each.range), each.text)
            for each in shown.evidence
        ]
    if client.diagnostic_data:
        result.data = {
            "key": shown.key,
            "fixes": [{"title": fix.title, "safe": fix.safe} for fix in finding.fixes],
        }
    return result
