"""Imports and exports, of ECMAScript modules and of CommonJS."""

from __future__ import annotations

from tree_sitter import Node as SyntaxNode

from halfopen.semantics.lower_typescript.expressions import bound_names
from halfopen.semantics.lower_typescript.functions import class_declaration
from halfopen.semantics.lower_typescript.literals import string_value
from halfopen.semantics.lower_typescript.reading import (
    NOT_CODE,
    STATEMENTS,
    Reading,
    expression,
    first_part,
    name,
    statement,
)
from halfopen.semantics.tree import (
    Assign,
    Call,
    Export,
    Expr,
    Import,
    Imported,
    Literal,
    Member,
    Name,
    Object,
    Statement,
)

# --- imports -----------------------------------------------------------------------------------


def _import(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """Every form of `import`. Names marked `type` one by one become an import of their own."""
    module = ""
    names: list[Imported] = []
    types: list[Imported] = []
    type_only = False
    for child in node.children:
        kind = child.type
        if kind in ("type", "typeof"):
            type_only = True
        elif kind == "string":
            module = string_value(child, reading)
        elif kind == "import_clause":
            for part in child.named_children:
                _add_imported(part, names, types, reading)
        elif kind == "import_require_clause":
            source = child.child_by_field_name("source")
            module = "" if source is None else string_value(source, reading)
            names += [
                _imported(part, "*", reading) for part in child.named_children if part.type == "identifier"
            ]
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    if not types:
        return (Import(start, end, module, tuple(names), type_only),)
    only_types = Import(start, end, module, tuple(types), True)
    return (Import(start, end, module, tuple(names), type_only), only_types) if names else (only_types,)


def _add_imported(node: SyntaxNode, names: list[Imported], types: list[Imported], reading: Reading) -> None:
    kind = node.type
    if kind == "identifier":
        names.append(_imported(node, "default", reading))
    elif kind == "namespace_import":
        names += [_imported(part, "*", reading) for part in node.named_children if part.type == "identifier"]
    elif kind == "named_imports":
        for part in node.named_children:
            if part.type == "import_specifier":
                # The keyword, and not a name "type": that one is an identifier.
                is_type = part.child(0).type in ("type", "typeof")
                (types if is_type else names).append(_specifier(part, reading))


def _imported(node: SyntaxNode, exported: str, reading: Reading) -> Imported:
    start, end = node.start_byte, node.end_byte
    return Imported(start - reading.base, end - reading.base, exported, reading.text(start, end))


def _specifier(node: SyntaxNode, reading: Reading) -> Imported:
    exported, local = _renaming(node, reading)
    return Imported(node.start_byte - reading.base, node.end_byte - reading.base, exported, local)


def _renaming(node: SyntaxNode, reading: Reading) -> tuple[str, str]:
    """The two names of `a as b`; the same one twice where there is no alias."""
    first, second = node.child_by_field_name("name"), node.child_by_field_name("alias")
    before = "" if first is None else _export_name(first, reading)
    return before, before if second is None else _export_name(second, reading)


def _export_name(node: SyntaxNode, reading: Reading) -> str:
    if node.type == "string":
        return string_value(node, reading)
    return reading.text(node.start_byte, node.end_byte)


def _import_alias(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """TypeScript's `import a = b.c`, a constant."""
    parts = [part for part in node.named_children if part.type not in NOT_CODE]
    if len(parts) < 2:
        return ()
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    return (Assign(start, end, (name(parts[0], reading),), expression(parts[1], reading), "const"),)


def required(start: int, end: int, target: Expr, value: Expr) -> Import | None:
    """`const a = require("m")`, `= require("m").b` or `const {b: a} = require("m")` as an import.

    None for every other declaration, also for patterns that an import cannot express.
    """
    if isinstance(value, Member) and isinstance(target, Name):
        module = _required_module(value.object)
        names = (Imported(target.start, target.end, value.name, target.id),)
        return None if module is None else Import(start, end, module, names)
    module = _required_module(value)
    if module is None:
        return None
    if isinstance(target, Name):
        return Import(start, end, module, (Imported(target.start, target.end, "*", target.id),))
    if not isinstance(target, Object):
        return None
    found: list[Imported] = []
    for entry in target.entries:
        key, local = entry.key, entry.value
        if not (isinstance(key, Literal) and isinstance(key.value, str) and isinstance(local, Name)):
            return None
        found.append(Imported(entry.start, entry.end, key.value, local.id))
    return Import(start, end, module, tuple(found))


def _required_module(value: Expr) -> str | None:
    if not (isinstance(value, Call) and isinstance(value.callee, Name) and value.callee.id == "require"):
        return None
    if len(value.arguments) != 1 or not isinstance(value.arguments[0].value, Literal):
        return None
    module = value.arguments[0].value.value
    return module if isinstance(module, str) else None


# --- exports -----------------------------------------------------------------------------------


def _export(node: SyntaxNode, reading: Reading) -> tuple[Statement, ...]:
    """Every form of `export`; what is declared in it stands before the `Export`."""
    start, end = node.start_byte - reading.base, node.end_byte - reading.base
    declared = node.child_by_field_name("declaration")
    parts = [part for part in node.children if part.type not in NOT_CODE]
    kinds = {part.type for part in parts}
    if declared is not None:
        found = _declared(declared, parts, reading)
        local_names = _declared_names(found)
        names = tuple((local, "default" if "default" in kinds else local) for local in local_names)
        return (*found, Export(start, end, names)) if names else found
    if "default" in kinds or "=" in kinds:
        value = node.child_by_field_name("value") or first_part(
            part for part in parts if part.is_named and part.type != "decorator"
        )
        return () if value is None else (_default_export(start, end, expression(value, reading)),)
    if "namespace" in kinds:
        return ()
    source = node.child_by_field_name("source")
    module = None if source is None else string_value(source, reading)
    return (Export(start, end, _listed(parts, reading), module),)


def _declared(node: SyntaxNode, parts: list[SyntaxNode], reading: Reading) -> tuple[Statement, ...]:
    decorators = [part for part in parts if part.type == "decorator"]
    if decorators and node.type in ("class_declaration", "abstract_class_declaration"):
        return class_declaration(node, reading, decorators)
    return statement(node, reading)


def _declared_names(found: tuple[Statement, ...]) -> list[str]:
    """The names that declarations bind, each once (overloads declare one several times)."""
    names: dict[str, None] = {}
    for declared in found:
        if isinstance(declared, Assign):
            for target in declared.targets:
                names.update(dict.fromkeys(bound_names(target)))
        elif isinstance(declared, Import):
            names.update(dict.fromkeys(imported.local for imported in declared.names))
    return list(names)


def _default_export(start: int, end: int, value: Expr) -> Export:
    names = ((value.id, "default"),) if isinstance(value, Name) else ()
    return Export(start, end, names, None, value)


def _listed(parts: list[SyntaxNode], reading: Reading) -> tuple[tuple[str, str], ...]:
    """The names of `{a, b as c}`, `*` or `* as ns`."""
    for part in parts:
        kind = part.type
        if kind == "export_clause":
            specifiers = [child for child in part.named_children if child.type == "export_specifier"]
            return tuple(_renaming(child, reading) for child in specifiers)
        if kind == "namespace_export":
            alias = first_part(part.named_children)
            return (("*", "default" if alias is None else _export_name(alias, reading)),)
        if kind == "*":
            return (("*", "*"),)
    return ()


# --- CommonJS ----------------------------------------------------------------------------------


def commonjs_exports(found: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """A file's top-level statement with `module.exports = ...` and `exports.a = ...` as exports.

    `module.exports` is exported as "default" and, where it is an object, so are its properties that
    are plain names. `exports.a = <expression>` is a variable `a` and its export.
    """
    if len(found) != 1 or not isinstance(found[0], Assign) or found[0].operator or found[0].value is None:
        return found
    assigned, value = found[0], found[0].value
    result: list[Statement] = []
    kept: list[Expr] = []
    names: list[tuple[str, str]] = []
    is_default = False
    for target in assigned.targets:
        if not isinstance(target, Member):
            kept.append(target)
        elif _is_module_exports(target):
            is_default = True
        elif _is_name(target.object, "exports") or _is_module_exports(target.object):
            if isinstance(value, Name):
                names.append((value.id, target.name))
            else:
                end = target.name_start + len(target.name.encode("utf-8", "surrogatepass"))
                kept.append(Name(target.name_start, end, target.name))
                names.append((target.name, target.name))
        else:
            kept.append(target)
    if not is_default and not names:
        return found
    kept = [target for target in kept if not _is_name(target, "exports")]
    start, end = assigned.start, assigned.end
    if is_default:
        default = _default_export(start, end, value)
        result.append(Export(start, end, default.names + _properties(value), None, value))
    if kept:
        result.append(Assign(start, end, tuple(kept), value, "var" if names else ""))
    if names:
        result.append(Export(start, end, tuple(names)))
    return tuple(result)


def _is_name(value: Expr, text: str) -> bool:
    return isinstance(value, Name) and value.id == text


def _is_module_exports(value: Expr) -> bool:
    return isinstance(value, Member) and value.name == "exports" and _is_name(value.object, "module")


def _properties(value: Expr) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Object):
        return ()
    return tuple(
        (entry.value.id, entry.key.value)
        for entry in value.entries
        if isinstance(entry.value, Name)
        and isinstance(entry.key, Literal)
        and isinstance(entry.key.value, str)
    )


STATEMENTS.update({"import_statement": _import, "import_alias": _import_alias, "export_statement": _export})
