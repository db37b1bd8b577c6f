"""Shell text cut into simple commands, as far as finding what is started needs it.

Quotes, escapes, continuation lines, comments, and the operators between commands are
understood; expansions stay in their word as written. Unlike `shlex`, nothing is refused: an
unclosed quote ends with the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: its words without quotes, and its line in the text, counted from 0."""

    words: tuple[str, ...]
    line: int


@dataclass(slots=True)
class _Reader:
    text: str
    index: int = 0
    line: int = 0
    commands: list[Command] = field(default_factory=list[Command])
    words: list[str] = field(default_factory=list[str])
    word: list[str] | None = None
    """The pieces of the word that is being read; None between words, [] for an empty quoted one."""
    started: int = 0

    def add(self, piece: str) -> None:
        if self.word is None:
            self.word = []
        if not self.words and not self.word:
            self.started = self.line
        self.word.append(piece)

    def end_word(self) -> None:
        if self.word is not None:
            self.words.append("".join(self.word))
            self.word = None

    def end_command(self) -> None:
        self.end_word()
        if self.words:
            self.commands.append(Command(tuple(self.words), self.started))
            self.words = []


_PLAIN = re.compile(r"[^\s\\'\"$`;&|()#]+")
_EXPANSIONS = (("$((", "))"), ("$(", ")"), ("${", "}"))


def split_commands(text: str) -> tuple[Command, ...]:
    """The simple commands of `text`, in order. Never raises."""
    reader = _Reader(text)
    while reader.index < len(text):
        _step(reader)
    reader.end_command()
    return tuple(reader.commands)


def _step(reader: _Reader) -> None:
    text, index = reader.text, reader.index
    char = text[index]
    plain = _PLAIN.match(text, index)
    if plain is not None:
        reader.add(plain[0])
        reader.index = plain.end()
    elif char == "\\":
        if text.startswith("\r\n", index + 1):
            reader.index, reader.line = index + 3, reader.line + 1
        elif text.startswith("\n", index + 1):
            reader.index, reader.line = index + 2, reader.line + 1
        else:
            reader.add(text[index + 1 : index + 2])
            reader.index = index + 2
    elif char == "\n":
        reader.end_command()
        reader.index, reader.line = index + 1, reader.line + 1
    elif char.isspace():
        reader.end_word()
        reader.index = index + 1
    elif char == "#":
        if reader.word is None:
            newline = text.find("\n", index)
            reader.index = len(text) if newline < 0 else newline
        else:
            reader.add(char)
            reader.index = index + 1
    elif char in "'\"":
        _quoted(reader, char)
    elif char in "$`":
        _expansion(reader)
    else:
        # ; & | ( ) and their doubles; `2>&1` and `&>file` are redirections, not ends.
        redirects = char == "&" and (text[index - 1 : index] == ">" or text.startswith("&>", index))
        if redirects:
            reader.add(char)
        else:
            reader.end_command()
        reader.index = index + 1


def _quoted(reader: _Reader, quote: str) -> None:
    text, index = reader.text, reader.index + 1
    reader.add("")
    while index < len(text) and text[index] != quote:
        char = text[index]
        if quote == '"' and char == "\\" and index + 1 < len(text):
            follower = text[index + 1]
            if follower == "\n":
                reader.line += 1
            else:
                reader.add(follower if follower in '"\\$`' else char + follower)
            index += 2
            continue
        reader.add(char)
        reader.line += char == "\n"
        index += 1
    reader.index = index + 1


def _expansion(reader: _Reader) -> None:
    """`$(...)`, `${...}` and backquotes belong to their word whole, spaces included."""
    text, index = reader.text, reader.index
    if text[index] == "`":
        found = text.find("`", index + 1)
        end = len(text) if found < 0 else found + 1
    else:
        end = index + 1
        for opening, closing in _EXPANSIONS:
            if text.startswith(opening, index):
                end = _balanced(text, index + len(opening), opening[-1], closing)
                break
    piece = text[index:end]
    reader.add(piece)
    reader.line += piece.count("\n")
    reader.index = end


def _balanced(text: str, index: int, opening: str, closing: str) -> int:
    depth = len(closing)
    while index < len(text) and depth:
        if text[index] == opening:
            depth += 1
        elif text[index] == closing[0]:
            depth -= 1
        index += 1
    return index
