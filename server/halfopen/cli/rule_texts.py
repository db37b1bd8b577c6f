"""`halfopen explain` and `halfopen rules`: the rules' own texts."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Mapping

from halfopen.audit.rule import Registered, Rule, registered_rules
from halfopen.cli.messages import USAGE_ERROR, complain
from halfopen.cli.writing import utf8

WIDEST_TEXT_CELLS = 100
"""Longer lines of prose are hard to read, however wide the terminal."""


def explain_rule(name: str, output_format: str = "text") -> int:
    """Write a rule's text, formatted on a terminal and as its Markdown elsewhere. Gives the exit status."""
    rules = registered_rules()
    registered = _named(name, rules)
    if registered is None:
        return complain(f'no rule "{name}"{_suggestion(name, rules)}')
    try:
        markdown = registered.text().markdown
    except FileNotFoundError:
        return complain(f"{registered.rule.code} has no rule.md in {registered.package}", status=USAGE_ERROR)

    from rich.console import Console

    if output_format == "json":
        described = {**_described(registered.rule), "text": markdown, "sections": registered.text().sections}
        _write_json(described)
        return 0
    console = Console(highlight=False)
    if output_format == "markdown" or not console.is_terminal:
        sys.stdout.write(markdown if markdown.endswith("\n") else markdown + "\n")
        return 0
    _show(registered.rule, markdown)
    return 0


def _show(rule: Rule, markdown: str) -> None:
    """Write a rule's text to a terminal, in colours that suit a dark and a light one."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.text import Text
    from rich.theme import Theme

    from halfopen.report.text_output import SEVERITY_STYLE

    console = Console(
        highlight=False, theme=Theme({"markdown.code": "bold cyan", "markdown.h2": "bold magenta"})
    )
    title = Text.assemble(
        (rule.code, "bold"),
        f" {rule.slug}  ",
        (rule.severity.name, SEVERITY_STYLE[rule.severity]),
        (f"  {rule.category.value}, {' and '.join(sorted(rule.sides))}", "dim"),
    )
    console.print(title)
    text = Markdown(markdown, hyperlinks=False, code_theme="ansi_dark")
    console.print(text, width=min(console.width, WIDEST_TEXT_CELLS))


def _described(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "slug": rule.slug,
        "title": rule.title,
        "section": rule.section,
        "category": rule.category.value,
        "severity": rule.severity.name,
        "sides": sorted(rule.sides),
        "effort_hours": list(rule.effort_hours),
        "monitoring": list(rule.monitoring),
        "related": list(rule.related),
    }


def _write_json(value: object) -> None:
    utf8(sys.stdout)
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def list_rules(output_format: str = "text") -> int:
    """Write the table of the installed rules. Gives the exit status."""
    rules = [each.rule for each in registered_rules().values()]
    if output_format == "json":
        _write_json([_described(each) for each in rules])
        return 0
    if output_format == "markdown":
        sys.stdout.write("| code | name | severity | sides | what is wrong |\n|---|---|---|---|---|\n")
        for each in rules:
            cells = (each.code, each.slug, each.severity.name, ", ".join(sorted(each.sides)), each.title)
            sys.stdout.write("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
        return 0
    rows = [
        (each.code, each.slug, each.severity.name, ", ".join(sorted(each.sides)), each.title)
        for each in rules
    ]

    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
        for row in rows:
            columns = (text.ljust(width) for text, width in zip(row[:4], widths, strict=True))
            sys.stdout.write("  ".join((*columns, row[4])) + "\n")
        return 0
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from halfopen.report.text_output import SEVERITY_STYLE

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("Code", "Name", "Severity", "Sides"):
        table.add_column(heading, no_wrap=heading != "Sides")
    table.add_column("What is wrong")
    for rule, row in zip(rules, rows, strict=True):
        severity = Text(row[2], SEVERITY_STYLE[rule.severity])
        table.add_row(Text(row[0], "bold"), Text(row[1]), severity, Text(row[3]), Text(row[4]))
    console.print(table)
    console.print("halfopen explain CODE shows how a defect fails, how to verify it and how to fix it.")
    return 0


def _named(name: str, rules: Mapping[str, Registered]) -> Registered | None:
    wanted = name.strip().lower()
    return next(
        (each for each in rules.values() if wanted in (each.rule.code.lower(), each.rule.slug.lower())), None
    )


def _suggestion(name: str, rules: Mapping[str, Registered]) -> str:
    names = {each.rule.slug.lower(): each.rule.slug for each in rules.values()}
    names |= {code.lower(): code for code in rules}
    close = difflib.get_close_matches(name.lower(), names, n=1)
    return f'; did you mean "{names[close[0]]}"?' if close else ": halfopen rules lists them"
