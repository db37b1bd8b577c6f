"""What a consumer class acquires when a client connects and must let go of when it leaves.

Django Channels calls `disconnect` and Tornado `on_close` for every connection that ended, whatever ended
it; Litestar's listeners call `on_disconnect`. What `connect` registers, joins or starts and none of the
methods that run at the end undoes, outlives its client. A handler that is a function enters its socket in
a container and takes it out again itself, in itself or in what it calls; what ends one of `websockets` is known, so
that each way out of it is followed.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.dossier import Leak, Resource
from halfopen.connections.event_handlers import LIBRARY, event_server
from halfopen.connections.event_resources import event_resources
from halfopen.connections.facts import Evidence
from halfopen.connections.framework_endpoints import FrameworkEndpoint
from halfopen.connections.handler_registrations import registrations
from halfopen.connections.registries import registrations_in, removals_in
from halfopen.connections.server_site import server_site
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.members import members
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.queries import WordToken
from halfopen.semantics.scopes import index_of
from halfopen.semantics.unit import Unit

_BEGIN = ("connect", "websocket_connect", "open", "on_accept")
_END = ("disconnect", "websocket_disconnect", "on_close", "on_disconnect", "close")
_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_DEPTH = 3


def consumer_resources(program: Program, endpoint: FrameworkEndpoint) -> tuple[Resource, ...]:
    """The registrations, groups and tasks of an endpoint, with the leak of each that nothing undoes."""
    if isinstance(endpoint.handler.node, tree.Function):
        followed = _followed(program, endpoint)
        if followed:
            return followed
        return tuple(_entered(program, endpoint, endpoint.handler.to(endpoint.handler.node)))
    if isinstance(endpoint.handler.node, tree.Call) and endpoint.library == LIBRARY:
        made = event_server(program, endpoint.handler.to(endpoint.handler.node))
        return tuple(event_resources(program, endpoint, made))
    if not isinstance(endpoint.handler.node, tree.Class):
        return ()
    klass = endpoint.handler.to(endpoint.handler.node)
    beginning = _reachable(program, _methods(program, klass, _BEGIN))
    ending = _reachable(program, _methods(program, klass, _END))
    return (
        *_registrations(program, endpoint, beginning, ending),
        *_groups(endpoint, beginning, ending),
        *_tasks(program, endpoint, klass, beginning, ending),
    )


def _followed(program: Program, endpoint: FrameworkEndpoint) -> tuple[Resource, ...]:
    """What a handler of `websockets` enters and takes out again itself, on each of its ways out; empty where it takes
    nothing out: something else in the program may do that."""
    handling = server_site(program, endpoint).handling
    if endpoint.library != "websockets" or handling is None:
        return ()
    found = tuple(registrations(handling))
    return () if any(leak.kind == "never" for each in found for leak in each.leaks) else found


def _methods(program: Program, klass: At[tree.Class], names: tuple[str, ...]) -> list[At[tree.Function]]:
    return [
        value.to(value.node)
        for name in names
        for value in members(program, klass, name)
        if isinstance(value.node, tree.Function)
    ]


def _reachable(program: Program, roots: list[At[tree.Function]]) -> list[At[tree.Function]]:
    """The methods and the functions that they call."""
    found: dict[tree.Node, At[tree.Function]] = {}
    level = roots
    for _ in range(_DEPTH):
        following: list[At[tree.Function]] = []
        for function in level:
            if function.node not in found:
                found[function.node] = function
                program.queries.note(function.unit)
                for node in own_nodes(function):
                    if isinstance(node, tree.Call):
                        following += functions(program, function.to(node.callee))
        level = following
    return list(found.values())


def _entered(program: Program, endpoint: FrameworkEndpoint, handler: At[tree.Function]) -> Iterator[Resource]:
    """The sockets that a function enters in containers; a removal anywhere in the files at hand counts."""
    sockets = {each.node for each in endpoint.sockets}
    reachable = _reachable(program, [handler])
    entries = [
        each
        for function in reachable
        for each in registrations_in(program, function)
        if each.value.node in sockets
    ]
    if not entries:
        return
    for each in entries:  # a function that is added later and removes it will name the container
        program.queries.note(WordToken(each.container.name.encode()))
    modules = [program.module(path) for path in {each.path for each in reachable}]
    removed = {
        removal.container
        for module in modules
        if module is not None
        for unit in module.units
        for function in _functions_of(program, module.path, unit)
        for removal in removals_in(program, function)
    }
    for each in entries:
        leaks = () if each.container in removed else (Leak("never"),)
        yield Resource("registration", str(each.container), endpoint.name, each.node.span, leaks)


def _functions_of(program: Program, path: str, unit: Unit) -> Iterator[At[tree.Function]]:
    program.queries.note(unit)
    for function in index_of(unit).functions:
        yield At(path, unit, function)


def _registrations(
    program: Program,
    endpoint: FrameworkEndpoint,
    beginning: list[At[tree.Function]],
    ending: list[At[tree.Function]],
) -> Iterator[Resource]:
    """The consumer itself, entered in a container that all connections share (`Chat.clients.add(self)`)."""
    removed = {each.container for function in ending for each in removals_in(program, function)}
    for function in beginning:
        for each in registrations_in(program, function):
            value = each.value.node
            if not isinstance(value, tree.Name) or not is_receiver(each.value.to(value), value.id):
                continue
            leaks = () if each.container in removed else (Leak("never"),)
            yield Resource("registration", str(each.container), endpoint.name, each.node.span, leaks)


def _groups(
    endpoint: FrameworkEndpoint, beginning: list[At[tree.Function]], ending: list[At[tree.Function]]
) -> Iterator[Resource]:
    """A channel layer's group that is joined; leaving any group at the end counts as leaving it."""
    joins = list(_calls_of(beginning, "group_add"))
    leaves = list(_calls_of(ending, "group_discard"))
    for join in joins:
        group = join.to(join.node.arguments[0].value).text if join.node.arguments else "its group"
        yield Resource(
            "registration",
            f"the group {group}",
            endpoint.name,
            join.span,
            () if leaves else (Leak("never"),),
            tuple(Evidence(each.span, "the group is left here") for each in leaves),
        )


