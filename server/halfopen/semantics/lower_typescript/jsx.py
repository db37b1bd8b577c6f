"""JSX: elements, fragments, attributes and text."""

from __future__ import annotations

import html
import re

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_typescript.reading import (
    COMMENTS,
    EXPRESSIONS,
    NOT_CODE,
    Reading,
    expression,
    expression_of_type,
    first_part,
    only_expression,
    opaque,
)
from halfopen.semantics.tree import Attribute, Element, Expr, Literal

_TAGS = frozenset({"identifier", "member_expression", "nested_identifier", "jsx_namespace_name"})
_TEXT = frozenset({"jsx_text", "html_character_reference"})
_LINE_BREAK = re.compile(r"[ \t]*\r?\n\s*")


def _element(node: SyntaxNode, reading: Reading) -> Expr:
    """`<a b={c}>...</a>`."""
    tag: Expr | None = None
    attributes: tuple[Attribute, ...] = ()
    content: list[tuple[SyntaxNode, str]] = []
    for child in node.named_children:
        kind = child.type
        if kind == "jsx_opening_element":
            tag, attributes = _opening(child, reading)
        elif kind not in ("jsx_closing_element", "ERROR") and kind not in COMMENTS:
            content.append((child, kind))
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return Element(start, end, tag, attributes, _content(content, reading))


def _self_closing(node: SyntaxNode, reading: Reading) -> Expr:
    tag, attributes = _opening(node, reading)
    return Element(node.start_byte - reading.base, node.end_byte - reading.base, tag, attributes, ())


def _opening(node: SyntaxNode, reading: Reading) -> tuple[Expr | None, tuple[Attribute, ...]]:
    tag: Expr | None = None
    attributes: list[Attribute] = []
    for child in node.named_children:
        kind = child.type
        if kind == "jsx_attribute":
            attributes.append(_attribute(child, reading))
        elif kind == "jsx_expression":
            start, end = child.start_byte - reading.base, child.end_byte - reading.base
            attributes.append(Attribute(start, end, None, _spread_value(child, reading)))
        elif kind in _TAGS:
            tag = _tag(child, kind, reading)
    return tag, tuple(attributes)


def _tag(node: SyntaxNode, kind: str, reading: Reading) -> Expr:
    """A component is an expression; the name of an HTML element (`div`, `my-tag`, `svg:path`) is a string."""
    if kind in ("identifier", "jsx_namespace_name"):
        start, end = node.start_byte, node.end_byte
        text = reading.text(start, end)
        if text[:1].islower() or "-" in text or ":" in text:
            return Literal(start - reading.base, end - reading.base, text)
    return expression_of_type(node, kind, reading)


def _attribute(node: SyntaxNode, reading: Reading) -> Attribute:
    parts = [part for part in node.named_children if part.type not in NOT_CODE]
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    if not parts:
        return Attribute(start, end, "", None)
    label = reading.text(parts[0].start_byte, parts[0].end_byte)
    return Attribute(start, end, label, _attribute_value(parts[1], reading) if len(parts) > 1 else None)


def _attribute_value(node: SyntaxNode, reading: Reading) -> Expr:
    kind = node.type
    if kind == "string":
        start, end = node.start_byte, node.end_byte
        # JSX strings have character references and no escapes.
        value = html.unescape(reading.text(start + 1, end - 1))
        return Literal(start - reading.base, end - reading.base, value)
    if kind == "jsx_expression":
        inner = first_part(node.named_children)
        return opaque(node, "empty", reading) if inner is None else expression(inner, reading)
    return expression_of_type(node, kind, reading)


def _spread_value(node: SyntaxNode, reading: Reading) -> Expr:
    inner = first_part(node.named_children)
    if inner is None:
        return opaque(node, "empty", reading)
    if inner.type == "spread_element":
        return only_expression(inner, reading)
    return expression(inner, reading)


def _content(nodes: list[tuple[SyntaxNode, str]], reading: Reading) -> tuple[Expr, ...]:
    """The children of an element; texts that only lay out the source are none."""
    found: list[Expr] = []
    text_start: int | None = None
    text_end = 0
    for child, kind in nodes:
        if kind in _TEXT:
            if text_start is None:
                text_start = child.start_byte
            text_end = child.end_byte
            continue
        if text_start is not None:
            found += _text(text_start, text_end, reading)
            text_start = None
        if kind == "jsx_expression":
            inner = first_part(child.named_children)
            if inner is not None:
                found.append(expression(inner, reading))
        else:
            found.append(expression_of_type(child, kind, reading))
    if text_start is not None:
        found += _text(text_start, text_end, reading)
    return tuple(found)


def _text(start: int, end: int, reading: Reading) -> list[Expr]:
    """Text as JSX reads it: lines are trimmed and joined by a space, empty ones dropped."""
    raw = reading.text(start, end)
    if "\n" in raw:
        first, *lines = _LINE_BREAK.split(raw)
        raw = " ".join(line for line in (first, *lines) if line)
    if not raw:
        return []
    return [Literal(start - reading.base, end - reading.base, html.unescape(raw))]


EXPRESSIONS.update(
    {
        "jsx_element": _element,
        "jsx_self_closing_element": _self_closing,
        "jsx_expression": _spread_value,
    }
)
