"""The tables at hand: those of the package, and those that a team adds.

Parsing all tables costs more than a whole save may, and one workspace uses few of them. So the
catalogue keeps their texts, knows from a scan which modules and packages each speaks of, and
parses a table when it is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from halfopen.libraries.interpret import model_of
from halfopen.libraries.model import LibraryModel
from halfopen.libraries.recognition import Constructor
from halfopen.libraries.table import Table, TableError, read_table
from halfopen.libraries.versions import ANY_VERSION, VersionRange, parse_version, version_range

_DATA = Path(__file__).with_name("data")
_MODULE = re.compile(r'^module\s*=\s*"([^"]+)"', re.MULTILINE)
_PACKAGES = re.compile(r"^packages\s*=\s*\[([^\]]*)\]", re.MULTILINE)
_STRING = re.compile(r'"([^"]+)"')
_CONNECTS = re.compile(r'^makes = "(?:client|endpoint)"', re.MULTILINE)
_PYTHON = re.compile(r'^ecosystem = "python"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RejectedTable:
    """A table that a team added and that cannot be used; the others are. `line` counts from 1."""

    path: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The tables by library, and which libraries a package or an imported module belongs to."""

    texts: Mapping[str, str]
    library_of_package: Mapping[str, str]
    """By distribution name (normalised, PEP 503) or npm package name."""
    libraries_of_module: Mapping[str, tuple[str, ...]]
    """By the module that code imports, as tables name it (`partysocket/ws`, `websockets.sync.client`)."""
    connecting: frozenset[str]
    """The libraries that make clients or endpoints."""
    of_python: frozenset[str]
    rejected: tuple[RejectedTable, ...] = ()

    def model(
        self,
        library: str,
        versions: VersionRange | str | None = None,
        *,
        implementation: str | None = None,
        installed: frozenset[str] | None = None,
    ) -> LibraryModel:
        """What `library` does by default in the given versions.

        `versions` is a version (`0.30.1`), a requirement's range in the ecosystem's own grammar,
        or None when nothing is known; text that is no range counts as nothing. `implementation`
        is what a launch asked for (`ws="wsproto"`, a worker class); None and `auto` mean that the
        library picks one, among the packages `installed` when those are known.

        Raises KeyError for a library without a table.
        """
        return _model(library, self.texts[library], versions, implementation, installed)

    def table(self, library: str) -> Table:
        """The parsed table. Raises KeyError for a library without one."""
        return _parsed(library, self.texts[library])

    def constructors(self, module: str) -> Mapping[str, tuple[str, Constructor]]:
        """By exported name: the library, and what that export of `module` makes."""
        return {
            constructor.export: (library, constructor)
            for library in self.libraries_of_module.get(module, ())
            for constructor in self.table(library).constructors
            if constructor.module == module
        }


def _known(table: Table, versions: str) -> VersionRange | None:
    if table.ecosystem == "python":
        exact = parse_version(versions)
        if exact is not None:
            return VersionRange.exactly(exact)
    try:
        return version_range(table.ecosystem, versions)
    except ValueError:
        return None


@cache
def _parsed(library: str, text: str) -> Table:
    return read_table(f"{library}.toml", text)


@lru_cache(maxsize=256)
def _model(
    library: str,
    text: str,
    versions: VersionRange | str | None,
    implementation: str | None,
    installed: frozenset[str] | None,
) -> LibraryModel:
    """What a table says of some versions; it is asked for again with each connection that uses the library."""
    table = _parsed(library, text)
    known = _known(table, versions) if isinstance(versions, str) else versions
    return model_of(table, known or ANY_VERSION, implementation=implementation, installed=installed)


@dataclass(frozen=True, slots=True)
class _Summary:
    """What of a table is known without its settings."""

    modules: tuple[str, ...]
    packages: tuple[str, ...]
    connects: bool
    is_python: bool


def _catalogue(
    texts: Mapping[str, str], summaries: Mapping[str, _Summary], rejected: tuple[RejectedTable, ...]
) -> Catalogue:
    packages: dict[str, str] = {}
    modules: dict[str, list[str]] = {}
    for library, summary in summaries.items():
        for module in dict.fromkeys(summary.modules):
            modules.setdefault(module, []).append(library)
        packages.update(dict.fromkeys(summary.packages, library))
    return Catalogue(
        texts,
        packages,
        {module: tuple(of) for module, of in modules.items()},
        frozenset(library for library, each in summaries.items() if each.connects),
        frozenset(library for library, each in summaries.items() if each.is_python),
        rejected,
    )


def _scan(text: str) -> _Summary:
    """The names in one of the package's own tables, which are all written alike."""
    packages = (name for listed in _PACKAGES.findall(text) for name in _STRING.findall(listed))
    modules = tuple(_MODULE.findall(text))
    return _Summary(modules, tuple(packages), bool(_CONNECTS.search(text)), bool(_PYTHON.search(text)))


def _summary(table: Table) -> _Summary:
    return _Summary(
        tuple(each.module for each in table.constructors),
        table.packages,
        any(each.makes in ("client", "endpoint") for each in table.constructors),
        table.ecosystem == "python",
    )


@cache
def _own_tables() -> Mapping[str, str]:
    return {path.stem: path.read_text("utf-8") for path in sorted(_DATA.glob("*.toml"))}


@cache
def _own_summaries() -> Mapping[str, _Summary]:
    return {library: _scan(text) for library, text in _own_tables().items()}


@cache
def built_in_catalogue() -> Catalogue:
    """The tables that come with the package."""
    return _catalogue(_own_tables(), _own_summaries(), ())


def catalogue_with(added: Mapping[str, str]) -> Catalogue:
    """The package's tables and those `added`, texts by the path they are told by, which win over them.

    A table that cannot be used is left out and told in `rejected`.
    """
    texts, summaries = dict(_own_tables()), dict(_own_summaries())
    rejected: list[RejectedTable] = []
    origin: dict[str, str] = {}
    for path, text in added.items():
        try:
            table = read_table(path, text)
        except TableError as error:
            rejected.append(RejectedTable(path, error.line, str(error).removeprefix(f"{path}: ")))
            continue
        if table.library in origin:
            message = f"{origin[table.library]} is a table of {table.library!r} already"
            rejected.append(RejectedTable(path, 1, message))
            continue
        origin[table.library] = path
        texts[table.library] = text
        summaries[table.library] = _summary(table)
    return _catalogue(texts, summaries, tuple(rejected))


def defaults(
    library: str,
    versions: VersionRange | str | None = None,
    *,
    implementation: str | None = None,
    installed: frozenset[str] | None = None,
) -> LibraryModel:
    """`Catalogue.model` over the package's own tables."""
    return built_in_catalogue().model(library, versions, implementation=implementation, installed=installed)
