"""`textDocument/hover`: what a finding means, on the finding; what is known of a connection, on the connection."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from lsprotocol import types

from halfopen.lsp.escaping import escaped
from halfopen.lsp.findings import Shown
from halfopen.lsp.rule_pages import rule_page

if TYPE_CHECKING:
    from halfopen.lsp.server import HalfopenServer

SECTIONS = ("The problem", "Reliability impact", "How to verify", "The fix", "Trade-off")
"""The sections of a rule's text that explain a finding; the last heading of the text is for doubters."""


async def hover(ls: HalfopenServer, params: types.HoverParams) -> types.Hover | None:
    """The findings under the cursor, each with its rule's text and the evidence; else the connection's card."""
    place = types.Range(params.position, params.position)
    found = list(ls.view.findings_at(params.text_document.uri, place))
    if not found:
        return await _connection_card(ls, params)
    if ls.client.markdown_hover:
        texts = (markdown(each, with_message=not ls.client.shows_messages) for each in found)
        content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(texts))
    else:
        content = types.MarkupContent(types.MarkupKind.PlainText, "\n\n".join(map(plain_text, found)))
    return types.Hover(content, found[0].range)


async def _connection_card(ls: HalfopenServer, params: types.HoverParams) -> types.Hover | None:
    """What is known of the connection whose site or address is under the cursor."""
    if ls.last_audit is None or not ls.client.markdown_hover:
        return None
    from halfopen.lsp.card import card
    from halfopen.lsp.connections import at_position

    uri = params.text_document.uri
    every = await ls.audits.ask(lambda desk: desk.connections(uri))
    cards = [
        card(each, [other for other in every if other.id in each.others])
        for each in at_position(every, uri, params.position)
    ]
    if not cards:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(cards)))


def markdown(shown: Shown, *, with_message: bool = True) -> str:
    """A finding in Markdown, its evidence as links that the editor opens at the line."""
    finding = shown.finding
    name, page = f"{finding.code} {finding.slug}", rule_page(finding.code)
    parts = [f"**{escaped(finding.message)}**"] if with_message else []
    parts.append(
        f"{name if page is None else f'[{name}]({page})'} · {finding.severity.name} · "
        f"{finding.confidence.word} confidence"
    )
    parts += (f"### {heading}\n\n{text}" for heading, text in _rule_sections(finding.code))
    if shown.evidence:
        lines = (
            f"- [{escaped(each.path)}:{each.range.start.line + 1}]({each.uri}#L{each.range.start.line + 1})"
            f" {escaped(each.text)}"
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
    if (page := rule_page(finding.code)) is not None:
        parts.append(page)
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


def _without_fences(text: str) -> str:
    return re.sub(r"^ *```.*\n?", "", text, flags=re.MULTILINE)
