"""The functions that work with an endpoint's socket, and what of the socket a piece of code uses."""

from __future__ import annotations

from dataclasses import dataclass

from halfopen.connections.endpoints import socket_parameter
from halfopen.connections.event_handlers import EventServer
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, SENDERS, Sockets, socket_method
from halfopen.connections.server_site import ServerSite, site_key
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.queries import AnswerToken

OPERATIONS = RECEIVERS | SENDERS | ITERATORS | {"accept", "close"}
SPAWNERS = frozenset(
    {
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.get_event_loop().create_task",
        "asyncio.get_running_loop().create_task",
        "asyncio.tasks.create_task",
        "anyio.create_task",
    }
)
"""Calls that start a coroutine beside the caller: what it raises does not arrive there."""
_RUN_BY_FRAMEWORK = frozenset({"channels", "tornado"})
_DEPTH = 5
_MOST_FUNCTIONS = 150


@dataclass(frozen=True, slots=True)
class EndpointCode:
    """An endpoint's own functions.

    `roots` are what the server calls: the handler, or the methods of a class of handlers. `functions` are
    these and the workspace functions that they call, nearest first; `around` are other functions that use
    the socket (a manager's broadcast that only services call).
    """

    program: Program
    roots: tuple[At[tree.Function], ...]
    sockets: Sockets
    functions: tuple[At[tree.Function], ...]
    around: tuple[At[tree.Function], ...]
    name: str
    events: EventServer | None = None
    """The server whose handlers the roots are, where a library calls one for each event of a client."""

    def operations(self, at: At[tree.Node]) -> frozenset[str]:
        """What a piece of code does with the socket, in called functions too: "receive_json", "send_text"."""
        return _operations(self.program, self.sockets, at, frozenset())


def endpoint_code(site: ServerSite) -> EndpointCode | None:
    """The code of an endpoint; None for a server that is made by one call."""
    return site.program.queries.get(("endpoint code", site.endpoint), lambda: _gather(site))


def _gather(site: ServerSite) -> EndpointCode | None:
    program = site.program
    program.queries.note(AnswerToken(site_key(site.endpoint)))
    if site.handling is not None:
        handling = site.handling
        held = _places_of_parameter(program, handling.root)
        return _made(
            program, (handling.root,), handling.sockets, list(handling.reachable), held, handling.name
        )
    if site.events is not None:
        return _of_events(site, site.events)
    if not site.methods:
        return None
    roots = tuple(method for _, method in site.methods)
    program.queries.note(roots[0].unit)
    held = [place for root in roots for place in _places_of_parameter(program, root)]
    nodes = {each.node for each in held}
    klass = site.endpoint.handler
    if site.library in _RUN_BY_FRAMEWORK and isinstance(klass.node, tree.Class):
        # The consumer is the socket: `self.send_json(...)`.
        nodes |= {
            node
            for node in tree.walk(klass.node.body)
            if isinstance(node, tree.Name) and is_receiver(klass.to(node), node.id)
        }
    return _made(program, roots, Sockets(frozenset(nodes)), _reached(program, roots), held, site.name)


def _of_events(site: ServerSite, events: EventServer) -> EndpointCode | None:
    """The handlers of a server's events. No socket is in their hands: the library keeps them all."""
    roots = tuple(each.function for each in events.handlers)
    if not roots:
        return None
    reached = tuple(_reached(site.program, roots))
    return EndpointCode(site.program, roots, Sockets(frozenset()), reached, (), site.name, events)


def _made(
    program: Program,
    roots: tuple[At[tree.Function], ...],
    sockets: Sockets,
    reached: list[At[tree.Function]],
    held: list[At[tree.Expr]],
    name: str,
) -> EndpointCode:
    known = {each.node for each in reached}
    around: dict[tree.Node, At[tree.Function]] = {}
    for place in held:
        function = place.index.function_of(place.node)
        if function is not None and function not in known:
            around[function] = place.to(function)
    return EndpointCode(program, roots, sockets, tuple(reached), tuple(around.values()), name)


def _places_of_parameter(program: Program, function: At[tree.Function]) -> list[At[tree.Expr]]:
    parameter = socket_parameter(program, function)
    return aliases_of_target(program, function.to(parameter.target)) if parameter is not None else []


def _reached(program: Program, roots: tuple[At[tree.Function], ...]) -> list[At[tree.Function]]:
    found: dict[tree.Node, At[tree.Function]] = {root.node: root for root in roots}
    level = list(roots)
    for _ in range(_DEPTH):
        after: list[At[tree.Function]] = []
        for function in level:
            program.queries.note(function.unit)
            for node in tree.walk(function.node.body):
                if isinstance(node, tree.Call) and len(found) < _MOST_FUNCTIONS:
                    for callee in functions(program, function.to(node.callee)):
                        if callee.node not in found:
                            found[callee.node] = callee
                            after.append(callee)
        level = after
    return list(found.values())


def spawned_calls(program: Program, at: At[tree.Node]) -> frozenset[tree.Node]:
    """The coroutine calls within a piece of code that are started beside it and not run in it."""
    return frozenset(
        argument.value
        for node in tree.walk(at.node)
        if isinstance(node, tree.Call) and node.arguments and spawns(program, at.to(node))
        for argument in node.arguments[:1]
    )


def spawns(program: Program, call: At[tree.Call]) -> bool:
    """Whether a call starts a task."""
    callee = call.node.callee
    last = last_name(callee)
    if last not in ("create_task", "ensure_future"):
        return False
    return bool(qualified(program, call.to(callee)) & SPAWNERS)


def _operations(
    program: Program, sockets: Sockets, at: At[tree.Node], within: frozenset[tree.Node]
) -> frozenset[str]:
    found: set[str] = set()
    beside = spawned_calls(program, at)
    for node in tree.walk(at.node, tree.same_function):
        if not isinstance(node, tree.Call) or node in beside:
            continue
        method = socket_method(sockets, node)
        if method in OPERATIONS:
            found.add(method)
        elif len(within) < _DEPTH:
            for function in functions(program, at.to(node.callee)):
                if function.node not in within:
                    found |= _operations_of(program, sockets, function, within)
    return frozenset(found)


def _operations_of(
    program: Program, sockets: Sockets, function: At[tree.Function], within: frozenset[tree.Node]
) -> frozenset[str]:
    nothing: frozenset[str] = frozenset()

    def compute() -> frozenset[str]:
        program.queries.note(function.unit)
        body: At[tree.Node] = function.to(function.node.body)
        return _operations(program, sockets, body, within | {function.node})

    return program.queries.get_or(("operations of", function.node, sockets.nodes, within), compute, nothing)


def own_tries(function: At[tree.Function]) -> list[At[tree.Try]]:
    """The `try` statements of a function itself, in source order."""
    return [function.to(node) for node in own_nodes(function) if isinstance(node, tree.Try)]
