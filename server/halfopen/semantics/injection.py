"""What FastAPI injects for a parameter: `Depends(...)` and `Security(...)`, as its default or in `Annotated`."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.origin import Origin, ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.values import origins


def dependency_calls(
    program: Program, function: At[tree.Function], parameter: tree.Parameter
) -> list[At[tree.Call]]:
    """The `Depends(...)`/`Security(...)` calls that inject a parameter, as default or in `Annotated`."""
    candidates: list[tree.Expr] = []
    if parameter.default is not None:
        candidates.append(parameter.default)
    annotations = [parameter.annotation] if parameter.annotation is not None else []
    for annotation in annotations:
        for origin in origins(program, function.to(annotation)):
            if isinstance(origin, At) and isinstance(origin.node, tree.Index):
                return _dependency_calls_in(program, origin.to(origin.node), candidates)
    return _only_depends(program, [function.to(each) for each in candidates])


def dependency_providers(program: Program, origin: ParameterOf) -> list[At[tree.Expr]]:
    """The functions or classes that provide an injected parameter."""
    found: list[At[tree.Expr]] = []
    for call in dependency_calls(program, origin.function, origin.parameter):
        for argument in call.node.arguments:
            for provider in origins(program, call.to(argument.value)):
                if isinstance(provider, At):
                    found.append(provider)
    return found


def _dependency_calls_in(
    program: Program, at: At[tree.Index], candidates: list[tree.Expr]
) -> list[At[tree.Call]]:
    key = at.node.key
    inner = key.items if isinstance(key, tree.Sequence) else (key,)
    return _only_depends(program, [at.to(each) for each in (*candidates, *inner[1:])])


def _only_depends(program: Program, calls: list[At[tree.Expr]]) -> list[At[tree.Call]]:
    return [
        each.to(each.node)
        for each in calls
        if isinstance(each.node, tree.Call)
        and any(
            _name_of_origin(callee) in ("Depends", "Security")
            for callee in origins(program, each.to(each.node.callee))
        )
    ]


def _name_of_origin(origin: Origin) -> str | None:
    """The last name of something outside, or of a function of the workspace that wraps it."""
    if isinstance(origin, External):
        return origin.name.rpartition(".")[2]
    if isinstance(origin, At) and isinstance(origin.node, tree.Function | tree.Class):
        return origin.node.name
    return None
