"""Functions that are put into a set, list or map of listeners, and run by whoever goes through it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks
from halfopen.semantics.flow import aliases
from halfopen.semantics.names import method_call
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.values import origins

LOOPS = frozenset({"forEach", "map", "flatMap", "filter", "some", "every"})
"""Methods that call a function with each element of what they belong to."""
_ADDING = frozenset({"add", "push", "append"})
_GIVING_SOME = frozenset({"values", "filter", "slice", "concat", "flat"})


def listeners(program: Program, callee: At[tree.Expr]) -> Iterator[At[tree.Function]]:
    """What a callee runs that is one of the listeners that a container holds.

    `listeners.forEach((listener) => listener(message))`, `for (const listener of listeners) listener(message)`,
    `const listener = listeners.get(message.type)`, `listeners[message.type].forEach(...)`.
    """
    for origin in origins(program, callee):
        if isinstance(origin, ParameterOf) and not origin.steps:
            yield from _gone_through(program, origin)
        elif isinstance(origin, At):
            yield from _part_of(program, origin)
    if isinstance(callee.node, tree.Name):
        for path, unit, definition in program.definitions_of(program.variable(callee.to(callee.node))):
            if definition.kind == "element" and definition.value is not None:
                yield from _held_by(program, At(path, unit, definition.value))


def _gone_through(program: Program, origin: ParameterOf) -> Iterator[At[tree.Function]]:
    """The first parameter of a function that is given to `forEach` and the like."""
    function = origin.function
    argument = function.parent
    call = function.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    if (
        isinstance(call, tree.Call)
        and isinstance(call.callee, tree.Member)
        and call.callee.name in LOOPS
        and function.node.parameters[0] is origin.parameter
    ):
        yield from _held_by(program, function.to(call.callee.object))


def _held_by(program: Program, container: At[tree.Expr]) -> Iterator[At[tree.Function]]:
    """The functions that are put into a container, or into what a copy or part of one is made of."""
    match container.node:
        case tree.Sequence(items=(tree.Spread(value=value),)):
            yield from _held_by(program, container.to(value))
            return
        case tree.Call(callee=tree.Member(object=inner, name=name)) if name in _GIVING_SOME:
            yield from _held_by(program, container.to(inner))
            return
        case tree.Call(callee=tree.Member(name="from") | tree.Name(), arguments=(first, *_)):
            # `Array.from(listeners)`, `list(listeners)`.
            yield from _held_by(program, container.to(first.value))
            return
        case _:
            pass
    for made in origins(program, container):
        if isinstance(made, External | ParameterOf):
            continue
        yield from _part_of(program, made)
        for alias in aliases(program, made):
            match method_call(alias):
                case (name, call) if name in _ADDING and call.node.arguments:
                    yield from callbacks(program, call.to(call.node.arguments[0].value))
                case ("set", call) if len(call.node.arguments) == 2:
                    yield from callbacks(program, call.to(call.node.arguments[1].value))
                case _:
                    pass


def _part_of(program: Program, part: At[tree.Expr]) -> Iterator[At[tree.Function]]:
    """What a container of groups, or of one listener for each key, holds in one of its places."""
    match part.node:
        case tree.Call() as call:
            yield from _looked_up(program, part.to(call))
        case tree.Index(object=inner):
            yield from _under_keys(program, part.to(inner))
        case _:
            return


def _under_keys(program: Program, table: At[tree.Expr]) -> Iterator[At[tree.Function]]:
    """`listeners[type].push(listener)`, `listeners[type] = listener`."""
    for made in origins(program, table):
        if isinstance(made, External | ParameterOf):
            continue
        for alias in aliases(program, made):
            entry = alias.parent
            if not isinstance(entry, tree.Index) or entry.object is not alias.node:
                continue
            match method_call(alias.to(entry)):
                case (name, call) if name in _ADDING and call.node.arguments:
                    yield from callbacks(program, call.to(call.node.arguments[0].value))
                case _:
                    yield from _assigned(program, alias.to(entry))


def _assigned(program: Program, entry: At[tree.Index]) -> Iterator[At[tree.Function]]:
    """What is put under a key by assignment: a listener, or a new list with one more."""
    statement = entry.parent
    if (
        not isinstance(statement, tree.Assign)
        or statement.value is None
        or entry.node not in statement.targets
    ):
        return
    value = statement.value
    for each in value.items if isinstance(value, tree.Sequence) else (value,):
        if not isinstance(each, tree.Spread):
            yield from callbacks(program, entry.to(each))


def _looked_up(program: Program, lookup: At[tree.Call]) -> Iterator[At[tree.Function]]:
    """`listeners.get(type)`: the functions that a map holds under its keys, one or a group under each."""
    callee = lookup.node.callee
    if not isinstance(callee, tree.Member) or callee.name != "get" or not lookup.node.arguments:
        return
    for made in origins(program, lookup.to(callee.object)):
        if isinstance(made, External | ParameterOf):
            continue
        for alias in aliases(program, made):
            match method_call(alias):
                case ("set", call) if len(call.node.arguments) == 2:
                    yield from callbacks(program, call.to(call.node.arguments[1].value))
                case ("get", call) if call.node is not lookup.node:
                    yield from _added_to_group(program, call)
                case _:
                    pass


def _added_to_group(program: Program, group: At[tree.Call]) -> Iterator[At[tree.Function]]:
    """`listeners.get(type).add(listener)`, by whatever name the group is known."""
    for alias in aliases(program, group):
        match method_call(alias):
            case (name, call) if name in _ADDING and call.node.arguments:
                yield from callbacks(program, call.to(call.node.arguments[0].value))
            case _:
                pass
