"""Statements put into blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from halfopen.edits.changes import FileChanges, Replacement
from halfopen.edits.typescript.style import CONTINUES, Code, Style, style_of
from halfopen.edits.typescript.syntax import (
    FUNCTIONS,
    STATEMENT_PARENTS,
    File,
    declared_in,
    names_used,
    own_end,
    statements_of,
    tokens,
    unwrapped,
)

if TYPE_CHECKING:
    from halfopen.edits.typescript.syntax import Node


def insert_statement_before(text: bytes, statement: tuple[int, int], code: str) -> FileChanges:
    """`code` on lines of its own above a statement, and above the comments that belong to it."""
    found = _find(text, statement, code)
    if found is None:
        return ()
    file, node, new = found
    style = style_of(file)
    previous = node.prev_named_sibling
    while previous is not None and previous.type == "comment" and _directly_above(file, previous, node):
        node, previous = previous, previous.prev_named_sibling
    if previous is not None and tokens(file, previous) == tokens(new.file, new.statements[0]):
        return ()
    indent = file.indentation(node.start_byte)
    if not file.begins_line(node.start_byte):
        return ()
    below = file.text[node.start_byte :].decode()
    written = style.write(new, indent, before=below)
    at = node.start_byte
    return file.safe((Replacement(at, at, f"{written}{style.newline}{indent}"),))


def insert_statement_after(text: bytes, statement: tuple[int, int], code: str) -> FileChanges:
    """`code` on lines of its own below a statement and the comment at the end of its line."""
    found = _find(text, statement, code)
    if found is None:
        return ()
    file, node, new = found
    style = style_of(file)
    following = node.next_named_sibling
    end = at = own_end(node)
    if end == node.end_byte:
        while following is not None and following.type == "comment" and _on_line_of(following, node):
            at, following = following.end_byte, following.next_named_sibling
        if following is not None and _on_line_of(following, node):
            return ()
    if following is not None and tokens(file, following) == tokens(new.file, new.statements[0]):
        return ()
    indent = file.indentation(node.start_byte)
    written = style.write(new, indent, before=file.text[at:].decode())
    changes: FileChanges = (Replacement(at, at, f"{style.newline}{indent}{written}"),)
    if written.startswith(CONTINUES) and not file.text[:end].endswith((b";", b"}")):
        changes = (Replacement(end, end, ";"), *changes)
    return file.safe(changes)


def add_first_statements(text: bytes, function: tuple[int, int], statements: Sequence[str]) -> FileChanges:
    """Statements that a function begins with; those that it has already are left out.

    An arrow whose body is an expression gets a block that returns that expression.
    """
    file, code = File.read(text), Code.parse(statements)
    node = file.node(function, FUNCTIONS) if file is not None else None
    if file is None or code is None or node is None or node.has_error:
        return ()
    return file.safe(begin_with(file, style_of(file), node, code, keeps_value=True))


def begin_with(file: File, style: Style, function: Node, code: Code, *, keeps_value: bool) -> FileChanges:
    """The changes that put statements first in a function; with `keeps_value` an arrow's value stays."""
    body = function.child_by_field_name("body")
    if body is None:
        return ()
    local = {name for name, _, _ in declared_in(file, function)}
    if any(local & names_used(code.file, statement) for statement in code.statements):
        return ()
    if body.type != "statement_block":
        return _into_block(file, style, function, body, code, keeps_value)
    missing = code.missing_from(file, body)
    return into_start(file, style, body, missing) if missing is not None else ()


def into_start(file: File, style: Style, block: Node, code: Code) -> FileChanges:
    """Statements at the start of a block, after a comment on its first line."""
    outer, inner = block_indentation(file, style, block)
    opening = block.start_byte + 1
    children = block.named_children
    if not children:
        written = style.write(code, inner)
        return (Replacement(opening, block.end_byte - 1, _lines(style, inner, written, outer)),)
    first, at = children[0], opening
    if first.type == "comment" and not file.begins_line(first.start_byte) and _is_line_comment(file, first):
        at = first.end_byte
    below = next((file.of(each) for each in statements_of(block)), "")
    written = style.write(code, inner, before=below)
    if b"\n" in file.text[at : block.end_byte] and (at != opening or file.begins_line(first.start_byte)):
        return (Replacement(at, at, f"{style.newline}{inner}{written}"),)
    return (
        Replacement(opening, first.start_byte, f"{_lines(style, inner, written, inner)}"),
        *closed(file, style, block, outer),
    )


