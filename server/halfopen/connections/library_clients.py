"""Finds the clients that are made with a library of the tables, in JavaScript and in Python.

The site is where the socket is made. Calls of a project's own class, hook or function around it are
its owners' business and no connections of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.client_view import Client
from halfopen.connections.library_calls import Use, use_of_call, uses_of
from halfopen.connections.shipped import is_shipped
from halfopen.connections.tables import catalogue_of
from halfopen.libraries import Constructor
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases
from halfopen.semantics.instances import classes
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of
from halfopen.semantics.unit import Unit
from halfopen.semantics.values import origins


@dataclass(frozen=True, slots=True)
class LibraryClient:
    """One client that a library makes. `url` is the expression of its address, None where none is given."""

    client: Client
    constructor: Constructor
    url: At[tree.Expr] | None

    def closes_itself(self, program: Program) -> bool:
        """Whether the library lets go of the socket without being told: hooks, and clients that live on demand."""
        if self.constructor.kind == "hook":
            return True
        table = catalogue_of(program).table(self.client.library)
        rows = table.settings.get("lifecycle.closes_on_unmount", ())
        has_hooks = any(each.kind == "hook" for each in table.constructors)
        return not has_hooks and any(row.default.value is True for row in rows)


def library_clients_in(program: Program, path: str, unit: Unit) -> list[LibraryClient]:
    """The clients that a unit's code makes with libraries."""
    if not is_shipped(path):
        return []
    program.queries.note(unit)
    found: dict[tree.Node, LibraryClient] = {}
    for at, use in _uses(program, path, unit):
        if use.constructor.makes != "client":
            continue
        for made in _built(program, at, use.constructor):
            url = _url(program, at, made, use.constructor)
            client = LibraryClient(Client(made, use.library), use.constructor, url)
            found.setdefault(made.node, client)
    return list(found.values())


def _uses(program: Program, path: str, unit: Unit) -> Iterator[tuple[At[tree.Call], Use]]:
    """The calls that use a library, and wherever they stand, those that make a class which derives from its own."""
    index = index_of(unit)
    for call in index.calls:
        use = use_of_call(program, At(path, unit, call))
        if use is not None:
            yield At(path, unit, call), use
    for klass in index.classes if unit.language == "typescript" else ():
        at = At(path, unit, klass)
        for base in klass.bases:
            for use in uses_of(program, at.to(base)):
                if use.constructor.kind == "constructor":
                    for call in _made(program, at):
                        yield call, use


def _made(program: Program, klass: At[tree.Class]) -> Iterator[At[tree.Call]]:
    """`new OurSocket(url)` where `class OurSocket extends ReconnectingWebSocket`."""
    if klass.node.name is None:
        return
    for module, unit in program.units_with(klass.node.name, "typescript"):
        program.queries.note(unit)
        for call in index_of(unit).calls if is_shipped(module.path) else ():
            at = At(module.path, unit, call)
            if call.is_new and _names(call.callee, klass.node.name) and klass in classes(program, at):
                yield at


def _names(callee: tree.Expr, name: str) -> bool:
    return (isinstance(callee, tree.Name) and callee.id == name) or (
        isinstance(callee, tree.Member) and callee.name == name
    )


def _built(program: Program, call: At[tree.Call], constructor: Constructor) -> Iterator[At[tree.Call]]:
    """The calls whose value is the client: the constructor's own, or what its builder builds."""
    if constructor.built_by is None:
        yield call
        return
    last = list(_chain(call))[-1]
    if _method(last) == constructor.built_by:
        yield last
        return
    for alias in aliases(program, last):
        for each in _chain(alias):
            if _method(each) == constructor.built_by:
                yield each


def _chain(at: At[tree.Expr]) -> Iterator[At[tree.Call]]:
    """The calls of a fluent chain from an expression outward: `new B()`, `new B().a()`, `new B().a().b()`."""
    node: tree.Node = at.node
    if isinstance(node, tree.Call):
        yield at.to(node)
    while True:
        member = at.index.parents.get(node)
        outer = at.index.parents.get(member) if isinstance(member, tree.Member) else None
        if not isinstance(outer, tree.Call) or outer.callee is not member:
            return
        node = outer
        yield at.to(outer)


def _method(call: At[tree.Call]) -> str | None:
    return call.node.callee.name if isinstance(call.node.callee, tree.Member) else None


# --- the address -------------------------------------------------------------------------------


def _url(
    program: Program, call: At[tree.Call], made: At[tree.Call], constructor: Constructor
) -> At[tree.Expr] | None:
    if constructor.url_argument is not None:
        return argument(call, constructor.url_argument, "url", "uri")
    if constructor.url_option is not None and constructor.options_argument is not None:
        options = argument(call, constructor.options_argument)
        return option(program, options, constructor.url_option) if options is not None else None
    if constructor.url_method is not None:
        calls = [*_chain(call), *(each for alias in aliases(program, made) for each in _chain(alias))]
        for each in calls:
            if _method(each) == constructor.url_method and each.node.arguments:
                return argument(each, 0, "url")
    return None


def argument(call: At[tree.Call], position: int, *names: str) -> At[tree.Expr] | None:
    """The argument at a position, or of one of the names."""
    for each in call.node.arguments:
        if each.name is not None and each.name in names:
            return call.to(each.value)
    positional = [each for each in call.node.arguments if each.name is None]
    if position >= len(positional) or any(each.spread for each in positional[: position + 1]):
        return None
    return call.to(positional[position].value)


def option(program: Program, options: At[tree.Expr], name: str) -> At[tree.Expr] | None:
    """The value of an entry of an object literal, followed to where it is written."""
    for origin in origins(program, options):
        if isinstance(origin, At) and isinstance(origin.node, tree.Object):
            for entry in origin.node.entries:
                if isinstance(entry.key, tree.Literal) and entry.key.value == name:
                    return origin.to(entry.value)
    return None
