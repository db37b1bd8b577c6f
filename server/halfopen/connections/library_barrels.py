"""Library clients that a project hands on: `export { io } from 'socket.io-client'`, barrels, package `__init__`s.

A file that imports them names no library. Which names of it are a library's is found from the files that do.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from halfopen.connections.tables import Tables, tables_of
from halfopen.semantics import tree
from halfopen.semantics.module import Module
from halfopen.semantics.program import Program

_ABOVE = ("'.'", '"."', "'..'", '".."', "'./'", "'../'")
"""How the index of a file's own folder is imported, or of the one above."""


@dataclass(frozen=True, slots=True)
class _HandedOn:
    """A name that a file exports and that is the library module's own."""

    path: str
    name: str
    library: str


def words_handed_on(program: Program, paths: Iterable[str]) -> dict[str, frozenset[bytes]]:
    """By file, the names that are a library's by way of another file, and that library's methods.

    `paths` are the files that name a library themselves.
    """
    tables = tables_of(program)
    found: dict[str, set[bytes]] = defaultdict(set)
    modules = (program.module(path) for path in paths)
    waiting = [each for module in modules if module is not None for each in _first(tables, module)]
    seen: set[_HandedOn] = set()
    while waiting:
        handed = waiting.pop()
        if handed in seen:
            continue
        seen.add(handed)
        for module in _importers(program, handed):
            for local in _locals(program, module, handed):
                found[module.path].add(local.encode())
                found[module.path] |= {each.encode() for each in tables.methods_of(handed.library)}
            waiting += _again(program, module, handed)
    return {path: frozenset(words) for path, words in found.items()}


def _first(tables: Tables, module: Module) -> Iterator[_HandedOn]:
    """What a file that names a library exports of it."""
    if module.language == "python":
        if posixpath.basename(module.path) == "__init__.py":
            for name, library in _imported(tables, module):
                yield _HandedOn(module.path, name, library)
        return
    imported = dict(_imported(tables, module))
    for name, each in module.exports.items():
        library = each.module if each.module is not None else imported.get(each.local)
        if library is not None and tables.is_library(module.language, library):
            yield _HandedOn(module.path, name, library)
    for library in module.star_exports:
        if tables.is_library(module.language, library):
            for name in tables.exports_of(library):
                yield _HandedOn(module.path, name, library)


def _imported(tables: Tables, module: Module) -> Iterator[tuple[str, str]]:
    """The names that a file imports from libraries, with the library's module."""
    for name, definition in module.imports:
        node = definition.node
        if (
            isinstance(node, tree.Import)
            and not node.type_only
            and tables.is_library(module.language, node.module)
        ):
            yield name, node.module


def _importers(program: Program, handed: _HandedOn) -> Iterator[Module]:
    """The files that may import from a file: they spell it, and the name or `export *`."""
    folder, base = posixpath.split(handed.path)
    stem = posixpath.splitext(base)[0]
    words = [stem]
    if stem in ("index", "__init__"):
        words = [*_ABOVE, posixpath.basename(folder) or stem, stem]
    spelled = {path for word in words for path in program.loader.paths_with(word.encode())}
    naming = {path for word in (handed.name, "export *") for path in program.loader.paths_with(word.encode())}
    is_python = handed.path.endswith(".py")
    for path in sorted((spelled & naming) - {handed.path}):
        if path.endswith((".py", ".pyi")) is is_python and (module := program.module(path)) is not None:
            yield module


def _locals(program: Program, module: Module, handed: _HandedOn) -> Iterator[str]:
    """The names under which a file imports what is handed on."""
    for local, definition in module.imports:
        node = definition.node
        if not isinstance(node, tree.Import) or node.type_only or definition.steps[0] != handed.name:
            continue
        if program.resolve_import(module.path, node.module, handed.name) == handed.path:
            yield local


def _again(program: Program, module: Module, handed: _HandedOn) -> Iterator[_HandedOn]:
    """What a file exports in its turn of what is handed on."""
    local = set(_locals(program, module, handed))
    if module.language == "python":
        if posixpath.basename(module.path) == "__init__.py":
            yield from (_HandedOn(module.path, name, handed.library) for name in sorted(local))
        return
    for name, each in module.exports.items():
        if each.module is None:
            passes = each.local in local
        else:
            passes = each.local == handed.name and (
                program.resolve_import(module.path, each.module, handed.name) == handed.path
            )
        if passes:
            yield _HandedOn(module.path, name, handed.library)
    if handed.name != "default" and any(
        program.resolve_import(module.path, each, "*") == handed.path for each in module.star_exports
    ):
        yield _HandedOn(module.path, handed.name, handed.library)
