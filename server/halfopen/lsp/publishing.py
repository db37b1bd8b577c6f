"""What the worker reports, sent on to the client: diagnostics, log lines, progress, ends of audits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from halfopen.lsp import code_lens
from halfopen.lsp.diagnostics import diagnostics
from halfopen.lsp.findings import Began, Ended, Event, Note, Progressed, Report
from halfopen.lsp.progress import AuditProgress

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer

AUDIT_FINISHED = "halfopen/auditFinished"


def handle_event(ls: HalfopenServer, event: Event) -> None:
    """Handle one event of the worker. Runs on the event loop, in the order of the events."""
    match event:
        case Report():
            publish(ls, event)
        case Note(message, kind, shown):
            ls.note(message, kind)
            if shown:
                ls.window_show_message(types.ShowMessageParams(kind, f"halfopen: {message}"))
        case Began(first):
            ls.auditing = True
            if first and ls.client.progress and ls.audit_progress is None:
                ls.audit_progress = AuditProgress(ls)
        case Progressed():
            if ls.audit_progress is not None:
                ls.audit_progress.report(event)
        case Ended():
            audit_ended(ls, event)


def publish(ls: HalfopenServer, report: Report) -> None:
    """Send the diagnostics of one file, unless a newer report is on its way."""
    current = ls.view.accept(report)
    if current is None:
        return
    document = ls.view.document(report.uri)
    ls.wire.publish(report.uri, diagnostics(current, ls.client), document.version if document else None)


def audit_ended(ls: HalfopenServer, event: Ended) -> None:
    """Close the progress, keep the figures for `halfopen/status`, and tell a client that asked to know."""
    ls.auditing = False
    ls.last_audit = event
    if ls.audit_progress is not None:
        ls.audit_progress.end(summary(event, ls.view.total()))
        ls.audit_progress = None
    ls.background(code_lens.refresh(ls))
    if ls.client.announces_audits:
        ls.protocol.notify(
            AUDIT_FINISHED,
            {
                "changes": event.changes,
                "outcome": event.outcome,
                "files": event.files,
                "findings": ls.view.total(),
                "milliseconds": round(event.milliseconds, 1),
            },
        )


def summary(event: Ended, total: int) -> str:
    """The audit in a few words."""
    if event.outcome == "cancelled":
        return "cancelled; the next save goes on"
    files = "1 file" if event.files == 1 else f"{event.files} files"
    findings = "1 finding" if total == 1 else f"{total} findings"
    return f"{files}, {findings}"
