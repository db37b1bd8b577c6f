"""Functions that a caller hands in as part of an object: `useSocket({ onClose })`, `options.onClose?.()`."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import Step
from halfopen.semantics.values import origins


def handlers_given(program: Program, at: At[tree.Expr]) -> list[At[tree.Function]]:
    """The functions that an expression may be where it is a part of what callers give for a parameter."""
    found: dict[At[tree.Function], None] = {}
    for origin in _parameters(program, at):
        for call in callers(program, origin.function):
            argument = argument_of(call.node, origin.function.node, origin.parameter)
            if argument is not None:
                for function in _part(program, call.to(argument), origin.steps):
                    found[function] = None
    return list(found)


def _parameters(program: Program, at: At[tree.Expr]) -> list[ParameterOf]:
    found = [each for each in origins(program, at) if isinstance(each, ParameterOf)]
    if isinstance(at.node, tree.Member):
        for each in origins(program, at.to(at.node.object)):
            if isinstance(each, ParameterOf):
                found.append(ParameterOf(each.function, each.parameter, (*each.steps, at.node.name)))
    return found


def _part(program: Program, at: At[tree.Expr], steps: tuple[Step, ...]) -> list[At[tree.Function]]:
    if not steps:
        return functions(program, at)
    found: list[At[tree.Function]] = []
    for origin in origins(program, at):
        if isinstance(origin, At) and isinstance(origin.node, tree.Object):
            for entry in origin.node.entries:
                if isinstance(entry.key, tree.Literal) and entry.key.value == steps[0]:
                    found += _part(program, origin.to(entry.value), steps[1:])
    return found
