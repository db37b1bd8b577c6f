"""Messages that are kept for those who connect later: in which container, and by what a copy of one is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.registries import Container, container_of, registrations_in
from halfopen.connections.sending.registered import functions_using
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.class_shape import fields_of
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_DEPTH = 3
_COMPARING = frozenset({"<", "<=", ">", ">="})
_COPYING = frozenset({"list", "tuple", "sorted", "reversed"})
_NUMBERS = frozenset(
    {
        "seq",
        "sequence",
        "sequence_number",
        "event_id",
        "message_id",
        "msg_id",
        "id",
        "uuid",
        "offset",
        "version",
    }
)


@dataclass(frozen=True, slots=True)
class History:
    """The list or deque of stored messages that a loop goes over. `is_live`: over itself, not over a copy."""

    container: Container
    is_live: bool


def history_of(
    program: Program, at: At[tree.Expr], registries: frozenset[Container], depth: int = 0
) -> History | None:
    """The stored messages that an expression gives, all of them: none where it leaves out what somebody has seen."""
    if depth > _DEPTH:
        return None
    container = container_of(program, at)
    if container is not None:
        if container in registries or not _is_appended(program, container):
            return None
        return History(container, not _is_copy(program, at))
    match at.node:
        case tree.Name():
            return _copied(_of_name(program, at.to(at.node), registries, depth))
        case tree.Call():
            return _of_call(program, at.to(at.node), registries, depth)
        case tree.Await(value=value):
            return history_of(program, at.to(value), registries, depth + 1)
        case tree.Conditional(then=then, otherwise=otherwise):
            return history_of(program, at.to(then), registries, depth + 1) or history_of(
                program, at.to(otherwise), registries, depth + 1
            )
        case tree.Comprehension(clauses=(clause, *_)):
            if any(_compares(each) for each in clause.conditions):
                return None
            return _copied(history_of(program, at.to(clause.iterable), registries, depth + 1))
        case _:
            return None


def _copied(history: History | None) -> History | None:
    return History(history.container, False) if history is not None else None


def _of_name(
    program: Program, name: At[tree.Name], registries: frozenset[Container], depth: int
) -> History | None:
    binding = name.index.bindings.get(name.node)
    for definition in binding.definitions if binding is not None else ():
        if definition.kind == "value" and definition.value is not None:
            found = history_of(program, name.to(definition.value), registries, depth + 1)
            if found is not None:
                return found
    return None


def _of_call(
    program: Program, call: At[tree.Call], registries: frozenset[Container], depth: int
) -> History | None:
    """What a function of the workspace gives back, or a copy of what is given to `list`, `reversed` …"""
    for callee in functions(program, call.to(call.node.callee)):
        program.queries.note(callee.unit)
        for value in returned(callee):
            found = history_of(program, value, registries, depth + 1)
            if found is not None:
                return found
    for argument in call.node.arguments:
        found = history_of(program, call.to(argument.value), registries, depth + 1)
        if found is not None:
            return _copied(found)
    return None


def _is_copy(program: Program, at: At[tree.Expr]) -> bool:
    """`list(lines)`, `lines[-50:]`, `lines.copy()`, or a name for one of these."""
    match at.node:
        case tree.Call(callee=tree.Name(id=name)):
            return name in _COPYING
        case tree.Call(callee=tree.Member(name=name)):
            return name == "copy"
        case tree.Index(key=tree.Opaque(kind="slice")):
            return True
        case tree.Name():
            binding = at.index.bindings.get(at.node)
            return binding is not None and any(
                each.value is not None and _is_copy(program, at.to(each.value))
                for each in binding.definitions
            )
        case _:
            return False


def _compares(condition: tree.Expr) -> bool:
    """Whether a condition asks for what is newer: `event.id > after`."""
    return any(
        isinstance(node, tree.Operation) and node.operator in _COMPARING for node in tree.walk(condition)
    )


def _is_appended(program: Program, container: Container) -> bool:
    """Whether entries are added at the end: messages, not states under their key."""
    return any(True for _ in stored(program, container))


def stored(program: Program, container: Container) -> Iterator[tuple[At[tree.Call], At[tree.Expr]]]:
    """The calls that append to a container, with what they append."""
    for function in functions_using(program, container):
        for registration in registrations_in(program, function):
            node = registration.node.node
            if (
                registration.container == container
                and isinstance(node, tree.Call)
                and isinstance(node.callee, tree.Member)
                and node.callee.name in ("append", "appendleft")
            ):
                yield registration.node.to(node), registration.value


def is_numbered(program: Program, container: Container) -> bool:
    """Whether each entry has a number or id of its own, by which a client tells a copy."""
    return any(
        _has_number(program, source)
        for _, value in stored(program, container)
        for source in _sources(program, value, 0)
    )


def _sources(program: Program, value: At[tree.Expr], depth: int) -> Iterator[At[tree.Expr]]:
    """Where an entry is made, in the functions that hand it on too."""
    yield value
    for origin in origins(program, value):
        if isinstance(origin, At):
            yield origin
        elif isinstance(origin, ParameterOf) and not origin.steps and depth < _DEPTH:
            for call in callers(program, origin.function):
                argument = argument_of(call.node, origin.function.node, origin.parameter)
                if argument is not None:
                    yield from _sources(program, call.to(argument), depth + 1)


def _has_number(program: Program, at: At[tree.Expr]) -> bool:
    match at.node:
        case tree.Object(entries=entries):
            return any(isinstance(each.key, tree.Literal) and each.key.value in _NUMBERS for each in entries)
        case tree.Call(callee=callee, arguments=arguments):
            if any(each.name in _NUMBERS for each in arguments):
                return True
            return any(
                isinstance(origin, At)
                and isinstance(origin.node, tree.Class)
                and bool(_NUMBERS & fields_of(origin.to(origin.node)).keys())
                for origin in origins(program, at.to(callee))
            )
        case _:
            return False
