"""What a server of events keeps for each client under the id of its connection, and what of it a disconnect leaves.

The library makes a new id (`sid`) for each connection: an entry under an old one is of no more use to anybody. Rooms
and sessions are the library's own, which lets go of them itself (python-socketio 5.18.1, `_handle_disconnect`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from halfopen.connections.client_release import closure_of
from halfopen.connections.dossier import Leak, Resource
from halfopen.connections.event_handlers import EventServer
from halfopen.connections.facts import Evidence
from halfopen.connections.framework_endpoints import FrameworkEndpoint
from halfopen.connections.registries import (
    Container,
    Registration,
    container_of,
    registrations_in,
    removals_in,
)
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.queries import WordToken
from halfopen.semantics.scopes import index_of


def event_resources(program: Program, endpoint: FrameworkEndpoint, events: EventServer) -> Iterator[Resource]:
    """The entries that handlers make under their client's id, each container once."""
    if not events.is_served:
        return
    handlers = [each.function for each in events.handlers]
    running = closure_of(program, handlers)
    clients: set[tree.Node] = {
        place.node
        for each in events.handlers
        if each.client is not None
        for place in aliases_of_target(program, each.function.to(each.client.target))
    }
    ending = closure_of(program, [each.function for each in events.of("disconnect")])
    entered: dict[Container, Registration] = {}
    for function in running:
        for each in registrations_in(program, function):
            if _is_for_client(each, clients):
                entered.setdefault(each.container, each)
    for container, first in entered.items():
        program.queries.note(WordToken(container.name.encode()))
        leaks = _leaks(program, events, container, running, ending, clients)
        yield Resource("registration", str(container), endpoint.name, first.node.span, leaks)


def _is_for_client(each: Registration, clients: set[tree.Node]) -> bool:
    """Under the client's id, or the id itself in a list or set: what stands under a user's name is replaced when that user
    comes back."""
    return each.key.node in clients if each.key is not None else each.value.node in clients


def _leaks(
    program: Program,
    events: EventServer,
    container: Container,
    running: list[At[tree.Function]],
    ending: list[At[tree.Function]],
    clients: set[tree.Node],
) -> tuple[Leak, ...]:
    if any(_lets_go(program, each, container) for each in ending):
        return ()
    if next(_unread(program, events, ending, clients), None) is not None:
        return ()
    elsewhere = _other_functions(program, container, running)
    if any(_lets_go(program, each, container) for each in elsewhere):
        return ()  # a sweep, a request
    by_event = [each for each in running if _lets_go(program, each, container)]
    if by_event:
        said = Evidence(by_event[0].span, "only an event that the client sends lets go of it")
        return (Leak("on-disconnect", (said,)),)
    return (Leak("never"),)


def _lets_go(program: Program, function: At[tree.Function], container: Container) -> bool:
    """Whether a function takes something out of a container, or sets a part of it anew."""
    if any(each.container == container for each in removals_in(program, function)):
        return True
    for node in own_nodes(function):
        targets: Iterable[tree.Node] = node.targets if isinstance(node, tree.Assign | tree.Delete) else ()
        for target in targets:
            inner = target.object if isinstance(target, tree.Index | tree.Member) else target
            if isinstance(inner, tree.Name | tree.Member | tree.Index) and (
                container_of(program, function.to(inner)) == container
            ):
                return True
    return False


def _unread(
    program: Program, events: EventServer, ending: list[At[tree.Function]], clients: set[tree.Node]
) -> Iterator[At[tree.Call]]:
    """Calls on the way out that hand the client's id to code that is not here, and may let go of all that is its."""
    for function in ending:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or events.method(node) is not None:
                continue
            given = any(each.value in clients for each in node.arguments)
            told = isinstance(node.callee, tree.Member) and node.callee.name not in _HARMLESS
            if given and told and not functions(program, function.to(node.callee)):
                yield function.to(node)


_HARMLESS = frozenset({"debug", "info", "warning", "error", "exception", "get", "index", "count", "format"})


def _other_functions(
    program: Program, container: Container, running: list[At[tree.Function]]
) -> Iterator[At[tree.Function]]:
    """The functions that name a container and run for no event."""
    own = {each.node for each in running}
    for module, unit in program.units_with(container.name, "python"):
        program.queries.note(unit)
        for function in index_of(unit).functions:
            if function not in own:
                yield At(module.path, unit, function)
