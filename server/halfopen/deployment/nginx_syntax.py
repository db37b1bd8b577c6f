"""nginx's configuration language: words, blocks and lines, without knowledge of directives.

Written here and not taken from crossplane, which reads files by name, follows their includes, and
gives up at the first brace out of place. What the audit meets is often a template of a
configuration (`${BACKEND}`, `{{ backend }}`) or a piece of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 40
"""Blocks nested deeper are not read: nginx itself nests no more than a handful."""


@dataclass(frozen=True, slots=True)
class Directive:
    """`name args;` or, with a block, `name args { ... }`. `line` counts from 1."""

    name: str
    args: tuple[str, ...]
    path: str
    line: int
    block: tuple[Directive, ...] | None = None


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    line: int
    message: str


@dataclass(slots=True)
class _Open:
    """A block that is being read."""

    name: str
    args: tuple[str, ...]
    line: int
    body: list[Directive] = field(default_factory=list[Directive])


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    line: int
    is_word: bool


def parse_nginx(path: str, text: str) -> tuple[tuple[Directive, ...], tuple[SyntaxFault, ...]]:
    """The directives of `text` and what is wrong in it. Never raises."""
    faults: list[SyntaxFault] = []
    stack = [_Open("", (), 1)]
    words: list[_Token] = []
    skipped = 0
    for token in _tokens(text, faults):
        if token.is_word:
            words.append(token)
            continue
        if token.text == "{":
            if skipped or len(stack) > MAX_DEPTH:
                skipped += 1
            else:
                stack.append(_opened(words, token))
            words = []
            continue
        if token.text == "}":
            if words:
                faults.append(SyntaxFault(words[-1].line, f'"{words[0].text}" is not ended by ";"'))
        elif not words:
            continue
        if words and not skipped:
            stack[-1].body.append(
                Directive(words[0].text, tuple(word.text for word in words[1:]), path, words[0].line)
            )
        words = []
        if token.text == "}":
            if skipped:
                skipped -= 1
            elif len(stack) == 1:
                faults.append(SyntaxFault(token.line, 'unexpected "}"'))
            else:
                _close(stack, path)
    last = text.count("\n") + 1
    if words:
        faults.append(SyntaxFault(words[-1].line, f'"{words[0].text}" is not ended by ";"'))
    if len(stack) > 1:
        faults.append(SyntaxFault(last, f'"{stack[-1].name}" of line {stack[-1].line} is not closed'))
    while len(stack) > 1:
        _close(stack, path)
    return tuple(stack[0].body), tuple(faults)


def _opened(words: list[_Token], brace: _Token) -> _Open:
    if not words:
        return _Open("", (), brace.line)
    return _Open(words[0].text, tuple(word.text for word in words[1:]), words[0].line)


def _close(stack: list[_Open], path: str) -> None:
    done = stack.pop()
    stack[-1].body.append(Directive(done.name, done.args, path, done.line, tuple(done.body)))


def _tokens(text: str, faults: list[SyntaxFault]) -> Iterator[_Token]:
    """Words, and `{`, `}`, `;` outside of words."""
    index, line, end = 0, 1, len(text)
    while index < end:
        char = text[index]
        if char == "\n":
            line += 1
            index += 1
        elif char.isspace():
            index += 1
        elif char == "#":
            newline = text.find("\n", index)
            index = end if newline < 0 else newline
        elif text.startswith("{%", index):
            # A statement of a template language stands between directives and is none itself.
            after = _after(text, "%}", index + 2)
            line += text.count("\n", index, after)
            index = after
        elif char in "{};" and not text.startswith("{{", index):
            yield _Token(char, line, is_word=False)
            index += 1
        else:
            started = line
            word, index = _quoted(text, index) if char in "\"'" else _word(text, index)
            if word is None:
                faults.append(SyntaxFault(started, "a quoted string is not closed"))
                return
            line += word.count("\n")
            yield _Token(word, started, is_word=True)


def _quoted(text: str, index: int) -> tuple[str | None, int]:
    quote, found = text[index], [""]
    index += 1
    while index < len(text):
        char = text[index]
        if char == quote:
            return "".join(found), index + 1
        if char == "\\" and index + 1 < len(text):
            follower = text[index + 1]
            found.append(follower if follower in "\"'\\" else char + follower)
            index += 2
            continue
        found.append(char)
        index += 1
    return None, index


def _word(text: str, index: int) -> tuple[str, int]:
    """A word up to a space, `;`, `{` or `}`; `${name}` and `{{ name }}` are part of it."""
    start = index
    while index < len(text):
        char = text[index]
        if char == "\\" and index + 1 < len(text):
            index += 2
        elif text.startswith("${", index):
            index = _after(text, "}", index + 2)
        elif text.startswith("{{", index):
            index = _after(text, "}}", index + 2)
        elif char.isspace() or char in ";{}":
            break
        else:
            index += 1
    return text[start:index], index


def _after(text: str, closing: str, index: int) -> int:
    found = text.find(closing, index)
    return len(text) if found < 0 else found + len(closing)
