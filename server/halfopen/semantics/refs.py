"""Things that are kept to be changed: what a React ref, or an entry of an object, may hold."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.names import bound_to
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.values import origins

_REFS = frozenset({"react.useRef", "react.createRef", "react.default.useRef"})


def is_ref(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call makes a React ref."""
    return any(
        isinstance(origin, External) and (str(origin) in _REFS or origin.name.rpartition(".")[2] == "useRef")
        for origin in origins(program, call.to(call.node.callee))
    )


def ref_values(program: Program, call: At[tree.Call]) -> list[At[tree.Expr]]:
    """What a ref may hold: its initial value and everything assigned to its `current`."""
    return [
        *(call.to(argument.value) for argument in call.node.arguments[:1]),
        *_assigned(program, call, "current"),
    ]


def entry_values(program: Program, literal: At[tree.Object], name: str) -> list[At[tree.Expr]]:
    """What an entry of an object that a variable holds may be: as written, and everything assigned to it."""
    written = [
        literal.to(entry.value)
        for entry in literal.node.entries
        if isinstance(entry.key, tree.Literal) and entry.key.value == name
    ]
    return [*written, *_assigned(program, literal, name)]


def _assigned(program: Program, made: At[tree.Call] | At[tree.Object], name: str) -> Iterator[At[tree.Expr]]:
    """What is assigned to a member of a thing, wherever a variable that holds it is read."""
    for variable in bound_to(program, made):
        for read in program.reads(variable):
            held = read.parent
            if not isinstance(held, tree.Member) or held.name != name or held.object is not read.node:
                continue
            match read.index.parents.get(held):
                case tree.Assign(targets=targets, value=value) if value is not None and held in targets:
                    yield read.to(value)
                case tree.AssignExpr(target=target, value=value) if target is held:
                    yield read.to(value)
                case _:
                    pass
