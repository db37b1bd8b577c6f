"""Recognises code that uses a library of the tables: which call, class or decorator is which constructor of which.

A table names what a library exports (`halfopen.libraries.recognition.Constructor`). Here the
expressions of the workspace are resolved to those names, through imports, aliases and namespaces; a
project's own function or class around one of them resolves to itself and is no use of the library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

from halfopen.libraries import Catalogue, Constructor, built_in_catalogue
from halfopen.semantics import tree
from halfopen.semantics.module import Module
from halfopen.semantics.program import At, Program
from halfopen.semantics.unit import Unit
from halfopen.semantics.values import qualified

_ELSEWHERE = frozenset({"browser", "fastapi", "starlette"})
"""Libraries whose connections `clients` and `endpoints` find."""
_CONNECTS = re.compile(r'^makes = "(?:client|endpoint)"', re.MULTILINE)
_MAKES = ("client", "endpoint")


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a library: its table's name, and what of it is used."""

    library: str
    constructor: Constructor


@dataclass(frozen=True, slots=True)
class Recognised:
    """What can be told of the tables without parsing them.

    `specifiers` are the modules that JavaScript imports, `packages` the first parts of those that
    Python does; `markers` the bytes of which one stands in every file that imports any of them.
    """

    specifiers: frozenset[str]
    packages: frozenset[str]
    markers: tuple[bytes, ...]


@cache
def recognised() -> Recognised:
    """The libraries that make connections, of the package's own tables."""
    catalogue = built_in_catalogue()
    specifiers: set[str] = set()
    packages: set[str] = set()
    for module, libraries in catalogue.libraries_of_module.items():
        texts = [catalogue.texts[each] for each in libraries if each not in _ELSEWHERE]
        if any(_CONNECTS.search(text) for text in texts):
            if any('ecosystem = "python"' in text for text in texts):
                packages.add(module.partition(".")[0])
            else:
                specifiers.add(module)
    quoted = [f"{quote}{module}{quote}".encode() for module in sorted(specifiers) for quote in "'\""]
    return Recognised(
        frozenset(specifiers), frozenset(packages), (*(each.encode() for each in sorted(packages)), *quoted)
    )


# --- which units may use a library -------------------------------------------------------------


_words_of_modules: WeakKeyDictionary[Module, frozenset[bytes]] = WeakKeyDictionary()


def library_words(module: Module) -> frozenset[bytes]:
    """The words of which a unit has one where it uses a library that its file imports.

    Asked for each unit of each file after each edit: the answer is kept as long as the module.
    """
    known = _words_of_modules.get(module)
    if known is None:
        known = frozenset[bytes]().union(*(_imported(unit) for unit in module.units))
        _words_of_modules[module] = known
    return known


def _imported(unit: Unit) -> frozenset[bytes]:
    """The local names of a unit's imports of libraries, and the methods that make connections with them."""
    return unit.derived("library imports", lambda: frozenset(_words_of_imports(unit)))


def _words_of_imports(unit: Unit) -> Iterator[bytes]:
    if not any(marker in unit.text for marker in recognised().markers):
        return
    for statement in unit.body:
        for node in tree.walk(statement):
            if (
                isinstance(node, tree.Import)
                and not node.type_only
                and is_library(unit.language, node.module)
            ):
                yield from (each.local.encode() for each in node.names)
                yield from (each.encode() for each in methods_of(node.module))


def is_library(language: str, module: str) -> bool:
    """Whether a module that code of a language imports is one of a library that makes connections."""
    if language == "python":
        return module.partition(".")[0] in recognised().packages
    return module in recognised().specifiers


@cache
def methods_of(module: str) -> frozenset[str]:
    """The methods of a library's objects that make connections: `ws_connect` of aiohttp is called on an object that another file may have made."""
    constructors = built_in_catalogue().constructors(module.partition(".")[0])
    return frozenset(
        export.rpartition(".")[2] for export, (_, each) in constructors.items() if each.kind == "method"
    )


@cache
def exports_of(module: str) -> frozenset[str]:
    """The names of a library's module that are constructors of connections, without its default export."""
    constructors = built_in_catalogue().constructors(module)
    return frozenset(each for each in constructors if "." not in each and each != "default")


@cache
def _last_words() -> frozenset[str]:
    """The names after the last dot by which members of these libraries are called."""
    catalogue = built_in_catalogue()
    return frozenset(
        export.rpartition(".")[2]
        for module in catalogue.libraries_of_module
        if module in recognised().specifiers or module.partition(".")[0] in recognised().packages
        for export in catalogue.constructors(module)
    )


# --- what an expression is ---------------------------------------------------------------------


def use_of_call(program: Program, call: At[tree.Call]) -> Use | None:
    """The use that a call is: `new ReconnectingWebSocket(url)`, `io(url)`, `useWebSocket(url)`, `serve(f, ...)`."""
    callee = call.node.callee
    if not isinstance(callee, tree.Name | tree.Member):
        return None
    if isinstance(callee, tree.Member) and callee.name not in _last_words():
        return None
    for use in uses_of(program, call.to(callee)):
        kind = use.constructor.kind
        if kind in ("factory", "hook", "method") and not call.node.is_new:
            return use
        if kind == "constructor" and (call.node.is_new or call.unit.language == "python"):
            return use
    if isinstance(callee, tree.Member) and not qualified(program, call.to(callee)):
        return _method_by_name(callee.name, call.unit.language)
    return None


def _method_by_name(name: str, language: str) -> Use | None:
    """A method that no other library has, on an object whose origin the code does not show."""
    if language != "python":
        return None
    for package in sorted(recognised().packages):
        if name in methods_of(package):
            for library, constructor in built_in_catalogue().constructors(package).values():
                if constructor.kind == "method" and constructor.export.rpartition(".")[2] == name:
                    return Use(library, constructor)
    return None


def uses_of(program: Program, at: At[tree.Expr]) -> list[Use]:
    """The constructors that an expression names."""
    catalogue = built_in_catalogue()
    return [use for name in sorted(qualified(program, at)) for use in _named(catalogue, name)]


def _named(catalogue: Catalogue, name: str) -> Iterator[Use]:
    """The constructors with a dotted name; `quart.Quart().websocket` is the `Quart.websocket` of quart."""
    plain = name.replace("()", "")
    of_instance = plain != name
    for module, export in _splits(plain):
        if module not in catalogue.libraries_of_module:
            continue
        constructors = catalogue.constructors(module)
        exports = [export] if export else ["default"]
        if export.startswith("default."):
            exports.append(export.removeprefix("default."))
        if not of_instance and "." in export and module in recognised().specifiers:
            exports.append(export.rpartition(".")[2])  # `WebSocket.Server`, `io.connect`
        for each in exports:
            found = constructors.get(each)
            if found is None or found[0] in _ELSEWHERE or found[1].makes not in _MAKES:
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
