"""The modules of a workspace as one program: names and imports resolved across units and files.

Every look-up notes what it rests on (`semantics.queries`), so that an answer built from look-ups is
forgotten exactly when an edit could change it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar, dataclass_transform

from halfopen.semantics import tree
from halfopen.semantics.changed_tokens import changed_tokens
from halfopen.semantics.import_files import python_file, python_import, typescript_import
from halfopen.semantics.module import Exported, Module
from halfopen.semantics.queries import (
    CallToken,
    FileToken,
    MemberToken,
    NameToken,
    PresenceToken,
    Queries,
    Token,
    WordToken,
)
from halfopen.semantics.scopes import Binding, Definition, UnitIndex, index_of
from halfopen.semantics.scripts import file_of
from halfopen.semantics.unit import Span, Unit

N_co = TypeVar("N_co", bound=tree.Node, covariant=True)
M = TypeVar("M", bound=tree.Node)
P = TypeVar("P")


@dataclass_transform(frozen_default=True)
def _immutable(cls: type[P]) -> type[P]:
    """A slotted value that the type checker alone keeps from change: `frozen=True` would triple the cost of making one."""
    return dataclass(slots=True)(cls)


@_immutable
class At(Generic[N_co]):
    """A node with the file and unit it stands in."""

    path: str
    unit: Unit
    node: N_co

    def __hash__(self) -> int:
        # It is asked for with every answer; the node alone tells nearly all apart.
        return hash(self.node)

    @property
    def index(self) -> UnitIndex:
        return self.unit.index or index_of(self.unit)

    @property
    def span(self) -> Span:
        return Span(file_of(self.path), self.unit, self.node.start, self.node.end)

    def to(self, node: M) -> At[M]:
        """Another node of the same unit."""
        return At(self.path, self.unit, node)

    @property
    def parent(self) -> tree.Node | None:
        return self.index.parents.get(self.node)

    @property
    def text(self) -> str:
        """The node as written."""
        return self.unit.text[self.node.start : self.node.end].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Local:
    """A name bound in a function, block or class."""

    path: str
    unit: Unit
    binding: Binding


@dataclass(frozen=True, slots=True)
class Global:
    """A name of a module."""

    path: str
    name: str


Variable: TypeAlias = Local | Global


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the workspace: `name` of the package `module`, dotted for what lies in it.

    A builtin of the language or the browser has the module "": `External("", "WebSocket")`.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return ".".join(part for part in (self.module, self.name) if part)


def own_nodes(function: At[tree.Function]) -> tuple[tree.Node, ...]:
    """Every node that runs as part of a function itself, in pre-order; nested functions appear, not their bodies."""
    body = function.node.body
    return function.unit.derived(("own nodes", body), lambda: tuple(tree.walk(body, tree.same_function)))


class Loader(Protocol):
    """What the program needs of the workspace."""

    def load(self, path: str) -> Module | None:
        """The module at a path, None where there is no readable code file."""
        ...

    def exists(self, path: str) -> bool: ...

    def paths_with(self, word: bytes) -> Iterable[str]:
        """The code files whose text contains a word."""
        ...

    def aliases(self, path: str) -> Iterable[tuple[str, str]]:
        """Import prefixes that stand for folders (`tsconfig.json` paths): ("@/", "frontend/src/")."""
        ...

    def python_roots(self, path: str) -> Iterable[str]:
        """Folders that Python's absolute imports may start from, nearest first ("" is the root)."""
        ...


_WORD = re.compile(r"[\w$]+")
"""A word in the stem of a file, as an import specifier spells it."""

IMPORT_SETTINGS = FileToken("tsconfig.json")
"""Every file that sets import aliases: they are few, seldom edited, and inherit from each other."""


