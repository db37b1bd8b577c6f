"""An import where the order of a file's imports wants it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from halfopen.edits.changes import FileChanges, Replacement
from halfopen.edits.python.source import Source, read


def add(text: bytes, module: str, name: str | None) -> FileChanges:
    """See `halfopen.edits.python.add_import`."""
    source = read(text)
    if source is None:
        return ()
    imports = _top_level_imports(source)
    if any(existing.gives(module, name) for existing in imports):
        return ()
    wanted = f"import {module}" if name is None else f"from {module} import {name}"
    for existing in imports:
        if name is not None and existing.module == module and isinstance(existing.node, cst.ImportFrom):
            edited = _with_name(source, existing.node, name)
            return source.changes(edited) if edited is not None else ()
    return _with_line(source, _leading(source, imports), module, wanted)


@dataclass(frozen=True, slots=True)
class _Existing:
    """One import statement of the file's top level, with the number of the statement that it stands in."""

    index: int
    node: cst.Import | cst.ImportFrom
    module: str

    def gives(self, module: str, name: str | None) -> bool:
        """Whether it binds the wanted thing under its own name."""
        if isinstance(self.node, cst.Import):
            return name is None and any(
                alias.asname is None and _dotted(alias.name) == module for alias in self.node.names
            )
        if self.module != module or name is None:
            return False
        if isinstance(self.node.names, cst.ImportStar):
            return False
        return any(alias.asname is None and _dotted(alias.name) == name for alias in self.node.names)

    @property
    def order(self) -> tuple[int, bool, str]:
        return _order(self.module, isinstance(self.node, cst.ImportFrom))


def _order(module: str, is_from: bool) -> tuple[int, bool, str]:
    """isort's order: the sections, `import` before `from`, then the names."""
    if module == "__future__":
        section = 0
    elif module.startswith("."):
        section = 3
    else:
        section = 1 if module.partition(".")[0] in sys.stdlib_module_names else 2
    return section, is_from, module.lower()


def _dotted(name: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(name).replace(" ", "")


def _top_level_imports(source: Source) -> list[_Existing]:
    found: list[_Existing] = []
    for index, line in enumerate(source.module.body):
        if not isinstance(line, cst.SimpleStatementLine):
            continue
        for node in line.body:
            if isinstance(node, cst.Import):
                found.append(_Existing(index, node, _dotted(node.names[0].name)))
            elif isinstance(node, cst.ImportFrom):
                dots = "." * len(node.relative)
                found.append(_Existing(index, node, dots + (_dotted(node.module) if node.module else "")))
    return found


def _leading(source: Source, imports: list[_Existing]) -> list[_Existing]:
    """The imports above the first definition: a new one belongs among them."""
    body = source.module.body
    kinds = cst.FunctionDef | cst.ClassDef
    first = next((index for index, each in enumerate(body) if isinstance(each, kinds)), len(body))
    return [each for each in imports if each.index < first]


def _with_name(source: Source, node: cst.ImportFrom, name: str) -> cst.Module | None:
    """The name among those that the statement imports: in order if they are, else last."""
    if isinstance(node.names, cst.ImportStar):
        return None
    aliases = list(node.names)
    names = [_dotted(alias.name) for alias in aliases]
    order = {each: (not each.isupper(), not each[:1].isupper(), each) for each in (*names, name)}
    sorted_already = sorted(names, key=order.__getitem__) == names
    index = (
        sum(order[each] < order[name] for each in names) if sorted_already and len(names) > 1 else len(names)
    )
    new = cst.ImportAlias(cst.Name(name))
    if index < len(aliases):
        aliases.insert(index, new.with_changes(comma=_separator(aliases)))
    else:
        last = aliases[-1]
        aliases[-1] = last.with_changes(comma=_separator(aliases))
        aliases.append(new.with_changes(comma=last.comma))
    return cst.ensure_type(source.module.deep_replace(node, node.with_changes(names=aliases)), cst.Module)


def _separator(aliases: Sequence[cst.ImportAlias]) -> cst.Comma:
    """The comma between two names, as the statement writes it."""
    for alias in aliases[:-1]:
        comma = alias.comma
        if isinstance(comma, cst.Comma) and not _has_comment(comma):
            return comma
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _has_comment(comma: cst.Comma) -> bool:
    return "#" in cst.Module([]).code_for_node(comma)


def _with_line(source: Source, imports: list[_Existing], module: str, code: str) -> FileChanges:
    """A new line: after the last import that sorts before it, else before the first one."""
    newline, order = source.newline, _order(module, code.startswith("from "))
    before = [existing for existing in imports if existing.order < order]
    if before:
        section = max(each.order[0] for each in before)
        last = [each for each in before if each.order[0] == section][-1]
        start = _line_after(source.text, source.span(last.index)[1])
        blank = "" if last.order[0] == order[0] else newline
        return _insertion(source, start, f"{blank}{code}{newline}")
    if imports:
        first = imports[0]
        blank = "" if first.order[0] == order[0] else newline
        return _insertion(source, source.span(first.index)[0], f"{code}{newline}{blank}")
    return _first_import(source, code)


def _first_import(source: Source, code: str) -> FileChanges:
    """The file's first import: below its docstring, or below the comments that it begins with."""
    newline, text = source.newline, source.text
    body = source.module.body
    if source.module.get_docstring() is not None and body:
        position = _line_after(text, source.span(0)[1])
    else:
        position = len(source.bom.encode())
        while text[position : position + 1] == b"#":
            position = _line_after(text, position)
    above = newline if position > len(source.bom.encode()) else ""
    rest = text[position:]
    below = newline if rest and not rest.startswith((b"\n", b"\r")) else ""
    return _insertion(source, position, f"{above}{code}{newline}{below}")


def _line_after(text: bytes, position: int) -> int:
    """The start of the line that follows the one of `position`."""
    end = text.find(b"\n", position)
    return len(text) if end < 0 else end + 1


def _insertion(source: Source, position: int, code: str) -> FileChanges:
    if position == len(source.text) and position and not source.text.endswith(b"\n"):
        code = source.newline + code
    return (Replacement(position, position, code),)
