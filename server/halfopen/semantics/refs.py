"""React refs: what `useRef()` may hold."""

from __future__ import annotations

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
    found = [call.to(argument.value) for argument in call.node.arguments[:1]]
    for variable in bound_to(program, call):
        for read in program.reads(variable):
            held = read.parent
            if not isinstance(held, tree.Member) or held.name != "current" or held.object is not read.node:
                continue
            match read.index.parents.get(held):
                case tree.Assign(targets=targets, value=value) if value is not None and held in targets:
                    found.append(read.to(value))
                case tree.AssignExpr(target=target, value=value) if target is held:
                    found.append(read.to(value))
                case _:
                    pass
    return found
