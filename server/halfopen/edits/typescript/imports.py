"""Named imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from halfopen.edits.changes import FileChanges, Replacement
from halfopen.edits.typescript.style import style_of
from halfopen.edits.typescript.syntax import File

if TYPE_CHECKING:
    from halfopen.edits.typescript.syntax import Node


def add_named_import(text: bytes, module: str, name: str) -> FileChanges:
    """`import { name } from 'module'`, unless the file has it.

    An import of the module that takes names gets this one too; otherwise a new line follows the last
    import.
    """
    file = File.read(text)
    if file is None:
        return ()
    imports = [node for node in file.root.named_children if node.type == "import_statement"]
    own = [node for node in imports if _module(file, node) == module and not _is_type_only(file, node)]
    if any(name in _names(file, node) for node in own):
        return ()
    for node in own:
        changes = _extended(file, node, name)
        if changes:
            return file.safe(changes)
    return file.safe(_new_line(file, imports, f"import {{ {name} }} from ", module))


def _module(file: File, node: Node) -> str:
    source = node.child_by_field_name("source")
    return file.of(source)[1:-1] if source is not None else ""


def _is_type_only(file: File, node: Node) -> bool:
    return any(child.type in {"type", "typeof"} for child in node.children)


def _clause(node: Node) -> Node | None:
    return next((child for child in node.named_children if child.type == "import_clause"), None)


def _part(node: Node | None, kind: str) -> Node | None:
    return next((child for child in node.named_children if child.type == kind), None) if node else None


def _names(file: File, node: Node) -> set[str]:
    """The names that an import takes under their own name, and as values."""
    named = _part(_clause(node), "named_imports")
    if named is None:
        return set()
    return {
        file.of(each)
        for each in named.named_children
        if each.type == "import_specifier" and len(each.children) == 1
    }


def _extended(file: File, node: Node, name: str) -> FileChanges:
    """The name among those of an import, or beside its default; nothing for `* as` and side effects."""
    clause = _clause(node)
    if clause is None or _part(clause, "namespace_import") is not None:
        return ()
    named = _part(clause, "named_imports")
    if named is None:
        return (Replacement(clause.end_byte, clause.end_byte, f", {{ {name} }}"),)
    taken = [child for child in named.named_children if child.type == "import_specifier"]
    if not taken:
        return (Replacement(named.start_byte, named.end_byte, f"{{ {name} }}"),)
    last = taken[-1]
    following = last.next_sibling
    comma = following if following is not None and following.type == "," else None
    at = comma.end_byte if comma is not None else last.end_byte
    lead = "" if comma is not None else ","
    trail = "," if comma is not None else ""
    if file.begins_line(last.start_byte):
        style = style_of(file)
        indent = file.indentation(last.start_byte)
        after = file.line_end(at)
        if lead:
            return (
                Replacement(last.end_byte, last.end_byte, ","),
                Replacement(after, after, f"{style.newline}{indent}{name}"),
            )
        return (Replacement(after, after, f"{style.newline}{indent}{name}{trail}"),)
    return (Replacement(at, at, f"{lead} {name}{trail}"),)


def _new_line(file: File, imports: list[Node], head: str, module: str) -> FileChanges:
    style = style_of(file)
    line = style.end(f"{head}{style.quote}{module}{style.quote}")
    if imports:
        at = file.line_end(imports[-1].end_byte)
        return (Replacement(at, at, f"{style.newline}{line}"),)
    at = _below_directives(file)
    if at == 0:
        return (Replacement(0, 0, f"{line}{style.newline}{style.newline}"),)
    return (Replacement(at, at, f"{style.newline}{style.newline}{line}"),)


def _below_directives(file: File) -> int:
    """The end of the shebang, the file's own comments and `'use client'`; 0 where there are none.

    A comment right above the first statement belongs to that statement.
    """
    end = 0
    for child in file.root.named_children:
        following = child.next_named_sibling
        if child.type == "comment":
            apart = following is None or following.start_point.row > child.end_point.row + 1
            end = file.line_end(child.end_byte) if apart else end
        elif child.type == "hash_bang_line" or _is_directive(child):
            end = file.line_end(child.end_byte)
        else:
            break
    return end


def _is_directive(node: Node) -> bool:
    return node.type == "expression_statement" and node.named_children[0].type == "string"
