"""Finds the endpoints of the servers that the tables know, beside FastAPI and Starlette.

`websockets.serve(handler)`, aiohttp's `WebSocketResponse` in a handler, consumers of Django Channels,
Tornado's `WebSocketHandler`, the decorators of Quart and Litestar, and the servers of `ws` and
python-socketio, which are made in one place and take each connection as an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.library_calls import Use, use_of_call, uses_of
from halfopen.connections.library_clients import argument, option
from halfopen.connections.route_patterns import route_of
from halfopen.connections.shipped import is_shipped
from halfopen.libraries import Constructor
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.members import members
from halfopen.semantics.names import bound_to
from halfopen.semantics.program import At, Program
from halfopen.semantics.scopes import index_of
from halfopen.semantics.unit import Unit
from halfopen.semantics.values import origins


@dataclass(frozen=True, slots=True)
class FrameworkEndpoint:
    """A function or class that serves connections, or the call that makes a server for all of them.

    `route` is the expression of its path, where one is found. `sockets` are the expressions that are the
    connection's socket in a function.
    """

    handler: At[tree.Function] | At[tree.Class] | At[tree.Call]
    library: str
    name: str
    route: At[tree.Expr] | None
    sockets: tuple[At[tree.Expr], ...] = ()

    def __hash__(self) -> int:
        return hash(self.handler)


def framework_endpoints_in(program: Program, path: str, unit: Unit) -> list[FrameworkEndpoint]:
    """The endpoints that a unit's code makes with these libraries, each once."""
    if not is_shipped(path):
        return []
    program.queries.note(unit)
    found: dict[tree.Node, FrameworkEndpoint] = {}
    for endpoint in _endpoints(program, path, unit):
        found.setdefault(endpoint.handler.node, endpoint)
    return list(found.values())


def _endpoints(program: Program, path: str, unit: Unit) -> Iterator[FrameworkEndpoint]:
    index = index_of(unit)
    for function in index.functions:
        yield from _decorated(program, At(path, unit, function))
    for klass in index.classes:
        yield from _derived(program, At(path, unit, klass))
    for call in index.calls:
        at = At(path, unit, call)
        use = use_of_call(program, at)
        if use is not None and use.constructor.makes == "endpoint":
            yield from _made(program, at, use)


# --- decorators: Quart, Litestar ---------------------------------------------------------------


def _decorated(program: Program, function: At[tree.Function]) -> Iterator[FrameworkEndpoint]:
    for decorator in function.node.decorators:
        callee = decorator.callee if isinstance(decorator, tree.Call) else decorator
        if not isinstance(callee, tree.Name | tree.Member):
            continue
        for use in uses_of(program, function.to(callee)):
            if use.constructor.kind != "decorator" or use.constructor.makes != "endpoint":
                continue
            route = None
            if isinstance(decorator, tree.Call):
                route = argument(function.to(decorator), use.constructor.url_argument or 0, "path", "rule")
            name = function.node.name or "endpoint"
            yield FrameworkEndpoint(function, use.library, name, route)
            return


# --- subclasses: Channels, Tornado, Litestar's listeners ---------------------------------------


def _derived(program: Program, klass: At[tree.Class]) -> Iterator[FrameworkEndpoint]:
    """A class that derives from a library's, directly or through classes of the workspace, and their heirs.

    One that others derive from and no route names only serves as their base.
    """
    use = _base_use(program, klass)
    if use is None:
        return
    for each in (klass, *_heirs(program, klass)):
        route = _class_route(program, each)
        if route is None and _heirs(program, each):
            continue
        yield FrameworkEndpoint(each, use.library, each.node.name or "endpoint", route)


def _base_use(program: Program, klass: At[tree.Class]) -> Use | None:
    for base in klass.node.bases:
        for use in uses_of(program, klass.to(base)):
            if use.constructor.kind == "subclass" and use.constructor.makes == "endpoint":
                return use
    return None


def _heirs(program: Program, klass: At[tree.Class]) -> list[At[tree.Class]]:
    """The classes of the workspace that derive from a class, nearest first."""
    found: dict[tree.Node, At[tree.Class]] = {}
    waiting = [klass]
    while waiting:
        parent = waiting.pop(0)
        if parent.node.name is None:
            continue
        for module, unit in program.units_with(parent.node.name, "python"):
            for each in index_of(unit).classes:
                if each in found or not each.bases or each is klass.node:
                    continue
                at = At(module.path, unit, each)
                if any(
                    isinstance(origin, At) and origin.node is parent.node
                    for base in each.bases
                    for origin in origins(program, at.to(base))
                ):
                    found[each] = at
                    waiting.append(at)
    return list(found.values())


def _class_route(program: Program, klass: At[tree.Class]) -> At[tree.Expr] | None:
    """`path = "/ws"` in the class, else the path beside its name in a list of routes."""
    for value in members(program, klass, "path"):
        if isinstance(value.node, tree.Literal):
            return value
    return route_of(program, klass)


# --- calls: websockets, aiohttp, ws, python-socketio -------------------------------------------


def _made(program: Program, call: At[tree.Call], use: Use) -> Iterator[FrameworkEndpoint]:
    constructor = use.constructor
    if constructor.in_handler:
        yield from _enclosing(program, call, use)
    elif constructor.handler_argument is not None:
        handler = argument(call, constructor.handler_argument, "handler", "ws_handler")
        found = functions(program, handler) if handler is not None else []
        for function in found:
            name = function.node.name or "the handler"
            yield FrameworkEndpoint(function, use.library, name, None, _given_socket(program, function))
        if not found:
            yield FrameworkEndpoint(call, use.library, _given_name(program, call), None)
    else:
        yield FrameworkEndpoint(
            call, use.library, _given_name(program, call), _path_option(program, call, constructor)
        )


def _enclosing(program: Program, call: At[tree.Call], use: Use) -> Iterator[FrameworkEndpoint]:
    """The function that makes its own answer a socket; a view's method counts as its class."""
    function = call.index.function_of(call.node)
    if function is None:
        return
    klass = call.index.class_of(function)
    if klass is not None and function.name in ("get", "options") and klass.bases:
        view = call.to(klass)
        yield FrameworkEndpoint(view, use.library, klass.name or "endpoint", route_of(program, view))
    else:
        handler = call.to(function)
        name, route = function.name or "endpoint", route_of(program, handler)
        yield FrameworkEndpoint(handler, use.library, name, route, tuple(aliases(program, call)))


def _given_socket(program: Program, function: At[tree.Function]) -> tuple[At[tree.Expr], ...]:
    """The connection is the handler's first argument (websockets 17.4 asyncio/server.py)."""
    has_receiver = function.node.receiver not in (None, "this")
    own = function.node.parameters[1 if has_receiver else 0 :]
    return tuple(aliases_of_target(program, function.to(own[0].target))) if own else ()


def _path_option(program: Program, call: At[tree.Call], constructor: Constructor) -> At[tree.Expr] | None:
    if constructor.url_option is None or constructor.options_argument is None:
        return None
    options = argument(call, constructor.options_argument)
    return option(program, options, constructor.url_option) if options is not None else None


def _given_name(program: Program, call: At[tree.Call]) -> str:
    """The variable or field that a server is kept in, else the function that makes it."""
    for variable in bound_to(program, call):
        return variable.name if hasattr(variable, "name") else variable.binding.name  # type: ignore[union-attr]
    parent = call.parent
    if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Member):
        return parent.targets[0].name
    function = call.index.function_of(call.node)
    return (function.name if function is not None else None) or "server"