def _calls_of(reachable: list[At[tree.Function]], method: str) -> Iterator[At[tree.Call]]:
    """The calls of a method, and those that hand it to `async_to_sync`."""
    for function in reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call):
                continue
            callee = node.callee
            if isinstance(callee, tree.Call) and callee.arguments:
                callee = callee.arguments[0].value
            if isinstance(callee, tree.Member) and callee.name == method:
                yield function.to(node)


def _tasks(
    program: Program,
    endpoint: FrameworkEndpoint,
    klass: At[tree.Class],
    beginning: list[At[tree.Function]],
    ending: list[At[tree.Function]],
) -> Iterator[Resource]:
    """An endless task of the consumer, kept in a field, that nothing at the end reaches for."""
    used = {
        node.name
        for function in ending
        for node in own_nodes(function)
        if isinstance(node, tree.Member)
        and isinstance(node.object, tree.Name)
        and is_receiver(function.to(node.object), node.object.id)
    }
    for function in beginning:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call) or not node.arguments:
                continue
            if not qualified(program, function.to(node.callee)) & _SPAWNERS:
                continue
            coroutine = node.arguments[0].value
            field = _field(function, node)
            if not isinstance(coroutine, tree.Call) or field in used:
                continue
            bodies = functions(program, function.to(coroutine.callee))
            if any(_is_endless(each) and each.index.class_of(each.node) is klass.node for each in bodies):
                yield Resource(
                    "task",
                    f"the task {function.to(coroutine.callee).text}()",
                    endpoint.name,
                    function.to(node).span,
                    (Leak("never"),),
                )


def _field(function: At[tree.Function], node: tree.Node) -> str | None:
    """The field that a task is kept in."""
    parent = function.index.parents.get(node)
    if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Member):
        return parent.targets[0].name
    return None


def _is_endless(function: At[tree.Function]) -> bool:
    """An unconditional loop that no `break` or `return` ends."""
    for node in own_nodes(function):
        if isinstance(node, tree.Loop) and isinstance(node.test, tree.Literal) and node.test.value:
            inner = list(tree.walk(node.body, tree.same_function))
            if not any(
                isinstance(each, tree.Return) or (isinstance(each, tree.Jump) and each.kind == "break")
                for each in inner
            ):
                return True
    return False
