"""The middleware that stands before a handler."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.admission.guard import Guard, methods_named
from halfopen.connections.endpoints import Endpoint
from halfopen.connections.facts import Evidence
from halfopen.connections.routes import is_application, routers_above
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins

_HTTP_ONLY = ("BaseHTTPMiddleware", "CORSMiddleware", "GZipMiddleware")


def middleware_of(site: ServerSite) -> tuple[Guard, ...]:
    """The middleware around an endpoint that acts on WebSocket connections: plain ASGI, and authentication backends.

    That of another application of the same workspace is not around it.
    """
    program = site.program
    added = program.queries.search(("websocket middleware",), lambda: _middleware(program))
    applications = _applications(site) if any(each.application is not None for each in added) else ()
    return tuple(
        each.guard
        for each in added
        if each.application is None or not applications or each.application in applications
    )


def _applications(site: ServerSite) -> tuple[tree.Node, ...]:
    """The calls that make the applications which serve an endpoint; none where that is open."""
    if not isinstance(site.endpoint, Endpoint) or site.endpoint.router is None:
        return ()
    above = routers_above(site.program, site.endpoint.router)
    return tuple(each.node for each in above if is_application(site.program, each))


@dataclass(frozen=True, slots=True)
class _Added:
    """A middleware, and the call that makes the application which it is added to; None where that is open."""

    guard: Guard
    application: tree.Node | None


def _middleware(program: Program) -> tuple[_Added, ...]:
    found: list[_Added] = []
    for word in ("add_middleware", "Middleware", "ProtocolTypeRouter"):
        for module, unit in program.units_with(word, "python"):
            program.queries.note(unit)
            for call in index_of(unit).calls:
                if name_behind_calls(call.callee) in ("add_middleware", "Middleware") and call.arguments:
                    at = At(module.path, unit, call)
                    application = _application(program, at)
                    found += [_Added(guard, application) for guard in _added(program, at)]
                elif name_behind_calls(call.callee) == "ProtocolTypeRouter":
                    found += [_Added(guard, None) for guard in _wrapped(program, At(module.path, unit, call))]
    return tuple(found)


def _application(program: Program, call: At[tree.Call]) -> tree.Node | None:
    """What `app.add_middleware(...)` is called on, or the `FastAPI(middleware=[Middleware(...)])` around it."""
    if isinstance(call.node.callee, tree.Member) and call.node.callee.name == "add_middleware":
        made = [
            each.node
            for each in origins(program, call.to(call.node.callee.object))
            if isinstance(each, At) and isinstance(each.node, tree.Call)
        ]
        return made[0] if len(made) == 1 else None
    around = (each for each in call.index.ancestors(call.node) if isinstance(each, tree.Call))
    return next((each for each in around if is_application(program, call.to(each))), None)


def _added(program: Program, call: At[tree.Call]) -> Iterator[Guard]:
    given = call.to(call.node.arguments[0].value)
    said = (Evidence(call.span, f"middleware added here: {name_behind_calls(given.node)}"),)
    if any(name.endswith("AuthenticationMiddleware") for name in qualified(program, given)):
        for argument in call.node.arguments:
            if argument.name == "backend":
                for origin in origins(program, call.to(argument.value)):
                    if isinstance(origin, At) and isinstance(origin.node, tree.Call):
                        yield from _backend(program, origin.to(origin.node), said)
        return
    for origin in origins(program, given):
        if isinstance(origin, At) and isinstance(origin.node, tree.Class):
            klass = origin.to(origin.node)
            if _is_http_only(program, klass):
                continue
            for function in methods_named(program, klass, "__call__"):
                if _passes_websockets_by(function):
                    continue
                yield Guard("middleware", function, klass.node.name or "", said)


def _backend(program: Program, made: At[tree.Call], said: tuple[Evidence, ...]) -> Iterator[Guard]:
    for klass in origins(program, made.to(made.node.callee)):
        if isinstance(klass, At) and isinstance(klass.node, tree.Class):
            for function in methods_named(program, klass.to(klass.node), "authenticate"):
                yield Guard("middleware", function, klass.node.name or "", said)


def _wrapped(program: Program, call: At[tree.Call]) -> Iterator[Guard]:
    """Channels: what is wrapped around the consumers, `ProtocolTypeRouter({"websocket": Auth(...)})`."""
    for node in tree.walk(call.node):
        if isinstance(node, tree.Call) and node is not call.node:
            for origin in origins(program, call.to(node.callee)):
                if isinstance(origin, At) and isinstance(origin.node, tree.Class):
                    said = (Evidence(call.to(node).span, "wrapped around the consumers"),)
                    for function in methods_named(program, origin.to(origin.node), "__call__"):
                        yield Guard("middleware", function, origin.node.name or "", said)


def _is_http_only(program: Program, klass: At[tree.Class]) -> bool:
    """Starlette's BaseHTTPMiddleware hands WebSocket connections on unseen."""
    return any(
        name.endswith(_HTTP_ONLY) for base in klass.node.bases for name in qualified(program, klass.to(base))
    )


def _passes_websockets_by(function: At[tree.Function]) -> bool:
    """`if scope["type"] != "http": return await self.app(...)`: it speaks of HTTP alone."""
    kinds = {
        each.value
        for node in own_nodes(function)
        if isinstance(node, tree.Operation) and node.operator in ("==", "!=", "in", "not in")
        for operand in node.operands
        for each in tree.walk(operand)
        if isinstance(each, tree.Literal) and each.value in ("http", "websocket", "lifespan")
    }
    return "http" in kinds and "websocket" not in kinds
