"""How often each rule found something, instead of the findings."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from halfopen.audit.finding import Severity
from halfopen.report.result import AuditResult
from halfopen.report.text_output import SEVERITY_STYLE


@dataclass(frozen=True, slots=True)
class RuleCount:
    """The findings of one rule: how many, how grave the worst is, how many have a safe fix."""

    code: str
    slug: str
    count: int
    worst: Severity
    fixable: int


def counts(result: AuditResult) -> list[RuleCount]:
    """The rules with findings, the most frequent first."""
    number = Counter((each.code, each.slug) for each in result.shown)
    rows: list[RuleCount] = []
    for (code, slug), count in number.items():
        own = [each for each in result.shown if each.code == code]
        fixable = sum(any(fix.safe for fix in each.fixes) for each in own)
        rows.append(RuleCount(code, slug, count, max(each.severity for each in own), fixable))
    return sorted(rows, key=lambda each: (-each.count, each.code))


def write_statistics(result: AuditResult, console: Console) -> None:
    """One line for each rule."""
    rows = counts(result)
    digits = max((len(str(each.count)) for each in rows), default=1)
    for each in rows:
        fixable = f"  {each.fixable} with a safe fix" if each.fixable else ""
        line = Text.assemble(
            f"{each.count:>{digits}}  ",
            (f"{each.worst.name:<8}", SEVERITY_STYLE[each.worst]),
            "  ",
            (each.code, "bold"),
            f" {each.slug}",
            (fixable, "green"),
        )
        console.print(line, soft_wrap=True)


def statistics_json(result: AuditResult) -> str:
    """The same as a JSON list."""
    rows = [
        {
            "code": each.code,
            "slug": each.slug,
            "count": each.count,
            "worst": each.worst.name,
            "fixable": each.fixable,
        }
        for each in counts(result)
    ]
    return json.dumps(rows, indent=2) + "\n"
