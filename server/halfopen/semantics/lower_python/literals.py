"""Values of Python literals: what the interpreter would make of a string's or a number's text.

Source of the rules: the Python Language Reference, "Lexical analysis" (string and bytes literals,
numeric literals).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPE = re.compile(
    r"\\(?:\r\n|[\n\\'\"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\})"
)
_BYTES_ESCAPE = re.compile(r"\\(?:\r\n|[\n\\'\"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2})")
_DOUBLED_BRACE = re.compile(r"(\\N\{[^}]*\})|\{\{|\}\}")
_SIMPLE = {
    "\n": "",
    "\r": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_QUOTES = "'\"`"


@dataclass(frozen=True, slots=True)
class Opening:
    """How a string literal begins: the prefix letters (lower case) and the quotes."""

    prefix: str
    quotes: str

    @property
    def length(self) -> int:
        return len(self.prefix) + len(self.quotes)

    @property
    def is_raw(self) -> bool:
        return "r" in self.prefix

    @property
    def is_template(self) -> bool:
        """An f-string or a t-string, which hold expressions."""
        return "f" in self.prefix or "t" in self.prefix


def opening(text: str) -> Opening | None:
    """The opening of the string literal `text`; None where it has no quote where one belongs."""
    for index, character in enumerate(text[:4]):
        if character in _QUOTES:
            is_triple = text.startswith(character * 3, index)
            return Opening(text[:index].lower(), character * 3 if is_triple else character)
    return None


def string_value(text: str) -> str | bytes | None:
    """The value of a string literal without expressions, as written; None if it is not one.

    An unterminated string reads to its end. Invalid escapes stay as they are written.
    """
    start = opening(text)
    if start is None:
        return None
    end = len(text)
    if end >= start.length + len(start.quotes) and text.endswith(start.quotes):
        end -= len(start.quotes)
    content = text[start.length : end]
    if "b" in start.prefix:
        return bytes_content(content, is_raw=start.is_raw)
    return string_content(content, is_raw=start.is_raw)


def string_content(content: str, *, is_raw: bool) -> str:
    """The value of the text between a string's quotes."""
    if "\r" in content:
        content = content.replace("\r\n", "\n").replace("\r", "\n")
    if is_raw or "\\" not in content:
        return content
    return _ESCAPE.sub(_unescaped, content)


def template_content(content: str, *, is_raw: bool) -> str:
    """The value of a stretch of text between the expressions of an f-string: `{{` is a brace."""
    if "{" in content or "}" in content:
        content = _DOUBLED_BRACE.sub(lambda match: match[1] or match[0][0], content)
    return string_content(content, is_raw=is_raw)


def bytes_content(content: str, *, is_raw: bool) -> bytes:
    """The value of the text between the quotes of a bytes literal."""
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if not is_raw and "\\" in content:
        # Every byte is one character until the end, so that `\xff` and a (wrong) "é" both survive.
        narrow = content.encode("utf-8", "surrogatepass").decode("latin-1")
        return _BYTES_ESCAPE.sub(_unescaped_byte, narrow).encode("latin-1")
    return content.encode("utf-8", "surrogatepass")


def _unescaped(match: re.Match[str]) -> str:
    escape = match[0]
    letter = escape[1]
    if letter in _SIMPLE:
        return _SIMPLE[letter]
    if letter == "N":
        return _named(escape)
    code = int(escape[1:], 8) if letter.isdigit() else int(escape[2:], 16)
    return chr(code) if code <= 0x10FFFF else escape


def _unescaped_byte(match: re.Match[str]) -> str:
    escape = match[0]
    letter = escape[1]
    if letter in _SIMPLE:
        return _SIMPLE[letter]
    return chr(int(escape[1:], 8) & 0xFF if letter.isdigit() else int(escape[2:], 16))


def _named(escape: str) -> str:
    import unicodedata  # a megabyte that next to no source needs

    try:
        return unicodedata.lookup(escape[3:-1])
    except KeyError:
        return escape


def number_value(text: str) -> int | float | None:
    """The value of a number as written, Python 2 spellings included; None for an imaginary one.

    None also for an integer with more decimal digits than Python converts (4,300).
    """
    text = text.rstrip("lL")
    lowered = text.lower()
    try:
        if lowered.startswith(("0x", "0o", "0b")):
            return int(text, 0)
        if lowered.isdigit() and lowered.startswith("0"):
            return int(text, 8)
        return int(text) if lowered.replace("_", "").isdigit() else float(text)
    except ValueError:
        return None
