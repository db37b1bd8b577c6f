"""What the socket's data are laid over where they are read: `live[id] ?? job.progress`, `Math.max(job.bytes, live[id])`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from halfopen.connections.freshness.changes import Change, changes_of
from halfopen.connections.presentation.derived import steps_out
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.react import attribute_of, elements_of, kind_of_name
from halfopen.semantics.scopes import Definition

_DEEPEST = 8
_MOST_USES = 60
_CHOOSES = frozenset({"max", "min"})


def stood_in_for(program: Program, target: At[tree.Expr]) -> list[Change]:
    """The states whose values are shown where a variable has none, or an older one."""
    key = ("overlaid", target.node)
    return program.queries.get(key, lambda: list(dict.fromkeys(_stood_in_for(program, target))))


def _stood_in_for(program: Program, target: At[tree.Expr]) -> Iterator[Change]:
    for use in aliases_of_target(program, target)[:_MOST_USES]:
        program.queries.note(use.unit)
        for inner, around in steps_out(use):
            for other in _others(inner, around):
                yield from _filled_from(program, use.to(other), _DEEPEST)


def _others(inner: tree.Expr, around: tree.Expr) -> Iterator[tree.Expr]:
    """What an expression is where one of its parts is not there."""
    match around:
        case tree.Operation(operator="or" | "??", operands=operands):
            yield from (each for each in operands if each is not inner)
        case tree.Conditional(then=then, otherwise=otherwise):
            yield from (each for each in (then, otherwise) if each is not inner)
        case tree.Call(callee=tree.Member(name=name), arguments=arguments) if name in _CHOOSES:
            yield from (each.value for each in arguments if each.value is not inner)
        case _:
            return


def _filled_from(program: Program, at: At[tree.Expr], depth: int) -> Iterator[Change]:
    """The states that a value is a part of, also as an element of a list or as what a component is given."""
    root = _root(at)
    if root is None or depth <= 0:
        return
    for change in changes_of(program, root):
        if change.kind in ("state", "unknown", "store"):
            is_state = (
                isinstance(change.at.node, tree.Call) and last_name(change.at.node.callee) == "useState"
            )
            yield replace(change, kind="state", part="", evidence=()) if is_state else change
    for path, unit, definition in program.definitions_of(program.variable(root)):
        here: At[tree.Node] = At(path, unit, definition.target)
        program.queries.note(unit)
        if definition.kind == "parameter":
            for given in _given(program, here, definition):
                yield from _filled_from(program, given, depth - 1)
        elif definition.kind in ("value", "element") and definition.value is not None:
            yield from _filled_from(program, here.to(definition.value), depth - 1)


def _root(at: At[tree.Expr]) -> At[tree.Name] | None:
    node = at.node
    while True:
        match node:
            case tree.Name():
                return at.to(node)
            case tree.Member(object=inner) | tree.Index(object=inner):
                node = inner
            case tree.Call(callee=tree.Member(object=inner)):
                node = inner
            case tree.Operation(operator="or" | "??", operands=(first, *_)):
                node = first
            case _:
                return None


def _given(program: Program, here: At[tree.Node], definition: Definition) -> Iterator[At[tree.Expr]]:
    """The list whose elements a callback goes over (`jobs.map((job) => ...)`), or what a component's property is given."""
    function = here.index.parents.get(definition.node)
    if not isinstance(function, tree.Function):
        return
    argument = here.index.parents.get(function)
    call = here.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if isinstance(call, tree.Call):
        if isinstance(call.callee, tree.Member):
            yield here.to(call.callee.object)
        return
    home = here.to(function)
    if kind_of_name(name_of_function(home)[0]) == "component" and definition.steps:
        for element in elements_of(program, home):
            given = attribute_of(element, str(definition.steps[0]))
            if given is not None:
                yield given
