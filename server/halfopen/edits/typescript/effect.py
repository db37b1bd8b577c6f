"""The cleanup of an effect: added, or extended in whatever form it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfopen.edits.changes import FileChanges, Replacement
from halfopen.edits.typescript.insertion import begin_with, block_indentation, into_end
from halfopen.edits.typescript.style import Code, Style, style_of
from halfopen.edits.typescript.syntax import (
    FUNCTIONS,
    File,
    ancestors,
    declared_in,
    names_used,
    statements_of,
    tokens,
    unwrapped,
    walk,
)

if TYPE_CHECKING:
    from halfopen.edits.typescript.syntax import Node


def add_effect_cleanup(
    text: bytes, callback: tuple[int, int], statements: Sequence[str], *, after: int | None = None
) -> FileChanges:
    """The effect whose callback stands at a byte range returns a cleanup that runs `statements`.

    They come first in a cleanup that exists, whether it is a block, an expression or a function by
    name. `after` is the byte offset of what they release: an exit of the effect behind it without
    cleanup makes the change unsafe, and none is made. Nor is one where a name they use is not in
    reach, or where the effect's result is not known to be a function or nothing.
    """
    file, code = File.read(text), Code.parse(statements)
    if file is None or code is None:
        return ()
    function = file.node(callback, FUNCTIONS)
    if function is None or function.has_error or file.of(function).startswith("async"):
        return ()
    body = function.child_by_field_name("body")
    if body is None:
        return ()
    effect = _Effect(file, style_of(file), function, body, code)
    if body.type == "statement_block":
        return file.safe(effect.in_block(after))
    return file.safe(effect.in_expression())


@dataclass(frozen=True, slots=True)
class _Effect:
    file: File
    style: Style
    function: Node
    body: Node
    code: Code

    def in_block(self, after: int | None) -> FileChanges:
        """The change where the callback has a block."""
        returns = [
            (node, _value(self.file, node))
            for node in walk(self.body, functions=False)
            if node.type == "return_statement"
        ]
        acquired = self._acquired() if after is None else after
        cleanups = [(node, value) for node, value in returns if value is not None]
        bare = [node for node, value in returns if value is None and node.start_byte > acquired]
        last = statements_of(self.body)[-1:]
        if len(cleanups) == 1 and not bare:
            node, value = cleanups[0]
            block = node.parent
            if block is None or block.type != "statement_block" or node.start_byte < acquired:
                return ()
            if not block.start_byte <= acquired < block.end_byte and block.id != self.body.id:
                return ()
            return self._extended(node, value) if self._in_reach(node) else ()
        if cleanups or not self._in_reach(self.body):
            return ()
        if [node.id for node in bare] == [node.id for node in last]:
            return self._added(replacing=bare[0] if bare else None)
        if bare or (last and last[0].type == "throw_statement"):
            return ()
        return self._added(replacing=None)

    def in_expression(self) -> FileChanges:
        """The change where the callback is an arrow with an expression."""
        value = unwrapped(self.body)
        if value.type in FUNCTIONS:
            return begin_with(self.file, self.style, value, self.code, keeps_value=False)
        if not self._gives_nothing(value) or not self._in_reach(self.body):
            return ()
        file, style = self.file, self.style
        outer = file.indentation(self.function.start_byte)
        inner = outer + style.unit
        before = file.text[: self.body.start_byte].rstrip()
        start = len(before) if before.endswith(b"=>") else self.body.start_byte
        content = value.named_children[0] if self._is_void(value) else value
        ended = style.end("")
        cleanup = self._cleanup(inner)
        opening = f" {{{style.newline}{inner}"
        closing = f"{ended}{style.newline}{inner}{cleanup}{style.newline}{outer}}}"
        return (
            Replacement(start, content.start_byte, opening),
            Replacement(content.end_byte, self.body.end_byte, closing),
        )

    def _added(self, replacing: Node | None) -> FileChanges:
        """A cleanup where the effect has none; a last `return` without value makes way for it."""
        _, inner = block_indentation(self.file, self.style, self.body)
        cleanup = self._cleanup(inner)
        if replacing is not None:
            return (Replacement(replacing.start_byte, replacing.end_byte, cleanup),)
        return into_end(self.file, self.style, self.body, cleanup)

    def _cleanup(self, indent: str, last: str = "") -> str:
        """`return () => {...}` at an indentation, with `last` as its final statement."""
        style, inner = self.style, indent + self.style.unit
        lines = style.write(self.code, inner, before=last)
        if last:
            lines += f"{style.newline}{inner}{style.end(last)}"
        return style.end(f"return () => {{{style.newline}{inner}{lines}{style.newline}{indent}}}")

    def _extended(self, statement: Node, value: Node) -> FileChanges:
        """The cleanup that a `return` gives, with the statements first."""
        value = unwrapped(value)
        if value.type in FUNCTIONS:
            return begin_with(self.file, self.style, value, self.code, keeps_value=False)
        if value.type != "identifier":
            return ()
        name = self.file.of(value)
        function = self._function_named(name, value)
        if function is None:
            return ()
        own = self.body.start_byte <= function.start_byte < self.body.end_byte
        if own and self._mentions(name) == 2:
            return begin_with(self.file, self.style, function, self.code, keeps_value=False)
        indent = self.file.indentation(statement.start_byte)
        cleanup = self._cleanup(indent, last=f"{name}()")
        return (Replacement(statement.start_byte, statement.end_byte, cleanup),)

    def _mentions(self, name: str) -> int:
        return sum(each.type == "identifier" and self.file.of(each) == name for each in walk(self.body))

    def _function_named(self, name: str, where: Node) -> Node | None:
        """The function that a name stands for at a place, where the file itself shows it."""
        around = {node.id for node in ancestors(where)}
        found = [
            declaration
            for declared, declaration, scope in declared_in(self.file, self.file.root)
            if declared == name and scope.id in around
        ]
        if not found:
            return None
        declaration = max(found, key=lambda node: node.start_byte)
        if declaration.type == "function_declaration":
            return declaration
        value = (
            declaration.child_by_field_name("value") if declaration.type == "variable_declarator" else None
        )
        if value is None:
            return None
        value = unwrapped(value)
        callee = value.child_by_field_name("function")
        if callee is not None and self.file.of(callee) in {"useCallback", "React.useCallback"}:
            arguments = value.child_by_field_name("arguments")
            value = arguments.named_children[0] if arguments and arguments.named_children else value
        return value if value.type in FUNCTIONS else None

    def _gives_nothing(self, value: Node) -> bool:
        """Whether an expression's value is surely no cleanup."""
        if self._is_void(value) or value.type == "new_expression":
            return True
        callee = value.child_by_field_name("function") if value.type == "call_expression" else None
        if callee is None or callee.type != "identifier":
            return False
        function = self._function_named(self.file.of(callee), callee)
        if function is None:
            return False
        if self.file.of(function).startswith("async"):
            return True
        body = function.child_by_field_name("body")
        return (
            body is not None
            and body.type == "statement_block"
            and all(
                _value(self.file, node) is None
                for node in walk(body, functions=False)
                if node.type == "return_statement"
            )
        )

    def _is_void(self, value: Node) -> bool:
        return value.type == "unary_expression" and self.file.of(value).startswith("void ")

    def _in_reach(self, place: Node) -> bool:
        """Whether the names that the statements use mean the same in a cleanup at this place."""
        around = {node.id for node in ancestors(place)}
        used = {name for each in self.code.statements for name in names_used(self.code.file, each)}
        inside: dict[str, bool] = {}
        for name, _, scope in declared_in(self.file, self.function):
            if name in used:
                inside[name] = inside.get(name, False) or scope.id in around
        return all(inside.values())

    def _acquired(self) -> int:
        """Where the last of the names that the statements use is declared in the effect."""
        used = {name for each in self.code.statements for name in names_used(self.code.file, each)}
        places = [node.start_byte for name, node, _ in declared_in(self.file, self.body) if name in used]
        return max(places, default=self.body.start_byte)


def _value(file: File, statement: Node) -> Node | None:
    """What a `return` gives; None for nothing, `undefined` and `null`."""
    values = [child for child in statement.named_children if child.type != "comment"]
    if not values or tokens(file, values[0]) in {("undefined",), ("null",), ("void", "0")}:
        return None
    return values[0]
