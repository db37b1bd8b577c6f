"""Stored messages that a connection is given, and whether live ones can come twice or before them."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.registries import Container, FieldOf, ModuleName, container_of, registrations_in
from halfopen.connections.sending.broadcasts import PUTTING
from halfopen.connections.sending.facts import ReplayOverlap
from halfopen.connections.sending.registered import Entered, functions_using
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import returned
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins

_DEPTH = 3


def replay_overlaps(program: Program, registries: tuple[Entered, ...]) -> Iterator[ReplayOverlap]:
    """Histories that are sent to a connection which is registered for live messages already."""
    for registry in registries:
        handling = registry.handling
        for function in handling.reachable:
            entering = _entering(program, registry, function)
            if entering is None:
                continue
            for loop in own_nodes(function):
                if not isinstance(loop, tree.Loop) or loop.iterable is None or loop.start < entering.end:
                    continue
                store = _history(program, function.to(loop.iterable), registries)
                if store is None or not _delivers(registry, loop) or _skips_known(loop):
                    continue
                if _is_numbered(program, store):
                    continue
                yield ReplayOverlap(
                    function.to(entering).span,
                    registry.name,
                    str(store),
                    (Evidence(function.to(loop).span, f"{store} is copied to the client only afterwards"),),
                )
                return


def _entering(program: Program, registry: Entered, function: At[tree.Function]) -> tree.Node | None:
    """The statement of a function with which the connection enters the registry."""
    for each in registry.registrations:
        inside = each.node.index.function_of(each.node.node)
        if inside is function.node:
            return each.node.node
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and any(
                callee.node is inside for callee in functions(program, function.to(node.callee))
            ):
                return node
    return None


def _history(
    program: Program, at: At[tree.Expr], registries: tuple[Entered, ...], depth: int = 0
) -> Container | None:
    """The list or deque of stored messages that an expression goes over."""
    if depth > _DEPTH:
        return None
    container = container_of(program, at)
    if container is not None:
        known = any(each.container == container for each in registries)
        return container if not known and _is_appended(program, container) else None
    match at.node:
        case tree.Name():
            binding = at.index.bindings.get(at.node)
            for definition in binding.definitions if binding is not None else ():
                if definition.kind == "value" and definition.value is not None:
                    found = _history(program, at.to(definition.value), registries, depth + 1)
                    if found is not None:
                        return found
        case tree.Call():
            for callee in functions(program, at.to(at.node.callee)):
                for value in returned(callee):
                    found = _history(program, value, registries, depth + 1)
                    if found is not None:
                        return found
            for argument in at.node.arguments:
                found = _history(program, at.to(argument.value), registries, depth + 1)
                if found is not None:
                    return found
        case tree.Await(value=value):
            return _history(program, at.to(value), registries, depth + 1)
        case tree.Comprehension(clauses=(clause, *_)):
            return _history(program, at.to(clause.iterable), registries, depth + 1)
        case _:
            pass
    return None


def _is_appended(program: Program, container: Container) -> bool:
    """Whether entries are added at the end: messages, not states under their key."""
    match container:
        case FieldOf() | ModuleName():
            return any(
                registration.container == container
                and isinstance(registration.node.node, tree.Call)
                and isinstance(registration.node.node.callee, tree.Member)
                and registration.node.node.callee.name in ("append", "appendleft")
                for function in functions_using(program, container)
                for registration in registrations_in(program, function)
            )


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


def _is_numbered(program: Program, container: Container) -> bool:
    """Whether each entry has a number or id of its own, by which a client tells a copy."""
    for function in functions_using(program, container):
        for registration in registrations_in(program, function):
            if registration.container != container:
                continue
            for origin in origins(program, registration.value):
                if not isinstance(origin, At) or not isinstance(origin.node, tree.Object):
                    continue
                keys = {each.key.value for each in origin.node.entries if isinstance(each.key, tree.Literal)}
                if keys & _NUMBERS:
                    return True
    return False


def _delivers(registry: Entered, loop: tree.Loop) -> bool:
    """Whether the loop's body sends to the connection, or puts in its queue."""
    queues = registry.handling.queues()
    for node in tree.walk(loop.body, tree.same_function):
        if socket_method(registry.handling.sockets, node) in SENDERS:
            return True
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.name in PUTTING
            and node.callee.object in queues
        ):
            return True
    return False


def _skips_known(loop: tree.Loop) -> bool:
    """Whether what the client has seen is left out by a comparison of ids or times."""
    return any(
        isinstance(node, tree.Operation) and node.operator in ("<", "<=", ">", ">=")
        for node in tree.walk(loop.body, tree.same_function)
    )