def into_end(file: File, style: Style, block: Node, written: str) -> FileChanges:
    """A written statement as the last of a block."""
    outer, inner = block_indentation(file, style, block)
    children = block.named_children
    if not children:
        return (Replacement(block.start_byte + 1, block.end_byte - 1, _lines(style, inner, written, outer)),)
    changes: list[Replacement] = []
    first, last = children[0], children[-1]
    if not file.begins_line(first.start_byte) and first.type != "comment":
        changes.append(Replacement(block.start_byte + 1, first.start_byte, f"{style.newline}{inner}"))
    gap = file.text[last.end_byte : block.end_byte - 1]
    if b"\n" in gap:
        changes.append(Replacement(last.end_byte, last.end_byte, f"{style.newline}{inner}{written}"))
    else:
        text = f"{style.newline}{inner}{written}{style.newline}{outer}"
        changes.append(Replacement(last.end_byte, block.end_byte - 1, text))
    return tuple(changes)


def closed(file: File, style: Style, block: Node, outer: str) -> FileChanges:
    """The closing brace on a line of its own."""
    last = block.named_children[-1]
    if b"\n" in file.text[last.end_byte : block.end_byte - 1]:
        return ()
    return (Replacement(last.end_byte, block.end_byte - 1, f"{style.newline}{outer}"),)


def block_indentation(file: File, style: Style, block: Node) -> tuple[str, str]:
    """The indentation of a block's closing brace, and that of its statements."""
    outer = file.indentation(block.start_byte)
    closing = block.end_byte - 1
    if file.begins_line(closing):
        outer = file.indentation(closing)
    for child in block.named_children:
        if file.begins_line(child.start_byte):
            return outer, file.indentation(child.start_byte)
    return outer, outer + style.unit


def _into_block(
    file: File, style: Style, function: Node, body: Node, code: Code, keeps_value: bool
) -> FileChanges:
    """An arrow's expression becomes the last statement of a block that begins with the code."""
    if {tokens(file, body)} == {tokens(code.file, each) for each in code.statements}:
        return ()
    outer = file.indentation(function.start_byte)
    inner = outer + style.unit
    start = body.start_byte
    before = file.text[: body.start_byte].rstrip()
    if before.endswith(b"=>"):
        start = len(before)
    value = unwrapped(body) if body.type == "parenthesized_expression" else body
    head = "return " if keeps_value else ""
    shown = file.of(
        body if value.type == "object" or b"\n" in file.text[body.start_byte : body.end_byte] else value
    )
    written = style.write(code, inner, before=f"{head}{shown}")
    opening = f" {{{style.newline}{inner}{written}{style.newline}{inner}{head}"
    content = value if shown == file.of(value) else body
    end = f"{';' if style.semicolons else ''}{style.newline}{outer}}}"
    return (
        Replacement(start, content.start_byte, opening),
        Replacement(content.end_byte, body.end_byte, end),
    )


def _lines(style: Style, inner: str, written: str, outer: str) -> str:
    return f"{style.newline}{inner}{written}{style.newline}{outer}"


def _find(text: bytes, statement: tuple[int, int], code: str) -> tuple[File, Node, Code] | None:
    """The statement at a byte range, as the child of a block, with the parsed code."""
    file, new = File.read(text), Code.parse([code])
    if file is None or new is None:
        return None
    node = file.root.descendant_for_byte_range(*statement)
    while node is not None and (node.parent is None or node.parent.type not in STATEMENT_PARENTS):
        node = node.parent
    if node is None or node.has_error or node.start_byte > statement[0] or node.end_byte < statement[1]:
        return None
    return file, node, new


def _directly_above(file: File, comment: Node, node: Node) -> bool:
    between = file.text[comment.end_byte : node.start_byte]
    return between.count(b"\n") == 1 and file.begins_line(comment.start_byte)


def _on_line_of(following: Node, node: Node) -> bool:
    return following.start_point.row == node.end_point.row


def _is_line_comment(file: File, comment: Node) -> bool:
    return file.of(comment).startswith("//")
