"""One file as a module: its units in order, what they define, import and export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from halfopen.semantics import tree
from halfopen.semantics.scopes import Definition, index_of
from halfopen.semantics.unit import Placed, Unit


class TopLevel(Protocol):
    """What is used of a top-level statement of a syntax tree."""

    @property
    def start_byte(self) -> int: ...
    @property
    def end_byte(self) -> int: ...
    @property
    def has_error(self) -> bool: ...


_Statement = TypeVar("_Statement", bound=TopLevel)


@dataclass(frozen=True, slots=True)
class Exported:
    """What a module offers under a name: a local name, or a name of another module.

    `module` is the specifier of a re-export; `local` "*" is that whole module as a namespace.
    """

    local: str
    module: str | None = None
    value: tree.Expr | None = None
    unit: Unit | None = None


class Module:
    """A parsed file. Immutable: an edit makes a new module that shares the unchanged units.

    `scripts` are the modules written inside the same file (`semantics.scripts`), whose units are placed in
    that file too.
    """

    def __init__(
        self, path: str, language: str, placed: tuple[Placed, ...], scripts: tuple[Module, ...] = ()
    ) -> None:
        self.path = path
        self.language = language
        self.placed = placed
        self.units = tuple(each.unit for each in placed)
        self.scripts = scripts
        self._definitions: dict[str, list[tuple[Unit, Definition]]] | None = None
        self._defined: dict[str, list[tuple[Unit, Definition]]] = {}
        self._exports: dict[str, Exported] | None = None
        self._imports: list[tuple[str, Definition]] | None = None
        self._star_exports: tuple[str, ...] = ()
        self._starts: dict[Unit, int] | None = None

    def start_of(self, unit: Unit) -> int | None:
        """Where the unit stands now (byte offset), or None when it is no longer part of the file."""
        if self._starts is None:
            self._starts = {
                placed.unit: placed.start for each in (self, *self.scripts) for placed in each.placed
            }
        return self._starts.get(unit)

    @property
    def definitions(self) -> dict[str, list[tuple[Unit, Definition]]]:
        """Every definition of every module-level name."""
        if self._definitions is None:
            found: dict[str, list[tuple[Unit, Definition]]] = defaultdict(list)
            for unit in self.units:
                for name, definitions in index_of(unit).module_definitions.items():
                    found[name].extend((unit, definition) for definition in definitions)
            self._definitions = dict(found)
        return self._definitions

    def defined(self, name: str) -> list[tuple[Unit, Definition]]:
        """Every definition of one module-level name; only units that have the word are looked into."""
        known = self._defined.get(name)
        if known is None:
            word = name.encode()
            known = self._defined[name] = [
                (unit, definition)
                for unit in self.units
                if word in unit.words
                for definition in index_of(unit).module_definitions.get(name, ())
            ]
        return known

    def exported(self, name: str) -> Exported | None:
        """What the module exports under a name. In Python every module-level name is exported."""
        if self.language == "python":
            return Exported(name) if self.defined(name) else None
        return self.exports.get(name)

    @property
    def imports(self) -> list[tuple[str, Definition]]:
        """The module-level names that are imported; only units that speak of imports are looked into."""
        if self._imports is None:
            self._imports = [
                (name, definition)
                for unit in self.units
                if b"import" in unit.text or b"require" in unit.text
                for name, definitions in index_of(unit).module_definitions.items()
                for definition in definitions
                if definition.kind == "import"
            ]
        return self._imports

    @property
    def exports(self) -> dict[str, Exported]:
        """What the module exports by name. In Python every module-level name is exported."""
        if self._exports is None:
            self._collect_exports()
        assert self._exports is not None
        return self._exports

    @property
    def star_exports(self) -> tuple[str, ...]:
        """Specifiers whose every name is re-exported (`export * from`, `from m import *`)."""
        if self._exports is None:
            self._collect_exports()
        return self._star_exports

    def _collect_exports(self) -> None:
        offers = [_offer_of(unit) for unit in self.units]
        exports = {name: exported for offer in offers for name, exported in offer.exports.items()}
        if self.language == "python":
            for name in self.definitions:
                exports[name] = Exported(name)
        self._exports = exports
        self._star_exports = tuple(specifier for offer in offers for specifier in offer.stars)


@dataclass(frozen=True, slots=True)
class _Offer:
    """What one unit exports; of Python only the modules whose every name it hands on."""

    exports: dict[str, Exported]
    stars: tuple[str, ...]


def _offer_of(unit: Unit) -> _Offer:
    return unit.derived("offer", lambda: _read_offer(unit))


def _read_offer(unit: Unit) -> _Offer:
    exports: dict[str, Exported] = {}
    stars: list[str] = []
    is_python = unit.language == "python"
    sought = b"import" if is_python else b"export"
    for statement in _flat(unit.body) if sought in unit.text else ():
        match statement:
            case tree.Export(names=names, module=module, value=value):
                for local, exported in names:
                    if exported == "*" and module is not None:
                        stars.append(module)
                    else:
                        exports[exported] = Exported(local, module)
                if value is not None:
                    exports["default"] = Exported("default", None, value, unit)
            case tree.Import(module=module, names=names) if is_python:
                stars += [module for name in names if name.name == "*" and name.local == "*"]
            case _:
                pass
    return _Offer(exports, tuple(stars))


def names_in(unit: Unit) -> Iterator[str]:
    """The names whose meaning in its module a unit has a part in."""
    offer = _offer_of(unit)
    yield from index_of(unit).module_definitions
    yield from offer.exports
    if offer.stars:
        yield "*"


def _flat(statements: tuple[tree.Statement, ...]) -> list[tree.Statement]:
    """Top-level statements, those in `if TYPE_CHECKING:`/`try:` and bare blocks included."""
    found: list[tree.Statement] = []
    waiting = list(reversed(statements))
    while waiting:
        statement = waiting.pop()
        found.append(statement)
        inner: list[tree.Statement] = []
        match statement:
            case tree.If(then=then, otherwise=otherwise):
                inner += then.statements
                inner += otherwise.statements if otherwise else ()
            case tree.Try(body=body, handlers=handlers):
                inner += body.statements
                for handler in handlers:
                    inner += handler.body.statements
            case tree.Block(statements=within) | tree.Failed(statements=within):
                inner += within
            case _:
                pass
        waiting += reversed(inner)
    return found


def build_module(
    path: str,
    language: str,
    data: bytes,
    top_level: Sequence[_Statement],
    lower: Callable[[_Statement], tuple[tree.Statement, ...]],
    previous: Module | None,
    scripts: tuple[Module, ...] = (),
    offset: int = 0,
) -> Module:
    """Cut a file into units, taking every unit whose text stands in `previous` from there.

    `lower` gives the neutral tree of one of the statements. `offset` is where `data` begins in the file,
    for scripts inside another.
    """
    reusable: dict[bytes, list[Unit]] = defaultdict(list)
    if previous is not None and previous.language == language:
        for unit in reversed(previous.units):
            reusable[unit.text].append(unit)
    placed: list[Placed] = []
    for statement in top_level:
        start, end = statement.start_byte, statement.end_byte
        text = data[start:end]
        same = reusable.get(text)
        unit = same.pop() if same else Unit(text, language, partial(lower, statement), statement.has_error)
        placed.append(Placed(unit, start + offset))
    return Module(path, language, tuple(placed), scripts)
