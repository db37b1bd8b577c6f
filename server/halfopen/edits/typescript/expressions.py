"""Expressions put around others, options given to calls, and declarations for what they use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from halfopen.edits.changes import FileChanges, Replacement
from halfopen.edits.typescript.style import Code, Style, style_of
from halfopen.edits.typescript.syntax import File

if TYPE_CHECKING:
    from halfopen.edits.typescript.syntax import Node

_CALLS = frozenset({"call_expression", "new_expression"})
_CLASSES = frozenset({"class_declaration", "class", "abstract_class_declaration"})


def replace_expression(text: bytes, span: tuple[int, int], code: str) -> FileChanges:
    """`code` in place of the expression at a byte range; `{}` in it stands for what was there."""
    file = File.read(text)
    if file is None:
        return ()
    node = file.root.descendant_for_byte_range(*span)
    if node is None or (node.start_byte, node.end_byte) != span or node.has_error:
        return ()
    return file.safe((Replacement(*span, code.replace("{}", file.of(node))),))


def add_options(
    text: bytes, call: tuple[int, int], position: int, entries: Sequence[tuple[str, str]]
) -> FileChanges:
    """Entries of the object that is a call's argument at `position`; those whose name it has stay as they are.

    An argument right behind the last one is added; nothing is done where the argument is no object literal.
    """
    file = File.read(text)
    node = file.node(call, _CALLS) if file is not None else None
    listed = node.child_by_field_name("arguments") if node is not None else None
    if file is None or node is None or listed is None or node.has_error:
        return ()
    arguments = [child for child in listed.named_children if child.type != "comment"]
    style, outer = style_of(file), file.indentation(node.start_byte)
    if len(arguments) == position:
        written = _object(style, outer, entries)
        if not arguments:
            return file.safe((Replacement(listed.start_byte + 1, listed.end_byte - 1, written),))
        end = arguments[-1].end_byte
        return file.safe((Replacement(end, end, f", {written}"),))
    if position >= len(arguments) or arguments[position].type != "object":
        return ()
    return file.safe(_into_object(file, style, arguments[position], entries))


def _object(style: Style, outer: str, entries: Sequence[tuple[str, str]]) -> str:
    inner = outer + style.unit
    lines = "".join(f"{inner}{name}: {value},{style.newline}" for name, value in entries)
    return f"{{{style.newline}{lines}{outer}}}"


def _into_object(file: File, style: Style, node: Node, entries: Sequence[tuple[str, str]]) -> FileChanges:
    children = [child for child in node.named_children if child.type != "comment"]
    there = {file.of(_key_of(child)).strip("'\"") for child in children}
    missing = [each for each in entries if each[0] not in there]
    if not missing:
        return ()
    if not children:
        outer = file.indentation(node.start_byte)
        return (Replacement(node.start_byte, node.end_byte, _object(style, outer, missing)),)
    last = children[-1]
    following = last.next_sibling
    comma = following is not None and following.type == ","
    at = following.end_byte if comma and following is not None else last.end_byte
    if file.begins_line(last.start_byte):
        indent = file.indentation(last.start_byte)
        end = file.line_end(at)
        lines = ",".join(f"{style.newline}{indent}{name}: {value}" for name, value in missing)
        tail = "," if comma else ""
        lead = () if comma else (Replacement(at, at, ","),)
        return (*lead, Replacement(end, end, f"{lines}{tail}"))
    written = ", ".join(f"{name}: {value}" for name, value in missing)
    return (Replacement(at, at, f"{' ' if comma else ', '}{written}"),)


def _key_of(member: Node) -> Node:
    """What an entry of an object is called by; a shorthand is its own name."""
    return member.child_by_field_name("key") or member.child_by_field_name("name") or member


def insert_at_top_level(text: bytes, position: int, code: str) -> FileChanges:
    """A statement of its own before the top-level statement around a place, and before that one's comments."""
    file, new = File.read(text), Code.parse([code])
    if file is None or new is None:
        return ()
    node = next(
        (child for child in file.root.named_children if child.start_byte <= position < child.end_byte), None
    )
    if node is None or node.type == "comment":
        return ()
    while (above := node.prev_named_sibling) is not None and above.type == "comment":
        if file.text[above.end_byte : node.start_byte].count(b"\n") != 1 or above.start_byte == 0:
            break
        node = above
    style, at = style_of(file), node.start_byte
    written = style.write(new, "", before=file.text[at:].decode())
    return file.safe((Replacement(at, at, f"{written}{style.newline}{style.newline}"),))


def add_class_field(text: bytes, klass: tuple[int, int], code: str) -> FileChanges:
    """A field as the first member of the class at a byte range."""
    file = File.read(text)
    node = file.node(klass, _CLASSES) if file is not None else None
    body = node.child_by_field_name("body") if node is not None else None
    if file is None or body is None or body.has_error:
        return ()
    members = [child for child in body.named_children if child.type != "comment"]
    if not members or not file.begins_line(members[0].start_byte):
        return ()
    style, first = style_of(file), members[0]
    while (above := first.prev_named_sibling) is not None and above.type == "comment":
        if not file.begins_line(above.start_byte):
            break
        first = above
    indent = file.indentation(first.start_byte)
    at = first.start_byte
    return file.safe((Replacement(at, at, f"{style.end(code)}{style.newline}{indent}"),))