class Program:
    """Look-ups across the modules of a workspace."""

    def __init__(self, loader: Loader, queries: Queries) -> None:
        self.loader = loader
        self.queries = queries
        self._modules: dict[str, Module | None] = {}
        self._provided: dict[type[object], object] = {}

    # -- what layers above know --

    def provide(self, knowledge: object) -> None:
        """Give knowledge to whatever reads the program. It holds for the program's life: no answer notes it."""
        self._provided[type(knowledge)] = knowledge

    def provided(self, kind: type[P]) -> P | None:
        """What was given of a kind."""
        found = self._provided.get(kind)
        return found if isinstance(found, kind) else None

    # -- modules --

    def module(self, path: str) -> Module | None:
        """The module at a path, loaded when first asked for."""
        self.queries.note(FileToken(path))
        if path not in self._modules:
            self._modules[path] = self.loader.load(path)
        return self._modules[path]

    def loaded(self, path: str) -> Module | None:
        """The module at a path if it was loaded before."""
        return self._modules.get(path)

    def replace(self, path: str, module: Module | None) -> set[Token]:
        """Put an edited, new or deleted file in place; the tokens that changed by it."""
        before = self._modules.get(path)
        known = path in self._modules
        if module is None:
            self._modules.pop(path, None)
        else:
            self._modules[path] = module
        return changed_tokens(path, before, module, known=known)

    def files_with(self, word: str, language: str) -> int:
        """How many files of a language have a word in their text."""
        encoded = word.encode()
        self.queries.note(PresenceToken(encoded))
        is_python = language == "python"
        return sum(path.endswith((".py", ".pyi")) is is_python for path in self.loader.paths_with(encoded))

    def units_with(self, word: str, language: str, as_member: bool = False) -> Iterator[tuple[Module, Unit]]:
        """Every unit of a language ("python", "typescript") whose text contains a word.

        `as_member` asks for the word after a dot.
        """
        encoded = word.encode()
        self.queries.note(MemberToken(encoded) if as_member else WordToken(encoded))
        for module, unit in self._units_near(encoded, language):
            if encoded in (unit.members if as_member else unit.words):
                yield module, unit

    def units_calling(
        self, word: str, language: str, beside: str | None = None
    ) -> Iterator[tuple[Module, Unit]]:
        """Every unit of a language whose text calls a word: `word(`. With `beside`, of those that have that word too."""
        called = word.encode()
        self.queries.note(CallToken(called))
        near = beside.encode() if beside is not None else called
        for module, unit in self._units_near(near, language):
            if called in unit.called and (beside is None or near in unit.words):
                yield module, unit

    def _units_near(self, word: bytes, language: str) -> Iterator[tuple[Module, Unit]]:
        """The units of the files of a language in whose text a word stands."""
        is_python = language == "python"
        for path in sorted(self.loader.paths_with(word)):
            module = self.module(path) if path.endswith((".py", ".pyi")) is is_python else None
            if module is not None:
                for unit in module.units:
                    yield module, unit

    # -- names --

    def variable(self, at: At[tree.Name]) -> Variable:
        """What a name refers to."""
        self.queries.note(at.unit)
        binding = at.index.bindings.get(at.node)
        return Local(at.path, at.unit, binding) if binding is not None else Global(at.path, at.node.id)

    def definitions(self, variable: Variable) -> list[At[tree.Node]]:
        """The nodes that define a variable (see `definition_of`)."""
        return [At(path, unit, definition.target) for path, unit, definition in self.definitions_of(variable)]

    def definitions_of(self, variable: Variable) -> list[tuple[str, Unit, Definition]]:
        """Everything that gives a variable a value, in its own file."""
        if isinstance(variable, Local):
            self.queries.note(variable.unit)
            return [(variable.path, variable.unit, each) for each in variable.binding.definitions]
        module = self.module(variable.path)
        self.queries.note(NameToken(variable.path, variable.name))
        if module is None:
            return []
        return [(variable.path, unit, each) for unit, each in module.defined(variable.name)]

    def reads(self, variable: Variable) -> list[At[tree.Name]]:
        """Every place where a variable is read; for a module's names, in the files that import it too."""
        if isinstance(variable, Local):
            self.queries.note(variable.unit)
            return [At(variable.path, variable.unit, name) for name in variable.binding.reads]
        return self.queries.search(("reads", variable), lambda: self._reads_of(variable))

    def _reads_of(self, variable: Global) -> list[At[tree.Name]]:
        found: list[At[tree.Name]] = []
        seen: set[Global] = set()
        waiting = [variable]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            module = self.module(current.path)
            self.queries.note(WordToken(current.name.encode()))
            if module is None:
                continue
            for unit in module.units:
                if current.name.encode() in unit.words:
                    self.queries.note(unit)
                    found += [
                        At(current.path, unit, name)
                        for name in index_of(unit).module_reads.get(current.name, ())
                    ]
            waiting += self.importers(current)
        return found

    def imported_as(self, variable: Global) -> list[Global]:
        """The names that a module's name has in other modules, however often it is handed on."""
        found: dict[Global, None] = {}
        waiting = [variable]
        while waiting:
            current = waiting.pop()
            for other in self.importers(current):
                if other != variable and other not in found:
                    found[other] = None
                    self.queries.note(WordToken(other.name.encode()))
                    waiting.append(other)
        return list(found)

    def importers(self, variable: Global) -> list[Global]:
        """The names under which other modules import a module's name."""
        return self.queries.search(("importers", variable), lambda: self._importers(variable))

    def _importers(self, variable: Global) -> list[Global]:
        self.queries.note(WordToken(variable.name.encode()))
        module = self.module(variable.path)
        if module is None:
            return []
        if module.language == "python":
            exported_as = [variable.name] if module.defined(variable.name) else []
        else:
            exports = module.exports.items()
            exported_as = [name for name, each in exports if each.local == variable.name and not each.module]
        found: list[Global] = []
        for exported in exported_as:
            if exported == "default":
                stem = posixpath.splitext(posixpath.basename(variable.path))[0]
                search = (
                    posixpath.basename(posixpath.dirname(variable.path))
                    if stem in ("index", "__init__")
                    else stem
                )
                words = [search]
            else:
                words = [exported]
            for word in words:
                for path in sorted(self._files_with(word, variable.path)):
                    other = self.module(path)
                    if other is None or path == variable.path:
                        continue
                    found += self._imports_of(other, exported, variable.path)
        return found

    def _files_with(self, word: str, source: str) -> set[str]:
        """The files of the source's own language whose text has every part of a word."""
        parts = [part.encode() for part in _WORD.findall(word)]
        self.queries.note(WordToken(parts[0]) if parts else WordToken(b""))
        if not parts:
            return set()
        found = set(self.loader.paths_with(parts[0]))
        for part in parts[1:]:
            found &= set(self.loader.paths_with(part))
        is_python = source.endswith((".py", ".pyi"))
        return {path for path in found if path.endswith((".py", ".pyi")) is is_python}

    def _imports_of(self, module: Module, exported: str, source: str) -> list[Global]:
        found: list[Global] = []
        for name, definition in module.imports:
            imported = definition.steps[0]
            if imported != exported or not isinstance(definition.node, tree.Import):
                continue
            target = self.resolve_import(module.path, definition.node.module, exported)
            if self.resolve_export(target, exported) == self.resolve_export(source, exported):
                found.append(Global(module.path, name))
        for name, each in module.exports.items() if module.language != "python" else ():
            if (
                each.module
                and each.local == exported
                and self.resolve_import(module.path, each.module, exported) == source
            ):
                found += self._reexported(module, name)
        for specifier in module.star_exports:
            if module.language != "python" and self.resolve_import(module.path, specifier, "*") == source:
                found += self._reexported(module, exported)
        return found

    def _reexported(self, module: Module, name: str) -> list[Global]:
        found: list[Global] = []
        for path in sorted(self._files_with(name, module.path)):
            other = self.module(path)
            if other is not None and other is not module:
                for local, definition in other.imports:
                    if (
                        isinstance(definition.node, tree.Import)
                        and definition.steps[0] == name
                        and self.resolve_import(path, definition.node.module, name) == module.path
                    ):
                        found.append(Global(path, local))
        return found

    # -- imports --

    def resolve_import(self, path: str, specifier: str, name: str = "") -> str | None:
        """The workspace file that an import in `path` names, or None for a package outside.

        In Python `name` may itself be a submodule: `from app.api import ws` gives app/api/ws.py
        only where app/api/__init__.py does not define `ws` (`resolve_name` decides).
        """
        key = ("import", path, specifier)
        if path.endswith((".py", ".pyi")):
            return self.queries.search(key, lambda: self._python_import(path, specifier))
        return self.queries.search(key, lambda: self._typescript_import(path, specifier))

    def _python_import(self, path: str, specifier: str) -> str | None:
        roots = () if specifier.startswith(".") else self.loader.python_roots(path)
        return python_import(path, specifier, roots, self.exists)

    def _typescript_import(self, path: str, specifier: str) -> str | None:
        if not specifier.startswith("."):
            self.queries.note(IMPORT_SETTINGS)
        return typescript_import(path, specifier, lambda: self.loader.aliases(path), self.exists)

    def exists(self, path: str) -> bool:
        """Whether a file is there; the answer is noted."""
        self.queries.note(FileToken(path))
        return self.loader.exists(path)

    def resolve_export(
        self, path: str | None, name: str, _seen: frozenset[str] = frozenset()
    ) -> Global | str | None:
        """Where a module's export is defined: a name of some module, a whole module (its path), or None."""
        if path is None or path in _seen:
            return None
        module = self.module(path)
        if module is None:
            return None
        if name == "*":
            return path
        self.queries.note(NameToken(path, name))
        self.queries.note(NameToken(path, "*"))
        exported = module.exported(name)
        seen = _seen | {path}
        if exported is not None and exported.module is not None:
            target = self.resolve_import(path, exported.module, exported.local)
            return self.resolve_export(target, exported.local, seen)
        if exported is not None:
            return self._behind(Global(path, exported.local), seen)
        for specifier in module.star_exports:
            found = self.resolve_export(self.resolve_import(path, specifier, "*"), name, seen)
            if found is not None:
                return found
        if module.language == "python" and posixpath.basename(path) == "__init__.py":
            return python_file(posixpath.join(posixpath.dirname(path), name), self.exists)
        return None

    def _behind(self, variable: Global, seen: frozenset[str]) -> Global | str | None:
        """Follow a name that a module only imports to hand on."""
        module = self.module(variable.path)
        definitions = module.defined(variable.name) if module else []
        if len(definitions) == 1:
            definition = definitions[0][1]
            if definition.kind == "import" and isinstance(definition.node, tree.Import):
                name = str(definition.steps[0])
                target = self.resolve_import(variable.path, definition.node.module, name)
                if target == variable.path and posixpath.basename(variable.path) == "__init__.py":
                    # A package that imports from itself: what it does not define by then is a module in it.
                    stem = posixpath.join(posixpath.dirname(variable.path), name)
                    return python_file(stem, self.exists) or variable
                if target is not None:
                    return self.resolve_export(target, name, seen) or variable
        return variable

    def imported(self, path: str, definition: Definition) -> Global | External | str | None:
        """What an import definition brings in: a name of the workspace, a module's path, or something outside."""
        assert isinstance(definition.node, tree.Import)
        name, specifier = str(definition.steps[0]), definition.node.module
        target = self.resolve_import(path, specifier, name)
        if target is None and name != "*" and path.endswith((".py", ".pyi")):
            # A folder without `__init__.py` is a package too, and what it holds are modules.
            dot = "" if specifier.endswith(".") else "."
            module = self.resolve_import(path, f"{specifier}{dot}{name}")
            if module is not None:
                return module
        if target is None:
            beside = self._beside(path, specifier, name)
            return beside or External(specifier, "" if name == "*" else name)
        return self.resolve_export(target, name) or self._handed_on(target, name)

    def _beside(self, path: str, specifier: str, name: str) -> Global | None:
        """`from db import session`, `from core.db import session` in a package that is started as a plain folder: the
        module beside the file.

        A package outside may be called the same (`from celery import Celery` beside a `celery.py`): only a
        module that defines the name itself is meant.
        """
        parts = specifier.split(".")
        if not path.endswith((".py", ".pyi")) or not all(each.isidentifier() for each in parts):
            return None
        beside = python_file(posixpath.join(posixpath.dirname(path), *parts), self.exists)
        module = self.module(beside) if beside is not None and beside != path else None
        if module is None:
            return None
        self.queries.note(NameToken(module.path, name))
        definitions = module.defined(name)
        own = [each for _, each in definitions if each.kind != "import"]
        return Global(module.path, name) if own and len(own) == len(definitions) else None

    def _handed_on(self, path: str, name: str, _seen: frozenset[str] = frozenset()) -> External | None:
        """What a file exports of a package outside: `export { io } from 'socket.io-client'`, `export * from`.

        Of several packages whose every name is exported, it may be any: none is told then.
        """
        module = self.module(path)
        if module is None or module.language == "python" or path in _seen:
            return None
        self.queries.note(NameToken(path, name))
        self.queries.note(NameToken(path, "*"))
        seen = _seen | {path}
        exported = module.exported(name)
        if exported is not None:
            if exported.module is None:
                return None
            target = self.resolve_import(path, exported.module, exported.local)
            if target is None:
                return External(exported.module, "" if exported.local == "*" else exported.local)
            return self._handed_on(target, exported.local, seen)
        found: set[External] = set()
        for specifier in module.star_exports if name != "default" else ():
            target = self.resolve_import(path, specifier, "*")
            behind = External(specifier, name) if target is None else self._handed_on(target, name, seen)
            if behind is not None:
                found.add(behind)
        return found.pop() if len(found) == 1 else None

    def default_export(self, path: str) -> tuple[Unit, tree.Expr] | None:
        """The expression of `export default <expression>`."""
        module = self.module(path)
        exported: Exported | None = module.exported("default") if module else None
        if exported is None or exported.value is None or exported.unit is None:
            return None
        self.queries.note(exported.unit)
        return exported.unit, exported.value
