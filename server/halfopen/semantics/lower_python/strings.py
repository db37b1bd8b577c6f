"""Constants: numbers, strings, and f-strings with the expressions in them."""

from __future__ import annotations

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python.literals import number_value, opening, string_value, template_content
from halfopen.semantics.lower_python.reading import (
    EXPRESSIONS,
    NOT_CODE,
    Reading,
    expression_of_type,
    opaque,
)
from halfopen.semantics.tree import Expr, Literal, Opaque, Template

_Part = str | bytes | Expr


def _string(node: SyntaxNode, reading: Reading) -> Expr:
    start, end = node.start_byte, node.end_byte
    base = reading.base
    text = reading.text(start, end)
    first = text[:1]
    if first in {'"', "'"} or not _is_template(text):
        value = string_value(text)
        if value is None:
            return opaque(node, "string", reading)
        return Literal(start - base, end - base, value)
    return _joined(node, _template_parts(node, text, reading), reading)


def _concatenated(node: SyntaxNode, reading: Reading) -> Expr:
    """`"a" f"{b}"`: one constant or one template."""
    parts: list[_Part] = []
    for child in node.named_children:
        if child.type != "string":
            continue
        text = reading.text(child.start_byte, child.end_byte)
        if _is_template(text):
            parts += _template_parts(child, text, reading)
        else:
            value = string_value(text)
            if value is not None:
                parts.append(value)
    return _joined(node, parts, reading)


def _is_template(text: str) -> bool:
    start = opening(text)
    return start is not None and start.is_template


def _joined(node: SyntaxNode, parts: list[_Part], reading: Reading) -> Expr:
    """One node for what stands side by side; a template without expressions is the string it stands for."""
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    texts = [part for part in parts if isinstance(part, str)]
    octets = [part for part in parts if isinstance(part, bytes)]
    if octets:
        if len(octets) == len(parts):
            return Literal(start, end, b"".join(octets))
        values = tuple(part for part in parts if not isinstance(part, str | bytes))
        return Opaque(start, end, "string", values)
    if len(texts) == len(parts):
        return Literal(start, end, "".join(texts))
    merged: list[str | Expr] = []
    run: list[str] = []
    for part in parts:
        if isinstance(part, str):
            run.append(part)
        elif not isinstance(part, bytes):
            if text := "".join(run):
                merged.append(text)
            run = []
            merged.append(part)
    if text := "".join(run):
        merged.append(text)
    return Template(start, end, tuple(merged))


def _template_parts(node: SyntaxNode, text: str, reading: Reading) -> list[_Part]:
    """The text and the expressions of one f-string, in order."""
    start = opening(text)
    if start is None:
        return []
    parts: list[_Part] = []
    position = node.start_byte + start.length
    end = node.end_byte
    for child in node.children:
        kind = child.type
        if kind == "string_end":
            end = child.start_byte
        elif kind == "interpolation":
            here = child.start_byte
            parts.append(template_content(reading.text(position, here), is_raw=start.is_raw))
            _interpolation(child, parts, reading)
            position = child.end_byte
    if position < end:
        parts.append(template_content(reading.text(position, end), is_raw=start.is_raw))
    return parts


def _interpolation(node: SyntaxNode, parts: list[_Part], reading: Reading) -> None:
    """`{value!r:spec}`; `{value=}` also puts its own text before the value."""
    value: Expr | None = None
    nested: list[Expr] = []
    children = node.children
    for position, child in enumerate(children):
        kind = child.type
        if kind == "=":
            after = children[position + 1].start_byte if position + 1 < len(children) else child.end_byte
            parts.append(reading.text(node.start_byte + 1, after))
        elif kind == "format_specifier":
            nested += _specifier_values(child, reading)
        elif value is None and child.is_named and kind != "type_conversion" and kind not in NOT_CODE:
            value = expression_of_type(child, kind, reading)
    if value is None:
        value = opaque(node, "missing", reading)
    if nested:
        value = Opaque(value.start, nested[-1].end, "format", (value, *nested))
    parts.append(value)


def _specifier_values(node: SyntaxNode, reading: Reading) -> list[Expr]:
    """The expressions in a format specifier: the `width` of `{value:{width}}`."""
    found: list[Expr] = []
    for child in node.named_children:
        if child.type in ("format_expression", "interpolation"):
            inner: list[_Part] = []
            _interpolation(child, inner, reading)
            found += [part for part in inner if not isinstance(part, str | bytes)]
    return found


def _number(node: SyntaxNode, reading: Reading) -> Expr:
    start, end = node.start_byte, node.end_byte
    text = reading.text(start, end)
    value = number_value(text)
    if value is None:
        kind = "missing" if start == end else "complex" if text[-1] in "jJ" else "number"
        return opaque(node, kind, reading)
    return Literal(start - reading.base, end - reading.base, value)


def _true(node: SyntaxNode, reading: Reading) -> Expr:
    return Literal(node.start_byte - reading.base, node.end_byte - reading.base, True)


def _false(node: SyntaxNode, reading: Reading) -> Expr:
    return Literal(node.start_byte - reading.base, node.end_byte - reading.base, False)


def _none(node: SyntaxNode, reading: Reading) -> Expr:
    return Literal(node.start_byte - reading.base, node.end_byte - reading.base, None)


def _ellipsis(node: SyntaxNode, reading: Reading) -> Expr:
    return opaque(node, "ellipsis", reading)


EXPRESSIONS.update(
    {
        "string": _string,
        "concatenated_string": _concatenated,
        "integer": _number,
        "float": _number,
        "true": _true,
        "false": _false,
        "none": _none,
        "ellipsis": _ellipsis,
    }
)
