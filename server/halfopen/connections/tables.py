"""The library tables that hold for a program: the package's own, and those of the team whose code it is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property

from halfopen.libraries import Catalogue, Constructor, built_in_catalogue
from halfopen.libraries.table import Table
from halfopen.semantics.program import Program

ELSEWHERE = frozenset({"browser", "fastapi", "starlette"})
"""Libraries whose connections `clients` and `endpoints` find."""


class Tables:
    """A catalogue, with what is asked of it for every file."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._methods: dict[str, frozenset[str]] = {}
        self._exports: dict[str, frozenset[str]] = {}

    @cached_property
    def specifiers(self) -> frozenset[str]:
        """The modules of libraries that make connections, as JavaScript imports them."""
        return frozenset(module for module, is_python in self._connecting() if not is_python)

    @cached_property
    def packages(self) -> frozenset[str]:
        """The first parts of the modules of libraries that make connections, as Python imports them."""
        return frozenset(module.partition(".")[0] for module, is_python in self._connecting() if is_python)

    def _connecting(self) -> Iterator[tuple[str, bool]]:
        catalogue = self.catalogue
        for module, libraries in catalogue.libraries_of_module.items():
            of = set(libraries) - ELSEWHERE
            if of & catalogue.connecting:
                yield module, bool(of & catalogue.of_python)

    @cached_property
    def markers(self) -> tuple[bytes, ...]:
        """One of these stands in every file that imports any of the libraries."""
        quoted = (f"{quote}{module}{quote}" for module in sorted(self.specifiers) for quote in "'\"")
        return tuple(each.encode() for each in (*sorted(self.packages), *quoted))

    def is_library(self, language: str, module: str) -> bool:
        """Whether a module that code of a language imports is one of a library that makes connections."""
        if language == "python":
            return module.partition(".")[0] in self.packages
        return module in self.specifiers

    def methods_of(self, module: str) -> frozenset[str]:
        """The methods of a library's objects that make connections: `ws_connect` of aiohttp is called on an object that another file may have made."""
        if module not in self._methods:
            constructors = self.catalogue.constructors(module.partition(".")[0])
            self._methods[module] = frozenset(
                export.rpartition(".")[2]
                for export, (_, each) in constructors.items()
                if each.kind == "method"
            )
        return self._methods[module]

    def exports_of(self, module: str) -> frozenset[str]:
        """The names of a library's module that are constructors of connections, without its default export."""
        if module not in self._exports:
            constructors = self.catalogue.constructors(module)
            self._exports[module] = frozenset(
                each for each in constructors if "." not in each and each != "default"
            )
        return self._exports[module]

    @cached_property
    def last_words(self) -> frozenset[str]:
        """The names after the last dot by which members of these libraries are called."""
        return frozenset(
            export.rpartition(".")[2]
            for module in self.catalogue.libraries_of_module
            if module in self.specifiers or module.partition(".")[0] in self.packages
            for export in self.catalogue.constructors(module)
        )

    def method_by_name(self, name: str) -> tuple[str, Constructor] | None:
        """The library and constructor of a method that a package of Python has."""
        for package in sorted(self.packages):
            if name in self.methods_of(package):
                for library, constructor in self.catalogue.constructors(package).values():
                    if constructor.kind == "method" and constructor.export.rpartition(".")[2] == name:
                        return library, constructor
        return None


@cache
def _built_in() -> Tables:
    return Tables(built_in_catalogue())


def tables_of(program: Program) -> Tables:
    """The tables that hold for a program."""
    return program.provided(Tables) or _built_in()


def catalogue_of(program: Program) -> Catalogue:
    return tables_of(program).catalogue


def table_of_client(program: Program, library: str) -> Table:
    """The table of a client's library; that of the browser for a socket of its own ("native")."""
    return catalogue_of(program).table("browser" if library == "native" else library)
