"""Recognises code that uses a library of the tables: which call, class or decorator is which constructor of which.

A table names what a library exports (`halfopen.libraries.recognition.Constructor`). Here the
expressions of the workspace are resolved to those names, through imports, aliases and namespaces; a
project's own function or class around one of them resolves to itself and is no use of the library.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from halfopen.connections.tables import ELSEWHERE, Tables, tables_of
from halfopen.libraries import Constructor
from halfopen.semantics import tree
from halfopen.semantics.module import Module
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Unit

_MAKES = ("client", "endpoint")


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a library: its table's name, and what of it is used."""

    library: str
    constructor: Constructor


# --- which units may use a library -------------------------------------------------------------


_words_of_modules: WeakKeyDictionary[Module, dict[Tables, frozenset[bytes]]] = WeakKeyDictionary()


def library_words(tables: Tables, module: Module) -> frozenset[bytes]:
    """The words of which a unit has one where it uses a library that its file imports.

    Asked for each unit of each file after each edit: the answer is kept as long as the module.
    """
    known = _words_of_modules.setdefault(module, {})
    if tables not in known:
        known[tables] = frozenset[bytes]().union(*(_imported(tables, unit) for unit in module.units))
    return known[tables]


def _imported(tables: Tables, unit: Unit) -> frozenset[bytes]:
    """The local names of a unit's imports of libraries, and the methods that make connections with them."""
    return unit.derived(("library imports", tables), lambda: frozenset(_words_of_imports(tables, unit)))


def _words_of_imports(tables: Tables, unit: Unit) -> Iterator[bytes]:
    if not any(marker in unit.text for marker in tables.markers):
        return
    for statement in unit.body:
        for node in tree.walk(statement):
            if (
                isinstance(node, tree.Import)
                and not node.type_only
                and tables.is_library(unit.language, node.module)
            ):
                yield from (each.local.encode() for each in node.names)
                yield from (each.encode() for each in tables.methods_of(node.module))


# --- what an expression is ---------------------------------------------------------------------


def use_of_call(program: Program, call: At[tree.Call]) -> Use | None:
    """The use that a call is: `new ReconnectingWebSocket(url)`, `io(url)`, `useWebSocket(url)`, `serve(f, ...)`."""
    callee = call.node.callee
    if not isinstance(callee, tree.Name | tree.Member):
        return None
    if isinstance(callee, tree.Member) and callee.name not in tables_of(program).last_words:
        return None
    for use in uses_of(program, call.to(callee)):
        kind = use.constructor.kind
        if kind in ("factory", "hook", "method") and not call.node.is_new:
            return use
        if kind == "constructor" and (call.node.is_new or call.unit.language == "python"):
            return use
    if isinstance(callee, tree.Member) and not qualified(program, call.to(callee)):
        # A method that no other library has, on an object whose origin the code does not show.
        found = tables_of(program).method_by_name(callee.name) if call.unit.language == "python" else None
        return Use(*found) if found is not None else None
    return None


def uses_of(program: Program, at: At[tree.Expr]) -> list[Use]:
    """The constructors that an expression names."""
    tables = tables_of(program)
    return [use for name in sorted(qualified(program, at)) for use in _named(tables, name)]


def _named(tables: Tables, name: str) -> Iterator[Use]:
    """The constructors with a dotted name; `quart.Quart().websocket` is the `Quart.websocket` of quart."""
    plain = name.replace("()", "")
    of_instance = plain != name
    for module, export in _splits(plain):
        if module not in tables.catalogue.libraries_of_module:
            continue
        constructors = tables.catalogue.constructors(module)
        exports = [export] if export else ["default"]
        if export.startswith("default."):
            exports.append(export.removeprefix("default."))
        if not of_instance and "." in export and module in tables.specifiers:
            exports.append(export.rpartition(".")[2])  # `WebSocket.Server`, `io.connect`
        for each in exports:
            found = constructors.get(each)
            if found is None or found[0] in ELSEWHERE or found[1].makes not in _MAKES:
                continue
            if of_instance == (found[1].kind in ("method", "decorator") and "." in each):
                yield Use(*found)
                return


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """The ways to cut a dotted name into a module and an export, the longest module first."""
    yield name, ""
    end = len(name)
    while (end := name.rfind(".", 0, end)) > 0:
        yield name[:end], name[end + 1 :]
