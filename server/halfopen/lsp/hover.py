"""`textDocument/hover`: what a finding means, on the finding."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from lsprotocol import types

from halfopen.lsp.diagnostics import rule_page
from halfopen.lsp.findings import Shown

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer

SECTIONS = ("The problem", "Reliability impact", "How to verify", "The fix", "Trade-off")
"""The sections of a rule's text that explain a finding; the last heading of the text is for doubters."""


def hover(ls: HalfopenServer, params: types.HoverParams) -> types.Hover | None:
    """The findings under the cursor, each with its rule's text and the evidence."""
    place = types.Range(params.position, params.position)
    found = list(ls.view.findings_at(params.text_document.uri, place))
    if not found:
        return None
    if ls.client.markdown_hover:
        content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(map(markdown, found)))
    else:
        content = types.MarkupContent(types.MarkupKind.PlainText, "\n\n".join(map(plain_text, found)))
    return types.Hover(content, found[0].range)


def markdown(shown: Shown) -> str:
    """A finding in Markdown, its evidence as links that the editor opens at the line."""
    finding = shown.finding
    parts = [
        f"**{_escaped(finding.message)}**",
        f"[{finding.code} {finding.slug}]({rule_page(finding.slug)}) · {finding.severity.name} · "
        f"{finding.confidence.word} confidence",
    ]
    parts += (f"### {heading}\n\n{text}" for heading, text in _rule_sections(finding.code))
    if shown.evidence:
        lines = (
            f"- [{_escaped(each.path)}:{each.range.start.line + 1}]({each.uri}#L{each.range.start.line + 1})"
            f" {_escaped(each.text)}"
            for each in shown.evidence
        )
        parts.append("### Evidence\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def plain_text(shown: Shown) -> str:
    """A finding for a client that shows text as it is."""
    finding = shown.finding
    parts = [
        finding.message,
        f"{finding.code} {finding.slug}, {finding.severity.name}, {finding.confidence.word} confidence",
    ]
    parts += (f"{heading.upper()}\n{_without_fences(text)}" for heading, text in _rule_sections(finding.code))
    if shown.evidence:
        lines = (f"{each.path}:{each.range.start.line + 1}: {each.text}" for each in shown.evidence)
        parts.append("EVIDENCE\n" + "\n".join(lines))
    parts.append(rule_page(finding.slug))
    return "\n\n".join(parts)


@cache
def _rule_sections(code: str) -> tuple[tuple[str, str], ...]:
    # Imported here: a finding exists by now, so its rule is loaded already.
    from halfopen.audit.rule import registered_rules

    registered = registered_rules().get(code)
    if registered is None:
        return ()
    try:
        sections = registered.text().sections
    except FileNotFoundError:  # a rule pack without a text still has its message and evidence
        return ()
    return tuple((heading, sections[heading]) for heading in SECTIONS if heading in sections)


def _escaped(text: str) -> str:
    """The text with the signs that Markdown reads as its own taken literally; code in backticks stays code."""
    return "`".join(
        part if number % 2 else re.sub(r"([\\*_\[\]<>#])", r"\\\1", part)
        for number, part in enumerate(text.split("`"))
    )


def _without_fences(text: str) -> str:
    return re.sub(r"^ *```.*\n?", "", text, flags=re.MULTILINE)
