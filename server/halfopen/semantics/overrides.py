"""Which methods of subclasses implement an abstract one."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.class_shape import is_abstract, member_table
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_MOST_IMPLEMENTATIONS = 8
"""A method with more of them is an extension point, and nothing tells which one runs."""


def implementations(program: Program, klass: At[tree.Class], name: str) -> list[At[tree.Function]]:
    """The methods of subclasses in the workspace that implement an abstract one."""
    found = program.queries.search(
        ("implementations", klass.node, name), lambda: list(_implementing(program, klass, name, 0))
    )
    return found if len(found) <= _MOST_IMPLEMENTATIONS else []


def _implementing(
    program: Program, klass: At[tree.Class], name: str, depth: int
) -> Iterator[At[tree.Function]]:
    if not klass.node.name or depth > 2:
        return
    for module, unit in program.units_with(klass.node.name, "python"):
        at: At[tree.Node] = At(module.path, unit, klass.node)
        for each in at.index.classes:
            if not any(
                isinstance(origin, At) and origin.node is klass.node
                for base in each.bases
                for origin in origins(program, at.to(base))
            ):
                continue
            program.queries.note(unit)
            own = [
                node for node in member_table(at.to(each)).get(name, ()) if isinstance(node, tree.Function)
            ]
            for node in own:
                if not is_abstract(node):
                    yield at.to(node)
            if not own:
                yield from _implementing(program, at.to(each), name, depth + 1)
