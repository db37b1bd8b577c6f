"""Findings as LSP diagnostics."""

from __future__ import annotations

from lsprotocol import types

from halfopen.lsp.capabilities import ClientFeatures
from halfopen.lsp.findings import Report, Shown
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
    return sorted(found, key=lambda each: (each.range.start.line, each.range.start.character))


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
