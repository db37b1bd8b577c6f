"""The full report as one HTML file: nothing is loaded from anywhere, and nothing of the audited code is markup."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import cast

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from halfopen.audit.finding import Severity
from halfopen.report.document.compose import compose
from halfopen.report.document.model import FindingSection, Report
from halfopen.report.document.sections import count_of
from halfopen.report.html.connection_map import BOX_HEIGHT, map_of
from halfopen.report.html.highlight import code_block, diff_block, excerpt_block
from halfopen.report.printable import one_line
from halfopen.report.result import AuditResult

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
"""The specification's chapters by the number in a rule's code; 8 is the one on deployment."""


def write_html(result: AuditResult) -> str:
    """The report of an audit."""
    return html_of(compose(result))


def html_of(report: Report) -> str:
    """A report as an HTML document."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("halfopen.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    filters = cast("dict[str, object]", environment.filters)  # pyright: ignore[reportUnknownMemberType]
    filters.update(
        count_of=count_of,
        prose=prose,
        rule_text=rule_text,
        line=one_line,
        path=breakable,
        code=code_block,
        diff=diff_block,
        excerpt=excerpt_block,
    )
    style, script = _part("report.css"), _part("report.js")
    everything = (*report.findings, *report.suspicious)
    return environment.get_template("report.html.jinja").render(
        report=report,
        everything=everything,
        map=map_of(report.nodes),
        box_height=BOX_HEIGHT,
        severities=tuple(sorted(Severity, reverse=True)),
        counts=Counter(each.severity for each in everything),
        chapters=_chapters(everything),
        paths=_paths(everything),
        chapter_of=chapter_of,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def chapter_of(code: str) -> str:
    """The chapter of a rule's code; a rule pack's own beginning where it has none of these."""
    found = re.match(r"WS(\d)", code)
    return found[1] if found is not None and found[1] in CHAPTERS else re.sub(r"\d.*", "", code)


def _chapters(findings: Sequence[FindingSection]) -> list[tuple[str, str, int]]:
    counts = Counter(chapter_of(each.rule.code) for each in findings)
    return [(key, CHAPTERS.get(key, key), counts[key]) for key in sorted(counts)]


def _paths(findings: Sequence[FindingSection]) -> list[tuple[str, int]]:
    return sorted(Counter(one_line(each.place.path) for each in findings).items())


def prose(text: str) -> Markup:
    """A sentence: names in backticks become code, and long paths may be broken at their slashes."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:
        return escape(one_line(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if position % 2 else escape(part)
        for position, part in enumerate(parts)
    )


def breakable(text: str) -> Markup:
    """A path or address that may go on in the next line after a slash or a colon."""
    parts = re.split(r"(?<=[/:])(?=[^/:])", one_line(text))
    return Markup("<wbr>").join(parts)


@lru_cache(maxsize=512)
def rule_text(markdown: str) -> Markup:
    """A rule's own Markdown; HTML in it stays text."""
    return Markup(_markdown().render(markdown))  # html=False: what looks like a tag is escaped


@cache
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")

    def fence(self: object, tokens: Sequence[object], index: int, options: object, env: object) -> str:
        token = tokens[index]
        return str(code_block(getattr(token, "content", ""), str(getattr(token, "info", "")).strip()))

    parser.add_render_rule("fence", fence)
    return parser


def _part(name: str) -> str:
    return (importlib.resources.files("halfopen.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """For the page's security policy: only this style and this script run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
