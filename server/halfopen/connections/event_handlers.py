"""What a python-socketio server calls for the events of its clients.

`@sio.event`, `@sio.on("join")`, `sio.on("join", handler)`, and the methods `on_*` of a namespace that
`sio.register_namespace(...)` is given. A handler is called with the client's id (`sid`) and what the client sent;
`connect` with the handshake (`environ`) and what the client shows (`auth`). Source: python-socketio 5.18.1,
base_server.py, async_server.py, base_namespace.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.class_shape import member_table
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.instances import classes
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified

LIBRARY = "python-socketio"
OF_THE_LIBRARY = frozenset({"connect", "disconnect", "connect_error"})
"""Events that the library itself makes; all others come from the client."""
_ANY_EVENT = "*"
_NAMESPACES = frozenset(
    {
        "socketio.AsyncNamespace",
        "socketio.Namespace",
        "socketio.async_namespace.AsyncNamespace",
        "socketio.namespace.Namespace",
    }
)
_ASYNC = ("socketio.AsyncServer", "socketio.async_server.AsyncServer")


@dataclass(frozen=True, slots=True)
class EventHandler:
    """One handler: its event, and the parameters that it gets the client's id and the client's values in."""

    event: str
    function: At[tree.Function]
    client: tree.Parameter | None
    values: tuple[tree.Parameter, ...]

    @property
    def is_of_message(self) -> bool:
        """Whether something that the client sends calls it."""
        return self.event not in OF_THE_LIBRARY


@dataclass(frozen=True, slots=True)
class EventServer:
    """A server that is made in one place, with the handlers that the workspace registers on it.

    `places` are the expressions that are the server, or the `self` of a namespace of it, which has the same methods.
    `on_loop`: handlers run on the event loop (`AsyncServer`), those without `async` too. `is_served`: something is
    given the server (`ASGIApp(sio)`, `sio.attach(app)`). `emits` are the calls that send an event to others than one
    client alone that a handler was called for.
    """

    handlers: tuple[EventHandler, ...]
    places: frozenset[tree.Node]
    on_loop: bool
    is_served: bool
    emits: tuple[At[tree.Call], ...]

    def of(self, event: str) -> tuple[EventHandler, ...]:
        return tuple(each for each in self.handlers if each.event == event)

    def method(self, node: tree.Node) -> str | None:
        """The method's name where a node calls a method of the server."""
        if (
            isinstance(node, tree.Call)
            and isinstance(node.callee, tree.Member)
            and node.callee.object in self.places
        ):
            return node.callee.name
        return None


def event_server(program: Program, call: At[tree.Call]) -> EventServer:
    """The server that a call makes."""
    return program.queries.search(("event server", call.node), lambda: _read(program, call))


def _read(program: Program, call: At[tree.Call]) -> EventServer:
    servers = aliases(program, call)
    found: dict[tree.Node, EventHandler] = {}
    places: set[tree.Node] = {each.node for each in servers}
    for server in servers:
        for event, function, receiver in _registered(program, server, places):
            found.setdefault(function.node, _handler(event, function, receiver))
    on_loop = any(name in _ASYNC for name in qualified(program, call.to(call.node.callee)))
    handlers = sorted(found.values(), key=lambda each: (each.function.path, each.function.node.start))
    clients = {
        place.node
        for each in handlers
        if each.client is not None
        for place in aliases_of_target(program, each.function.to(each.client.target))
    }
    emits = [
        each.to(user)
        for each in servers
        for user in (_user_of(each, ("emit", "send")),)
        if user is not None and receiver_of_emit(user) not in clients
    ]
    return EventServer(
        tuple(handlers), frozenset(places), on_loop, any(map(_is_served, servers)), tuple(emits)
    )


def _user_of(server: At[tree.Expr], methods: tuple[str, ...]) -> tree.Call | None:
    """The call of one of the server's methods at a place."""
    member = server.parent
    user = server.index.parents.get(member) if isinstance(member, tree.Member) else None
    if isinstance(member, tree.Member) and member.object is server.node and member.name in methods:
        return user if isinstance(user, tree.Call) and user.callee is member else None
    return None


