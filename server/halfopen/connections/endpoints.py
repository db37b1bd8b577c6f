"""Finds the WebSocket endpoints of FastAPI and Starlette."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.declared_types import annotation_parts
from halfopen.semantics.instances import classes
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Unit
from halfopen.semantics.values import origins

MARKERS = (b"websocket", b"WebSocket")
"""A Python file without any of these words has no endpoint."""

_APPLICATIONS = {
    "fastapi.FastAPI()": "fastapi",
    "fastapi.applications.FastAPI()": "fastapi",
    "fastapi.APIRouter()": "fastapi",
    "fastapi.routing.APIRouter()": "fastapi",
    "starlette.applications.Starlette()": "starlette",
    "starlette.routing.Router()": "starlette",
}
_SOCKETS = frozenset({"fastapi.WebSocket", "fastapi.websockets.WebSocket", "starlette.websockets.WebSocket"})
_ROUTES = frozenset(
    {
        "starlette.routing.WebSocketRoute",
        "fastapi.routing.APIWebSocketRoute",
        "fastapi.routing.WebSocketRoute",
    }
)
_ENDPOINT_CLASSES = frozenset({"starlette.endpoints.WebSocketEndpoint", "fastapi.WebSocketEndpoint"})
_DECORATORS = frozenset({"websocket", "websocket_route"})
_ADDERS = frozenset({"add_api_websocket_route", "add_websocket_route"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A function, or a class of handlers, that serves a WebSocket route."""

    handler: At[tree.Function] | At[tree.Class]
    library: str
    route: At[tree.Expr] | None
    """The path's expression, relative to its router."""
    router: At[tree.Expr] | None
    """The application or router it is registered on."""

    def __hash__(self) -> int:
        return hash(self.handler.node)

    @property
    def name(self) -> str:
        return self.handler.node.name or "endpoint"


def endpoints_in(program: Program, path: str, unit: Unit) -> list[Endpoint]:
    """The endpoints that a unit's code registers, each once. Tests serve nobody."""
    if not any(marker in unit.text for marker in MARKERS) or not is_shipped(path):
        return []
    program.queries.note(unit)
    found: dict[tree.Node, Endpoint] = {}
    for endpoint in _endpoints(program, path, unit):
        found.setdefault(endpoint.handler.node, endpoint)
    return list(found.values())


def _endpoints(program: Program, path: str, unit: Unit) -> Iterator[Endpoint]:
    from halfopen.semantics.scopes import index_of

    index = index_of(unit)
    for function in index.functions:
        at = At(path, unit, function)
        for decorator in function.decorators:
            endpoint = _decorated(program, at, decorator)
            if endpoint is not None:
                yield endpoint
    for call in index.calls if _may_register(unit) else ():
        yield from _registered(program, At(path, unit, call))
    for call in index.calls if b"websocket" in unit.text else ():
        yield from _applied(program, At(path, unit, call))
    for klass in index.classes:
        at_class = At(path, unit, klass)
        if _is_endpoint_class(program, at_class):
            yield Endpoint(at_class, "starlette", None, None)


def _may_register(unit: Unit) -> bool:
    """A cheap look before every call is resolved."""
    return b"WebSocketRoute" in unit.text or b"websocket_route" in unit.text


def _decorated(program: Program, function: At[tree.Function], decorator: tree.Expr) -> Endpoint | None:
    if not isinstance(decorator, tree.Call) or not isinstance(decorator.callee, tree.Member):
        return None
    callee = decorator.callee
    if callee.name not in _DECORATORS:
        return None
    router = function.to(callee.object)
    library = application_library(program, router)
    if library is None and socket_parameter(program, function) is None:
        return None
    route = _first_argument(decorator, "path")
    return Endpoint(function, library or "fastapi", function.to(route) if route else None, router)


def application_library(program: Program, router: At[tree.Expr]) -> str | None:
    """ "fastapi" or "starlette" where an expression is an application or router of theirs."""
    for name in qualified(program, router):
        if name in _APPLICATIONS:
            return _APPLICATIONS[name]
    for klass in classes(program, router):
        for base in klass.node.bases:
            for name in qualified(program, klass.to(base)):
                if f"{name}()" in _APPLICATIONS:
                    return _APPLICATIONS[f"{name}()"]
    return None


def _registered(program: Program, call: At[tree.Call]) -> Iterator[Endpoint]:
    callee = call.node.callee
    if isinstance(callee, tree.Member) and callee.name in _ADDERS:
        router: At[tree.Expr] | None = call.to(callee.object)
        library = application_library(program, call.to(callee.object))
    elif isinstance(callee, tree.Name | tree.Member) and qualified(program, call.to(callee)) & _ROUTES:
        router, library = None, "starlette"
    else:
        return
    handler = _argument(call.node, 1, "endpoint", "route")
    if handler is None:
        return
    yield from _handled(program, call.to(handler), library, _first_argument(call.node, "path"), router)


def _applied(program: Program, call: At[tree.Call]) -> Iterator[Endpoint]:
    """A decorator that is called like a function: `app.websocket("/ws")(handler)`."""
    decorator = call.node.callee
    if not isinstance(decorator, tree.Call) or not isinstance(decorator.callee, tree.Member):
        return
    if decorator.callee.name not in _DECORATORS:
        return
    router = call.to(decorator.callee.object)
    library = application_library(program, router)
    handler = _first_argument(call.node, "func")
    if library is None or handler is None:
        return
    yield from _handled(program, call.to(handler), library, _first_argument(decorator, "path"), router)


def _handled(
    program: Program,
    handler: At[tree.Expr],
    library: str | None,
    path: tree.Expr | None,
    router: At[tree.Expr] | None,
) -> Iterator[Endpoint]:
    """The endpoints that a registration's argument names: a function, a method or a class of handlers."""
    route = handler.to(path) if path is not None else None
    for origin in origins(program, handler):
        if isinstance(origin, At) and isinstance(origin.node, tree.Class):
            yield Endpoint(origin.to(origin.node), library or "starlette", route, router)
    for function in functions(program, handler):
        if function.index.class_of(function.node) is None or function.node.name not in ("__init__",):
            yield Endpoint(function, library or "starlette", route, router)


def _is_endpoint_class(program: Program, klass: At[tree.Class]) -> bool:
    return any(qualified(program, klass.to(base)) & _ENDPOINT_CLASSES for base in klass.node.bases)


def socket_parameter(program: Program, function: At[tree.Function]) -> tree.Parameter | None:
    """The parameter that receives the WebSocket: the annotated one, else one called so."""
    for parameter in function.node.parameters:
        for annotation in annotation_parts(parameter):
            if qualified(program, function.to(annotation)) & _SOCKETS:
                return parameter
    for parameter in function.node.parameters:
        if isinstance(parameter.target, tree.Name) and parameter.target.id in ("websocket", "ws", "socket"):
            return parameter
    return None


def _first_argument(call: tree.Call, name: str) -> tree.Expr | None:
    return _argument(call, 0, name)


def _argument(call: tree.Call, position: int, *names: str) -> tree.Expr | None:
    for argument in call.arguments:
        if argument.name in names:
            return argument.value
    positional = [argument for argument in call.arguments if argument.name is None and not argument.spread]
    return positional[position].value if position < len(positional) else None
