"""Where received messages enter an endpoint's code, and a client's."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_site import ClientSite
from halfopen.connections.handler_flow import ITERATORS, socket_method
from halfopen.connections.messages.journey import Form, Root
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.function_shape import returned
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.stores import initializers, store_around
from halfopen.semantics.values import origins

_RECEIVED: dict[str, Form] = {
    "receive_json": "parsed",
    "receive_text": "raw",
    "receive_bytes": "raw",
    "receive_str": "raw",
    "receive": "event",
    "receive_data": "raw",
    "recv": "raw",
    "iter_json": "parsed",
    "iter_text": "raw",
    "iter_bytes": "raw",
    "iter_data": "raw",
}
"""What a method of a server's socket hands over. Starlette, websockets, aiohttp, Litestar, Quart."""

_METHODS: dict[str, tuple[int, Form]] = {
    "receive_json": (0, "parsed"),
    "receive": (0, "raw"),
    "websocket_receive": (0, "event"),
    "on_message": (0, "raw"),
    "on_receive": (-1, "parsed"),
}
"""The methods of a class of handlers that are given a message: which parameter after the receiver, and its form."""


def received_by_endpoint(site: ServerSite) -> tuple[Root, ...]:
    """Every place where a message enters an endpoint's code."""
    found = [*_in_function(site), *_in_methods(site), *_of_events(site)]
    return tuple(dict.fromkeys(found))


def _in_function(site: ServerSite) -> Iterator[Root]:
    handling = site.handling
    if handling is None:
        return
    for function in handling.reachable:
        for node in own_nodes(function):
            method = socket_method(handling.sockets, node)
            if method in _RECEIVED and method not in ITERATORS:
                form = _RECEIVED[method]
                if method == "receive" and site.library == "quart":
                    form = "raw"
                assert isinstance(node, tree.Call)
                yield Root(function.to(node), form)
                if _is_a_task(function.to(node)):
                    yield from _results(function, form)
            if isinstance(node, tree.Loop) and node.is_async and node.iterable is not None:
                yield from _iterated(site, function, node)


def _is_a_task(call: At[tree.Call]) -> bool:
    """`create_task(ws.receive_text())`."""
    argument = call.parent
    outer = call.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    callee = outer.callee if isinstance(outer, tree.Call) else None
    name = getattr(callee, "name", "") if isinstance(callee, tree.Member) else getattr(callee, "id", "")
    return name in ("create_task", "ensure_future", "start_soon")


def _results(function: At[tree.Function], form: Form) -> Iterator[Root]:
    """`task.result()`, whichever of the function's tasks it is: what parses it tells the message apart."""
    for node in own_nodes(function):
        match node:
            case tree.Call(callee=tree.Member(name="result"), arguments=()):
                yield Root(function.to(node), form)
            case _:
                pass


def _iterated(site: ServerSite, function: At[tree.Function], loop: tree.Loop) -> Iterator[Root]:
    handling = site.handling
    assert handling is not None
    if loop.target is None or loop.iterable is None:
        return
    method = socket_method(handling.sockets, loop.iterable)
    if method in ITERATORS or method == "iter_data":
        yield Root(function.to(loop.target), _RECEIVED[method], is_target=True)
    elif handling.sockets.is_socket(loop.iterable):
        form: Form = "event" if site.library == "aiohttp" else "raw"
        yield Root(function.to(loop.target), form, is_target=True)


def _in_methods(site: ServerSite) -> Iterator[Root]:
    for name, function in site.methods:
        place = _METHODS.get(name)
        if place is None:
            continue
        parameters = [
            each
            for each in function.node.parameters
            if isinstance(each.target, tree.Name) and each.target.id != function.node.receiver
        ]
        position, form = place
        if name == "on_receive":
            form = _encoding(site)
        if name == "receive":
            for each in parameters:
                yield Root(function.to(each.target), form, is_target=True)
        elif parameters and -len(parameters) <= position < len(parameters):
            yield Root(function.to(parameters[position].target), form, is_target=True)


def _of_events(site: ServerSite) -> Iterator[Root]:
    """What python-socketio hands to a handler beside the client's id: the library parses."""
    for handler in site.events.handlers if site.events is not None else ():
        for parameter in handler.values if handler.is_of_message else ():
            target = handler.function.to(parameter.target)
            if parameter.kind in ("normal", "positional") and _is_a_message(site, target):
                yield Root(target, "parsed", is_target=True)