def receiver_of_emit(call: tree.Call) -> tree.Expr | None:
    """Whom `emit(event, data, to)` names; None for everybody."""
    to = next((each.value for each in call.arguments if each.name in ("to", "room")), None)
    positional = [each.value for each in call.arguments if each.name is None]
    if to is None and len(positional) > 2:
        to = positional[2]
    return None if isinstance(to, tree.Literal) and to.value is None else to


def _is_served(server: At[tree.Expr]) -> bool:
    return isinstance(server.parent, tree.Argument) or _user_of(server, ("attach",)) is not None


def _registered(
    program: Program, server: At[tree.Expr], places: set[tree.Node]
) -> Iterator[tuple[str, At[tree.Function], bool]]:
    """The handlers that one use of the server registers, each with its event and whether it is a bound method."""
    member = server.parent
    if not isinstance(member, tree.Member) or member.object is not server.node:
        return
    user = server.index.parents.get(member)
    if member.name == "event":
        yield from _events_by_name(program, server, member, user)
    elif member.name == "on" and isinstance(user, tree.Call) and user.callee is member:
        yield from _events_by_text(program, server.to(user))
    elif member.name == "register_namespace" and isinstance(user, tree.Call) and user.arguments:
        for klass in classes(program, server.to(user.arguments[0].value)):
            if any(qualified(program, klass.to(base)) & _NAMESPACES for base in klass.node.bases):
                places |= _receivers(klass)
                yield from _of_namespace(program, klass)


def _events_by_name(
    program: Program, server: At[tree.Expr], member: tree.Member, user: tree.Node | None
) -> Iterator[tuple[str, At[tree.Function], bool]]:
    """`@sio.event`, `@sio.event(namespace="/chat")`, `sio.event(handler)`: the function's name is the event."""
    holder = user
    if isinstance(user, tree.Call) and user.callee is member:
        for argument in user.arguments[:1]:
            if argument.name is None:
                for function in functions(program, server.to(argument.value)):
                    yield function.node.name or "", function, _is_method(function)
        holder = server.index.parents.get(user)
    if isinstance(holder, tree.Function) and holder.name:
        yield holder.name, server.to(holder), False


def _events_by_text(program: Program, call: At[tree.Call]) -> Iterator[tuple[str, At[tree.Function], bool]]:
    """`@sio.on("join")`, `sio.on("join", handler)`, `sio.on("join", handler=handler)`."""
    event, handler = None, None
    for position, argument in enumerate(call.node.arguments):
        if argument.name == "event" or (argument.name is None and position == 0):
            event = argument.value
        elif argument.name == "handler" or (argument.name is None and position == 1):
            handler = argument.value
    if not isinstance(event, tree.Literal) or not isinstance(event.value, str):
        return
    holder = call.parent
    if isinstance(holder, tree.Function):
        yield event.value, call.to(holder), False
    elif handler is not None:
        for function in functions(program, call.to(handler)):
            yield event.value, function, _is_method(function)


def _of_namespace(program: Program, klass: At[tree.Class]) -> Iterator[tuple[str, At[tree.Function], bool]]:
    program.queries.note(klass.unit)
    for name, values in member_table(klass).items():
        for value in values:
            if name.startswith("on_") and isinstance(value, tree.Function):
                yield name.removeprefix("on_"), klass.to(value), True


def _receivers(klass: At[tree.Class]) -> set[tree.Node]:
    return {
        node
        for node in tree.walk(klass.node.body)
        if isinstance(node, tree.Name) and is_receiver(klass.to(node), node.id)
    }


def _is_method(function: At[tree.Function]) -> bool:
    """Whether a function that is named through an object has that object as its first parameter."""
    return function.node.receiver is not None and function.index.class_of(function.node) is not None


def _handler(event: str, function: At[tree.Function], receiver: bool) -> EventHandler:
    own = list(function.node.parameters)
    if (
        receiver
        and own
        and isinstance(own[0].target, tree.Name)
        and own[0].target.id == function.node.receiver
    ):
        own = own[1:]
    if event == _ANY_EVENT:  # called with the event's name first
        own = own[1:]
    return EventHandler(event, function, own[0] if own else None, tuple(own[1:]))
