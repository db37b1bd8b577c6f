"""`make demo`: what halfopen finds in a small product that was quickly made, and where to go from there."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.text import Text

from halfopen.cli.audit_command import audited, cache_for, keep
from halfopen.cli.scope import scope_of
from halfopen.report.document.compose import compose
from halfopen.report.html.output import write_html
from halfopen.report.page import Page, page_for
from halfopen.report.result import AuditResult
from halfopen.report.text_output import write_finding, write_summary

REPOSITORY = Path(__file__).parents[1]
QUICKLY_MADE = Path("fixtures/docflow-vibecoded")
MADE_TO_LAST = Path("fixtures/docflow")
REPORT = Path("artefacts/demo.html")
CHAPTERS = {
    "1": "Connection",
    "2": "Reconnection",
    "3": "Delivery",
    "4": "Heartbeat",
    "5": "Errors",
    "6": "State",
    "7": "Security",
    "8": "Deployment",
}


def main() -> None:
    cache = cache_for(wanted=True)
    result = audited(scope_of([QUICKLY_MADE], REPOSITORY), cache)
    page = page_for(Console(highlight=False))
    _introduce(page, result)
    _write_worst(page, result)
    _write_chapters(page, result)
    write_summary(page, result)
    report = REPOSITORY / REPORT
    report.parent.mkdir(exist_ok=True)
    report.write_text(write_html(result), encoding="utf-8")
    _write_ways_on(page)
    keep(cache)


def _introduce(page: Page, result: AuditResult) -> None:
    page.heading(Text("docflow, as it is quickly made", "bold"), str(QUICKLY_MADE))
    page.write(
        Text(
            "Upload a document, watch its progress, cancel it. It works: with one server, one person and a network that "
            f"holds. halfopen read its {result.files} files, ran none of them, and found what happens otherwise."
        )
    )
    page.blank()


def _write_worst(page: Page, result: AuditResult) -> None:
    """Of each of the rules that weigh most, the worst finding in full."""
    connections = {each.id: each for each in result.connections}
    page.heading(Text("The three that cost most", "bold"), "")
    page.blank()
    for priority in compose(result).priorities:
        own = [each for each in result.shown if each.code == priority.rule.code]
        worst = max(own, key=lambda each: (each.severity, each.confidence))
        write_finding(page, worst, result, connections.get(worst.connection))


def _write_chapters(page: Page, result: AuditResult) -> None:
    page.heading(Text("All of them", "bold"), "")
    for chapter, name in CHAPTERS.items():
        slugs = Counter(each.slug for each in result.shown if each.code.startswith(f"WS{chapter}"))
        if slugs:
            found = (f"{slug} ×{count}" if count > 1 else slug for slug, count in sorted(slugs.items()))
            page.labelled(Text(f"{name:<14}", "bold"), Text(", ".join(found)), 2)
    page.blank()


def _write_ways_on(page: Page) -> None:
    page.blank()
    command = Path(sys.executable).with_name("halfopen")
    halfopen = command.relative_to(REPOSITORY) if command.is_relative_to(REPOSITORY) else command
    ways = {
        f"{halfopen} audit {QUICKLY_MADE}": "every finding, with its code and its reasons",
        str(REPORT): "the report for a team, with a plan: open it in a browser",
        f"{halfopen} audit {MADE_TO_LAST}": "the same product, made to last: nothing is found",
    }
    widest = max(map(len, ways))
    for way, what in ways.items():
        page.labelled(Text(f"{way:<{widest}}  ", "cyan"), Text(what), 2)


if __name__ == "__main__":
    main()
