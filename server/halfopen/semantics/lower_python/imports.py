"""Imports of all forms."""

from __future__ import annotations

from sys import intern

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_python.reading import STATEMENTS, Reading
from halfopen.semantics.tree import Import, Imported, Statement


def _import(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """`import a, b.c as d`: one `Import` for each module."""
    base = reading.base
    start, end = node.start_byte - base, node.end_byte - base
    for child in node.named_children:
        kind = child.type
        child_start, child_end = child.start_byte - base, child.end_byte - base
        if kind == "dotted_name":
            # `import a.b` binds `a`, the outermost package.
            package = _dotted(child, reading).partition(".")[0]
            if package:
                names = (Imported(child_start, child_end, "*", intern(package)),)
                found.append(Import(start, end, package, names))
        elif kind == "aliased_import":
            module, alias = _aliased(child, reading)
            if module and alias:
                names = (Imported(child_start, child_end, "*", alias),)
                found.append(Import(start, end, module, names))


def _import_from(node: SyntaxNode, reading: Reading, found: list[Statement]) -> None:
    """`from module import a, b as c`, with the dots of a relative import kept."""
    base = reading.base
    module: str | None = "__future__" if node.type == "future_import_statement" else None
    names: list[Imported] = []
    for child in node.named_children:
        kind = child.type
        start, end = child.start_byte - base, child.end_byte - base
        if kind == "relative_import":
            module = _relative(child, reading)
        elif kind == "dotted_name":
            name = _dotted(child, reading)
            if module is None:
                module = name
            elif name:
                names.append(Imported(start, end, name, name))
        elif kind == "aliased_import":
            name, alias = _aliased(child, reading)
            if name and alias:
                names.append(Imported(start, end, name, alias))
        elif kind == "wildcard_import":
            names.append(Imported(start, end, "*", "*"))
    found.append(Import(node.start_byte - base, node.end_byte - base, module or "", tuple(names)))


def _dotted(node: SyntaxNode, reading: Reading) -> str:
    """The name without the blanks and line ends that may stand around its dots."""
    parts = [child for child in node.named_children if child.type == "identifier"]
    return intern(".".join(reading.text(part.start_byte, part.end_byte) for part in parts))


def _relative(node: SyntaxNode, reading: Reading) -> str:
    module = ""
    for child in node.named_children:
        kind = child.type
        if kind == "import_prefix":
            module += "." * reading.text(child.start_byte, child.end_byte).count(".")
        elif kind == "dotted_name":
            module += _dotted(child, reading)
    return intern(module)


def _aliased(node: SyntaxNode, reading: Reading) -> tuple[str, str]:
    """The imported name and the local one of `name as alias`."""
    name = alias = ""
    for child in node.named_children:
        kind = child.type
        if kind == "dotted_name":
            name = _dotted(child, reading)
        elif kind == "identifier":
            alias = intern(reading.text(child.start_byte, child.end_byte))
    return name, alias


STATEMENTS.update(
    {
        "import_statement": _import,
        "import_from_statement": _import_from,
        "future_import_statement": _import_from,
    }
)
