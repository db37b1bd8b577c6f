"""How a file is written - semicolons, quotes, indentation, line ends - and code written the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from halfopen.edits.changes import Replacement, apply
from halfopen.edits.typescript.syntax import File, own_end, statements_of, tokens, walk

if TYPE_CHECKING:
    from halfopen.edits.typescript.syntax import Node

_ENDED = frozenset(
    {
        "expression_statement",
        "lexical_declaration",
        "variable_declaration",
        "return_statement",
        "import_statement",
        "throw_statement",
        "break_statement",
        "continue_statement",
    }
)
CONTINUES = ("(", "[", "`", "+", "-", "/", "*", ".", ",")
"""What a line may begin with to continue the one above it where that has no semicolon."""


@dataclass(frozen=True, slots=True)
class Code:
    """One or more statements in plain style, parsed."""

    file: File
    statements: tuple[Node, ...]

    @classmethod
    def parse(cls, statements: Sequence[str]) -> Code | None:
        """None where one is not exactly one statement."""
        file = File.read("\n".join(statements).encode())
        if file is None or file.root.has_error:
            return None
        nodes = statements_of(file.root)
        return cls(file, tuple(nodes)) if nodes and len(nodes) == len(statements) else None

    def missing_from(self, file: File, block: Node) -> Code | None:
        """The statements that a block does not have among its own; None where it has them all."""
        there = {tokens(file, each) for each in statements_of(block)}
        missing = tuple(each for each in self.statements if tokens(self.file, each) not in there)
        return Code(self.file, missing) if missing else None


class Style:
    """The style of one file, found out as far as it is asked for."""

    def __init__(self, file: File) -> None:
        self._file = file

    @cached_property
    def newline(self) -> str:
        return "\r\n" if b"\r\n" in self._file.text else "\n"

    @cached_property
    def semicolons(self) -> bool:
        counted = Counter(
            node.children[-1].type == ";" and own_end(node) == node.end_byte
            for node in walk(self._file.root)
            if node.type in _ENDED and node.children
        )
        return counted[True] >= counted[False]

    @cached_property
    def quote(self) -> str:
        counted = Counter(
            self._file.of(node)[0]
            for node in walk(self._file.root)
            if node.type == "string" and (node.parent is None or node.parent.type != "jsx_attribute")
        )
        return '"' if counted['"'] > counted["'"] else "'"

    @cached_property
    def unit(self) -> str:
        """One level of indentation: that of the file's blocks, by majority."""
        counted: Counter[str] = Counter()
        for node in walk(self._file.root):
            if node.type == "statement_block" and node.named_children:
                first = node.named_children[0]
                if not self._file.begins_line(first.start_byte):
                    continue
                outer = self._file.indentation(node.end_byte - 1)
                inner = self._file.indentation(first.start_byte)
                if inner.startswith(outer) and len(inner) > len(outer):
                    counted[inner[len(outer) :]] += 1
        return counted.most_common(1)[0][0] if counted else "  "

    def write(self, code: Code, indent: str, *, before: str = "") -> str:
        """The statements in this style, one below the other; the first line has no indentation.

        `before` is the code that will follow: a semicolon stays where that would continue the last
        statement.
        """
        written = [self._statement(code.file, node, indent) for node in code.statements]
        for index, statement in enumerate(written):
            following = written[index + 1] if index + 1 < len(written) else before.lstrip()
            if following.startswith(CONTINUES) and not statement.endswith((";", "}")):
                written[index] = statement + ";"
        return f"{self.newline}{indent}".join(written)

    def restyled(self, file: File) -> str:
        """A whole file in this style; what stands between its statements stays."""
        written, position = "", 0
        for node in file.root.named_children:
            written += file.text[position : node.start_byte].decode().replace("\n", self.newline)
            shown = file.of(node) if node.type == "comment" else self._statement(file, node, "")
            written += shown.replace("\r\n", "\n").replace("\n", self.newline)
            position = node.end_byte
        return written + self.newline

    def end(self, code: str) -> str:
        """A statement with its semicolon, where the file has them."""
        return code.rstrip(";") + (";" if self.semicolons else "")

    def _statement(self, file: File, statement: Node, indent: str) -> str:
        changes: list[Replacement] = []
        for node in walk(statement):
            if node.type == ";" and not self.semicolons and self._droppable(file, node):
                changes.append(Replacement(node.start_byte, node.end_byte, ""))
            elif node.type in _ENDED and self.semicolons and node.children[-1].type != ";":
                changes.append(Replacement(node.end_byte, node.end_byte, ";"))
            elif node.type == "string" and node.is_named:
                content = file.of(node)[1:-1]
                if not any(character in content for character in "\"'\\"):
                    text = f"{self.quote}{content}{self.quote}"
                    changes.append(Replacement(node.start_byte, node.end_byte, text))
        shifted = [
            Replacement(each.start - statement.start_byte, each.end - statement.start_byte, each.text)
            for each in changes
        ]
        code = apply(file.text[statement.start_byte : statement.end_byte], shifted).decode()
        return f"{self.newline}".join(self._line(line, indent) for line in code.split("\n")).lstrip()

    def _line(self, line: str, indent: str) -> str:
        content = line.lstrip(" ")
        levels = (len(line) - len(content)) // 2
        return f"{indent}{self.unit * levels}{content}" if content else ""

    def _droppable(self, file: File, semicolon: Node) -> bool:
        parent = semicolon.parent
        if parent is None or parent.type not in _ENDED:
            return False
        following = file.text[semicolon.end_byte :].decode().lstrip()
        same_line = file.text[semicolon.end_byte : semicolon.end_byte + 1] == b" "
        return not same_line and not following.startswith(CONTINUES)


@lru_cache(maxsize=2)
def style_of(file: File) -> Style:
    """The style of a file; of the last files it is known already."""
    return Style(file)
