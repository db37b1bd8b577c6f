"""Constants, with the values they have at run time, and template literals."""

from __future__ import annotations

import re

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_typescript.reading import EXPRESSIONS, Reading, expression, first_part, opaque
from halfopen.semantics.tree import Expr, Literal, Template

_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3][0-7]{0,2}|[4-7][0-7]?)|(\r\n|[^ux]))",
    re.DOTALL,
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_LINE_ENDS = frozenset({"\n", "\r", "\r\n", "\u2028", "\u2029"})
_SURROGATE = re.compile("[\ud800-\udfff]")


def _escape_value(match: re.Match[str]) -> str:
    braced, four, two, octal, single = match.groups()
    digits = braced or four or two
    if digits:
        value = int(digits[-8:], 16) if len(digits) <= 8 else 0x110000
        return chr(value) if value <= 0x10FFFF else match[0]
    if octal:
        return chr(int(octal, 8))
    return "" if single in _LINE_ENDS else _SINGLE.get(single, single)


def unescape(text: str) -> str:
    """The value of the text between two quotes; an invalid escape stands for itself.

    JavaScript writes a character outside the BMP as two escapes: a pair of surrogates is joined, a
    lone one is kept.
    """
    if "\\" not in text:
        return text
    value = _ESCAPE.sub(_escape_value, text)
    if _SURROGATE.search(value):
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return value


def string_value(node: SyntaxNode, reading: Reading) -> str:
    """The value of a quoted string node."""
    start, end = node.start_byte, node.end_byte
    if end - start < 2:
        return ""
    return unescape(reading.text(start + 1, end - 1))


def _string(node: SyntaxNode, reading: Reading) -> Expr:
    value = string_value(node, reading)
    return Literal(node.start_byte - reading.base, node.end_byte - reading.base, value)


def number_value(text: str) -> int | float | None:
    """The value of a numeric literal: an int where it is integral; None for one that is malformed.

    A number of more than 4,300 digits counts as malformed: Python refuses to convert it.
    """
    text = text.replace("_", "").lower()
    try:
        if text[:2] in ("0x", "0b", "0o"):
            return int(text.removesuffix("n"), 0)
        if text.endswith("n"):
            return int(text[:-1])
        if text.isdigit():
            is_old_octal = len(text) > 1 and text[0] == "0" and not set(text) & {"8", "9"}
            return int(text, 8 if is_old_octal else 10)
        value = float(text)
        return int(value) if value.is_integer() else value
    except ValueError:
        return None


def _number(node: SyntaxNode, reading: Reading) -> Expr:
    start, end = node.start_byte, node.end_byte
    value = number_value(reading.text(start, end))
    if value is None:
        return opaque(node, "number", reading)
    return Literal(start - reading.base, end - reading.base, value)


def template(node: SyntaxNode, reading: Reading) -> Template:
    """A template literal as text and expressions, always as a `Template`."""
    parts: list[str | Expr] = []
    position = node.start_byte + 1
    for child in node.named_children:
        if child.type != "template_substitution":
            continue
        _add_text(parts, position, child.start_byte, reading)
        inner = first_part(child.named_children)
        parts.append(opaque(child, "missing", reading) if inner is None else expression(inner, reading))
        position = child.end_byte
    _add_text(parts, position, node.end_byte - 1, reading)
    return Template(node.start_byte - reading.base, node.end_byte - reading.base, tuple(parts))


def _add_text(parts: list[str | Expr], start: int, end: int, reading: Reading) -> None:
    if start < end:
        # The language normalises line ends in a template before it reads the escapes.
        raw = reading.text(start, end).replace("\r\n", "\n").replace("\r", "\n")
        parts.append(unescape(raw))


def _template_string(node: SyntaxNode, reading: Reading) -> Expr:
    """A template; one without substitutions is the string that it stands for."""
    result = template(node, reading)
    parts = result.parts
    if not parts:
        return Literal(result.start, result.end, "")
    if len(parts) == 1 and isinstance(parts[0], str):
        return Literal(result.start, result.end, parts[0])
    return result


def _true(node: SyntaxNode, reading: Reading) -> Expr:
    return Literal(node.start_byte - reading.base, node.end_byte - reading.base, True)


def _false(node: SyntaxNode, reading: Reading) -> Expr:
    return Literal(node.start_byte - reading.base, node.end_byte - reading.base, False)


def _nothing(node: SyntaxNode, reading: Reading) -> Expr:
    return Literal(node.start_byte - reading.base, node.end_byte - reading.base, None)


def _regex(node: SyntaxNode, reading: Reading) -> Expr:
    return opaque(node, "regex", reading)


EXPRESSIONS.update(
    {
        "string": _string,
        "number": _number,
        "template_string": _template_string,
        "true": _true,
        "false": _false,
        "null": _nothing,
        "undefined": _nothing,
        "regex": _regex,
    }
)