def _is_a_message(site: ServerSite, target: At[tree.Expr]) -> bool:
    """Whether something is read of what came, or it is sent on: an id alone (`join(sid, room)`) tells little."""
    for place in aliases_of_target(site.program, target):
        match place.parent:
            case tree.Member(object=inner) | tree.Index(object=inner) if inner is place.node:
                return True
            case tree.Argument() as argument:
                call = place.index.parents.get(argument)
                if (
                    isinstance(call, tree.Call)
                    and site.events is not None
                    and site.events.method(call) in ("emit", "send")
                    and argument.name in (None, "data")
                ):
                    return True
            case _:
                pass
    return False


def _encoding(site: ServerSite) -> Form:
    """Starlette's `WebSocketEndpoint.encoding`: "json" hands over what it parsed."""
    handler = site.endpoint.handler
    for statement in handler.node.body.statements if isinstance(handler.node, tree.Class) else ():
        match statement:
            case tree.Assign(targets=(tree.Name(id="encoding"), *_), value=tree.Literal(value=encoding)):
                return "parsed" if encoding == "json" else "raw"
            case _:
                pass
    return "raw"


def received_by_client(site: ClientSite) -> tuple[Root, ...]:
    """Every place where a message enters a client's code."""
    view = site.view
    if view is None:
        return ()
    found: list[Root] = []
    form: Form = "parsed" if site.library == "socket.io-client" else "event"
    for handler in view.socket.handlers(site.program, view.held, "message"):
        found += _first_parameter(handler, form)
    for handler in _store_actions(site):
        found += _first_parameter(handler, form)
    if site.made_with is not None:
        found += _options(site)
        found += _latest(site)
    return tuple(dict.fromkeys(found))


def _store_actions(site: ClientSite) -> Iterator[At[tree.Function]]:
    """`ws.onmessage = get().handleMessage`: an action of the store that the socket is made in."""
    view = site.view
    assert view is not None
    for alias in view.held:
        member = alias.parent
        user = alias.index.parents.get(member) if isinstance(member, tree.Member) else None
        if (
            isinstance(member, tree.Member)
            and member.name == "onmessage"
            and isinstance(user, tree.Assign)
            and isinstance(user.value, tree.Member)
            and isinstance(user.value.object, tree.Call)
        ):
            store = store_around(site.program, alias)
            for initializer in initializers(site.program, store) if store is not None else ():
                for made in returned(initializer):
                    if isinstance(made.node, tree.Object):
                        for entry in made.node.entries:
                            if isinstance(entry.key, tree.Literal) and entry.key.value == user.value.name:
                                yield from functions(site.program, made.to(entry.value))


def _first_parameter(handler: At[tree.Function], form: Form) -> Iterator[Root]:
    if handler.node.parameters:
        yield Root(handler.to(handler.node.parameters[0].target), form, is_target=True)


def _options(site: ClientSite) -> Iterator[Root]:
    """`useWebSocket(url, { onMessage: (event) => … })`."""
    for argument in site.call.node.arguments:
        for origin in origins(site.program, site.call.to(argument.value)):
            if isinstance(origin, At) and isinstance(origin.node, tree.Object):
                for entry in origin.node.entries:
                    if isinstance(entry.key, tree.Literal) and entry.key.value in ("onMessage", "onmessage"):
                        for function in functions(site.program, origin.to(entry.value)):
                            yield from _first_parameter(function, "event")


def _latest(site: ClientSite) -> Iterator[Root]:
    """`const { lastMessage, lastJsonMessage } = useWebSocket(url)`."""
    for alias in aliases(site.program, site.call):
        match alias.parent:
            case tree.Assign(targets=(tree.Object(entries=entries), *_), value=value) if value is alias.node:
                for entry in entries:
                    if isinstance(entry.key, tree.Literal):
                        form = LATEST.get(str(entry.key.value))
                        if form is not None:
                            yield Root(alias.to(entry.value), form, is_target=True)
            case tree.Member(object=inner, name=name) as member if inner is alias.node and name in LATEST:
                yield Root(alias.to(member), LATEST[name])
            case _:
                pass


LATEST: dict[str, Form] = {"lastMessage": "event", "lastJsonMessage": "parsed"}
"""What a library's hook gives of the latest message, and its form."""
