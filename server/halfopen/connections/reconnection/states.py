"""React state between a handler and an effect: which `useState` a dependency rests on, and which one a call sets."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import state_hook
from halfopen.semantics.function_shape import returned
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import Step

_DEPTH = 4
_NONE: frozenset[tree.Node] = frozenset()


def states_behind(program: Program, at: At[tree.Expr]) -> frozenset[tree.Node]:
    """The `useState` and `useReducer` calls whose state an effect's dependency is made of."""
    return _behind(program, at, (), 0, 0)


def states_set_by(program: Program, call: At[tree.Call]) -> frozenset[tree.Node]:
    """The `useState` call whose state a call changes: `setToken((token) => token)` changes none."""
    if _gives_it_back(call.node):
        return _NONE
    return _behind(program, call.to(call.node.callee), (), 1, 0)


def _gives_it_back(call: tree.Call) -> bool:
    """Whether a setter is given an updater that returns what it was given, after which React renders nothing."""
    updater = call.arguments[0].value if len(call.arguments) == 1 else None
    if not isinstance(updater, tree.Function) or len(updater.parameters) != 1:
        return False
    target = updater.parameters[0].target
    ways = updater.body.statements
    last = ways[-1] if len(ways) == 1 else None
    return (
        isinstance(target, tree.Name)
        and isinstance(last, tree.Return)
        and isinstance(last.value, tree.Name)
        and last.value.id == target.id
    )


def _behind(
    program: Program, at: At[tree.Expr], steps: tuple[Step, ...], part: int, depth: int
) -> frozenset[tree.Node]:
    if depth > _DEPTH:
        return _NONE
    match at.node:
        case tree.Member(object=inner, name=name):
            return _behind(program, at.to(inner), (name, *steps), part, depth + 1)
        case tree.Name():
            return _of_name(program, at.to(at.node), steps, part, depth)
        case tree.Call() if steps:
            return _of_result(program, at.to(at.node), steps, part, depth)
        case tree.Operation(operands=operands) if part == 0:
            return _NONE.union(*(_behind(program, at.to(each), (), part, depth + 1) for each in operands))
        case _:
            return _NONE


def _of_name(
    program: Program, name: At[tree.Name], steps: tuple[Step, ...], part: int, depth: int
) -> frozenset[tree.Node]:
    hook = state_hook(program, name)
    if hook is not None:
        return frozenset({hook[0].node}) if hook[1] == part else _NONE
    found = _NONE
    for path, unit, definition in program.definitions_of(program.variable(name)):
        if definition.kind != "value" or not isinstance(
            definition.value, tree.Call | tree.Name | tree.Member
        ):
            continue
        value = At(path, unit, definition.value)
        if isinstance(definition.value, tree.Call) and _is_memo(definition.value):
            if part == 0 and len(definition.value.arguments) > 1:
                listed = definition.value.arguments[1].value
                items = listed.items if isinstance(listed, tree.Sequence) else ()
                found |= _NONE.union(
                    *(_behind(program, value.to(each), (), part, depth + 1) for each in items)
                )
            continue
        found |= _behind(program, value, (*definition.steps, *steps), part, depth + 1)
    return found


def _of_result(
    program: Program, call: At[tree.Call], steps: tuple[Step, ...], part: int, depth: int
) -> frozenset[tree.Node]:
    """The part of what a hook of the project returns."""
    found = _NONE
    for function in functions(program, call.to(call.node.callee)):
        for value in returned(function):
            inner: tree.Expr | None = None
            match value.node, steps[0]:
                case tree.Sequence(items=items), int() as position if position < len(items):
                    inner = items[position]
                case tree.Object(entries=entries), str() as key:
                    inner = next(
                        (e.value for e in entries if isinstance(e.key, tree.Literal) and e.key.value == key),
                        None,
                    )
                case _:
                    pass
            if inner is not None:
                found |= _behind(program, value.to(inner), steps[1:], part, depth + 1)
    return found


def _is_memo(call: tree.Call) -> bool:
    name = last_name(call.callee)
    return name in ("useCallback", "useMemo")
