"""React contexts: what the providers of a context give to those who ask for it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.names import bound_to, last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins


def provided(program: Program, context: At[tree.Expr]) -> list[At[tree.Expr]]:
    """The values that the elements `<Context.Provider value={...}>` and `<Context value={...}>` give."""
    found: dict[At[tree.Expr], None] = {}
    for made in origins(program, context):
        if isinstance(made, At) and isinstance(made.node, tree.Call) and _makes_context(made.node):
            key = ("provided", made.node)
            values = program.queries.search(key, lambda made=made: list(_given(program, made)))
            found |= dict.fromkeys(values)
    return list(found)


def _makes_context(call: tree.Call) -> bool:
    return last_name(call.callee) == "createContext"


def _given(program: Program, made: At[tree.Expr]) -> Iterator[At[tree.Expr]]:
    for variable in bound_to(program, made):
        for read in program.reads(variable):
            tag: At[tree.Node] = read
            if isinstance(read.parent, tree.Member) and read.parent.name == "Provider":
                tag = read.to(read.parent)
            element = tag.parent
            if isinstance(element, tree.Element) and element.tag is tag.node:
                for attribute in element.attributes:
                    if attribute.name == "value" and attribute.value is not None:
                        yield read.to(attribute.value)
