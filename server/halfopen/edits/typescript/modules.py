"""New modules put beside a file, for the helpers that fixes import."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfopen.edits.changes import FileChanges, Replacement, apply
from halfopen.edits.typescript.style import style_of
from halfopen.edits.typescript.syntax import File, statements_of, tokens, walk

if TYPE_CHECKING:
    from halfopen.edits.typescript.syntax import Node
    from halfopen.source import SourceText

_ENDINGS = {
    ".ts": ".ts",
    ".tsx": ".ts",
    ".mts": ".mts",
    ".js": ".js",
    ".jsx": ".js",
    ".mjs": ".mjs",
}
"""The ending of a new module by that of the file that imports it."""

_WRITTEN = {".ts": ".js", ".mts": ".mjs"}
"""What an import calls a TypeScript module where the project writes endings: the name of its output."""

_TYPES = frozenset({"type_annotation", "type_parameters", "type_arguments", "implements_clause"})
_MODIFIERS = frozenset({"accessibility_modifier", "readonly", "override_modifier"})
_TYPE_STATEMENTS = frozenset({"interface_declaration", "type_alias_declaration"})
_MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class NewModule:
    """A module for a file to import: `changes` make it at `path`, and are empty where it is there already."""

    path: str
    specifier: str
    changes: FileChanges


def add_module(
    text_of: Callable[[str], SourceText | None], importer: str, name: str, source: str
) -> NewModule | None:
    """The module `source` (TypeScript) in a file of its own beside the file `importer`, called `name`.

    It is written in the importer's style, and without types for JavaScript. A file that holds the same code
    under that name is used as it is; one with other code stays, and the module gets a number. None where the
    importer cannot import: no module (CommonJS, a script of a page), or a kind of file that is not known.
    """
    ending = _ENDINGS.get(posixpath.splitext(importer)[1])
    text = text_of(importer)
    file = File.read(text.data) if text is not None else None
    module = File.read(source.encode())
    if ending is None or file is None or module is None or not _is_module(file, ending):
        return None
    if ending in {".js", ".mjs"}:
        module = File.read(without_types(module))
        if module is None:
            return None
    folder = posixpath.dirname(importer)
    for number in range(1, _MOST_NAMES):
        stem = name if number == 1 else f"{name}{number}"
        path = posixpath.join(folder, f"{stem}{ending}")
        specifier = f"./{stem}{_written_ending(file, ending)}"
        existing = text_of(path)
        if existing is None:
            written = style_of(file).restyled(module)
            return NewModule(path, specifier, (Replacement(0, 0, written),))
        there = File.read(existing.data)
        if there is not None and _code(there) == _code(module):
            return NewModule(path, specifier, ())
    return None


def without_types(file: File) -> bytes:
    """TypeScript as JavaScript: annotations, interfaces and type aliases are left out, with their comments."""
    changes: list[Replacement] = []
    stack = [file.root]
    while stack:
        node = stack.pop()
        removed = _removed(file, node)
        if removed is not None:
            changes.append(Replacement(*removed, ""))
            continue
        if node.type in {"as_expression", "satisfies_expression", "non_null_expression"}:
            changes.append(Replacement(node.named_children[0].end_byte, node.end_byte, ""))
            stack.append(node.named_children[0])
            continue
        stack.extend(node.children)
    return apply(file.text, changes)


def _removed(file: File, node: Node) -> tuple[int, int] | None:
    """What goes with a node that says only types; None where it stays."""
    parent = node.parent
    if node.type in _TYPES:
        return node.start_byte, node.end_byte
    if node.type in _MODIFIERS:
        following = node.next_sibling
        return node.start_byte, following.start_byte if following is not None else node.end_byte
    if (
        node.type == "?"
        and parent is not None
        and parent.type in {"optional_parameter", "property_signature"}
    ):
        return node.start_byte, node.end_byte
    declared = node.child_by_field_name("declaration") if node.type == "export_statement" else node
    is_type = declared is not None and declared.type in _TYPE_STATEMENTS
    is_type |= node.type == "import_statement" and any(child.type == "type" for child in node.children)
    if not is_type:
        return None
    start = node
    while (above := start.prev_named_sibling) is not None and above.type == "comment":
        if file.text[above.end_byte : start.start_byte].count(b"\n") != 1:
            break
        start = above
    end = node.end_byte
    while file.text[end : end + 1] in {b"\n", b"\r"}:
        end += 1
    return start.start_byte, end


def _is_module(file: File, ending: str) -> bool:
    """Whether a file may say `import`: it does already, or exports, or is TypeScript without `require`."""
    kinds = {each.type for each in file.root.named_children}
    if kinds & {"import_statement", "export_statement"} or ending == ".mjs":
        return True
    return ending in {".ts", ".mts"} and not any(
        node.type == "call_expression" and (callee := node.child_by_field_name("function")) is not None
        and file.of(callee) == "require"
        for node in walk(file.root)
    )  # fmt: skip


def _written_ending(file: File, ending: str) -> str:
    """The ending that an import needs, as the file's own relative imports have it."""
    own = [
        file.of(source)[1:-1]
        for node in file.root.named_children
        if node.type == "import_statement" and (source := node.child_by_field_name("source")) is not None
    ]
    relative = [posixpath.splitext(each)[1] for each in own if each.startswith(".")]
    written = _WRITTEN.get(ending, ending)
    if not relative:
        return "" if ending == ".ts" else written
    if ending in relative:
        return ending
    return written if written in relative or ending in {".mjs", ".mts"} else ""


def _code(file: File) -> list[tuple[str, ...]]:
    return [tokens(file, each) for each in statements_of(file.root)]
