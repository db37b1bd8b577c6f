"""The code that a connection runs: its own, and the functions that it calls, some levels deep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.dossier import Dossier
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of
from halfopen.semantics.unit import Span

_DEEPEST = 3
_MOST_FUNCTIONS = 60


@dataclass(frozen=True, slots=True)
class Reached:
    """Pieces of code, nearest first: a client's whole top-level statement, an endpoint's handler, what they call."""

    roots: tuple[At[tree.Node], ...]

    def nodes(self) -> Iterator[At[tree.Node]]:
        """Every node of every piece."""
        for root in self.roots:
            for node in tree.walk(root.node):
                yield root.to(node)


def reached_from(program: Program, dossier: Dossier) -> Reached:
    """The code of a connection."""
    site = dossier.connection.site
    key = ("reached", site.unit, site.start, site.end, dossier.connection.side)
    return program.queries.get(key, lambda: _reach(program, _starts(dossier)))


def _starts(dossier: Dossier) -> list[At[tree.Node]]:
    site, extent = dossier.connection.site, dossier.connection.extent
    if dossier.connection.side == "client":
        spans = [site] if extent.unit is site.unit else [site, extent]
        return [At(span.path, span.unit, each) for span in spans for each in span.unit.body]
    return [*_defined_at(site)] or [At(site.path, site.unit, each) for each in site.unit.body]


def _defined_at(span: Span) -> Iterator[At[tree.Node]]:
    index = index_of(span.unit)
    for node in (*index.functions, *index.classes):
        if (node.start, node.end) == (span.start, span.end):
            yield At(span.path, span.unit, node)


def _reach(program: Program, starts: list[At[tree.Node]]) -> Reached:
    found: dict[tree.Node, At[tree.Node]] = {each.node: each for each in starts}
    level = list(starts)
    for _ in range(_DEEPEST):
        after: list[At[tree.Node]] = []
        for root in level:
            program.queries.note(root.unit)
            for function in _called(program, root):
                if function.node not in found and len(found) < _MOST_FUNCTIONS:
                    found[function.node] = function
                    after.append(function)
        level = after
    return Reached(tuple(found.values()))


def _called(program: Program, root: At[tree.Node]) -> Iterator[At[tree.Function]]:
    for node in tree.walk(root.node):
        if isinstance(node, tree.Call):
            yield from functions(program, root.to(node.callee))
            callee = node.callee
            name = callee.id if isinstance(callee, tree.Name) else getattr(callee, "name", "")
            if name in ("Depends", "Security") and node.arguments:
                yield from functions(program, root.to(node.arguments[0].value))
