"""The functions that stand before a handler: dependencies of its own, of its routers and application, middleware."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.admission.facts import CheckPlace
from halfopen.connections.admission.verification import is_check_name
from halfopen.connections.endpoints import Endpoint
from halfopen.connections.facts import Evidence
from halfopen.connections.routes import routers_above
from halfopen.connections.server_site import ServerSite
from halfopen.connections.trusted import trusted_to
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.injection import dependency_calls
from halfopen.semantics.members import members
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins

_MOST_INJECTED = 30
_APPLICATIONS = ("FastAPI", "Starlette")
_ASKING_DECORATORS = frozenset(
    {"starlette.authentication.requires", "django.contrib.auth.decorators.login_required"}
)
"""They close the socket of a client whose scopes do not suffice (starlette 1.10.0 authentication.py)."""
_HTTP_ONLY = ("BaseHTTPMiddleware", "CORSMiddleware", "GZipMiddleware")


@dataclass(frozen=True, slots=True)
class Guard:
    """A function that runs before accept. `function` is None for one that cannot be read here.

    `trusted` is there where the settings say that it authenticates, with where they do.
    `asks`: it is known to ask who the client is, though it cannot be read.
    """

    place: CheckPlace
    function: At[tree.Function] | None
    name: str
    evidence: tuple[Evidence, ...] = ()
    trusted: tuple[Evidence, ...] | None = None
    asks: bool = False


def guards_of(site: ServerSite) -> list[Guard]:
    """Every function that runs before the handler does, dependencies of dependencies included."""
    program = site.program
    found: dict[tuple[tree.Node | str, CheckPlace], Guard] = {}
    for guard in (
        *_dependencies(site),
        *program.queries.search(("websocket middleware",), lambda: _middleware(program)),
    ):
        found.setdefault((guard.function.node if guard.function else guard.name, guard.place), guard)
    waiting = list(found.values())
    while waiting and len(found) < _MOST_INJECTED:
        guard = waiting.pop()
        if guard.function is None:
            continue
        for each in _injected(program, guard.function, guard.place):
            key = (each.function.node if each.function else each.name, each.place)
            if key not in found:
                found[key] = each
                waiting.append(each)
    return list(found.values())


def _dependencies(site: ServerSite) -> Iterator[Guard]:
    program, endpoint = site.program, site.endpoint
    if site.handling is not None:
        root = site.handling.root
        yield from _injected(program, root, "dependency")
        for decorator in root.node.decorators:
            if isinstance(decorator, tree.Call):
                yield from _listed(program, root.to(decorator), "dependency")
            else:
                yield from _decorating(program, root.to(decorator))
            if isinstance(decorator, tree.Call) and not _registers(decorator):
                yield from _decorating(program, root.to(decorator.callee))
    if isinstance(endpoint, Endpoint) and endpoint.router is not None:
        for call in routers_above(program, endpoint.router):
            name = name_behind_calls(call.node.callee)
            place: CheckPlace = "application" if name in _APPLICATIONS else "router"
            yield from _listed(program, call, place)


def _registers(decorator: tree.Call) -> bool:
    return name_behind_calls(decorator.callee) in ("websocket", "websocket_route")


def _decorating(program: Program, decorator: At[tree.Expr]) -> Iterator[Guard]:
    """`@require_token` around the handler: what the wrapper does comes first."""
    found = functions(program, decorator)
    trusted = trusted_to(program, "authenticates", decorator)
    if trusted is not None:
        said = (Evidence(decorator.span, "wraps the handler"),)
        yield Guard("dependency", None, name_behind_calls(decorator.node), said, trusted)
        return
    if not found and (
        is_check_name(name_behind_calls(decorator.node)) or qualified(program, decorator) & _ASKING_DECORATORS
    ):
        said = (Evidence(decorator.span, "wraps the handler"),)
        yield Guard("dependency", None, name_behind_calls(decorator.node), said, asks=True)
    for function in found:
        yield Guard("dependency", function, function.node.name or "", ())
        for node in tree.walk(function.node.body):
            if isinstance(node, tree.Function):
                yield Guard("dependency", function.to(node), function.node.name or "", ())


def _injected(program: Program, function: At[tree.Function], place: CheckPlace) -> Iterator[Guard]:
    for parameter in function.node.parameters:
        yield from injected(program, function, parameter, place)


def injected(
    program: Program, function: At[tree.Function], parameter: tree.Parameter, place: CheckPlace
) -> Iterator[Guard]:
    """What provides one parameter of a function."""
    for call in dependency_calls(program, function, parameter):
        yield from _provided(program, call, place)


def _listed(program: Program, call: At[tree.Call], place: CheckPlace) -> Iterator[Guard]:
    """`dependencies=[Depends(verify)]` of a router, an include, an application or a route."""
    for argument in call.node.arguments:
        if argument.name != "dependencies":
            continue
        for origin in origins(program, call.to(argument.value)):
            if isinstance(origin, At):
                for node in tree.walk(origin.node):
                    if isinstance(node, tree.Call) and name_behind_calls(node.callee) in (
                        "Depends",
                        "Security",
                    ):
                        yield from _provided(program, origin.to(node), place)


def _provided(program: Program, depends: At[tree.Call], place: CheckPlace) -> Iterator[Guard]:
    said = (Evidence(depends.span, f"runs before accept: {depends.text}"),)
    for argument in depends.node.arguments[:1]:
        given = depends.to(argument.value)
        found = _callables(program, given)
        named = given.to(given.node.callee) if isinstance(given.node, tree.Call) else given
        trusted = trusted_to(program, "authenticates", named)
        if trusted is not None:
            yield Guard(place, None, name_behind_calls(given.node), said, trusted)
            continue
        for function in found:
            yield Guard(place, function, function.node.name or "", said)
        if not found:
            yield Guard(place, None, name_behind_calls(given.node), said)


def _callables(program: Program, given: At[tree.Expr]) -> list[At[tree.Function]]:
    """A dependency: a function, a class, or an instance that can be called."""
    found: list[At[tree.Function]] = []
    for origin in origins(program, given):
        if not isinstance(origin, At):
            continue
        if isinstance(origin.node, tree.Function):
            found.append(origin.to(origin.node))
        elif isinstance(origin.node, tree.Class):
            found += _methods(program, origin.to(origin.node), "__init__")
        elif isinstance(origin.node, tree.Call):
            for klass in origins(program, origin.to(origin.node.callee)):
                if isinstance(klass, At) and isinstance(klass.node, tree.Class):
                    found += _methods(program, klass.to(klass.node), "__call__")
    return found


def _methods(program: Program, klass: At[tree.Class], name: str) -> list[At[tree.Function]]:
    return [
        value.to(value.node)
        for value in members(program, klass, name)
        if isinstance(value.node, tree.Function)
    ]


# --- middleware ----------------------------------------------------------------------------------


def _middleware(program: Program) -> tuple[Guard, ...]:
    """The middleware of the program that acts on WebSocket connections: those of plain ASGI, and authentication backends."""
    found: list[Guard] = []
    for word in ("add_middleware", "Middleware", "ProtocolTypeRouter"):
        for module, unit in program.units_with(word, "python"):
            program.queries.note(unit)
            for call in index_of(unit).calls:
                if name_behind_calls(call.callee) in ("add_middleware", "Middleware") and call.arguments:
                    found += _added(program, At(module.path, unit, call))
                elif name_behind_calls(call.callee) == "ProtocolTypeRouter":
                    found += _wrapped(program, At(module.path, unit, call))
    return tuple(found)


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
            for function in _methods(program, klass, "__call__"):
                if _passes_websockets_by(function):
                    continue
                yield Guard("middleware", function, klass.node.name or "", said)


def _backend(program: Program, made: At[tree.Call], said: tuple[Evidence, ...]) -> Iterator[Guard]:
    for klass in origins(program, made.to(made.node.callee)):
        if isinstance(klass, At) and isinstance(klass.node, tree.Class):
            for function in _methods(program, klass.to(klass.node), "authenticate"):
                yield Guard("middleware", function, klass.node.name or "", said)


def _wrapped(program: Program, call: At[tree.Call]) -> Iterator[Guard]:
    """Channels: what is wrapped around the consumers, `ProtocolTypeRouter({"websocket": Auth(...)})`."""
    for node in tree.walk(call.node):
        if isinstance(node, tree.Call) and node is not call.node:
            for origin in origins(program, call.to(node.callee)):
                if isinstance(origin, At) and isinstance(origin.node, tree.Class):
                    said = (Evidence(call.to(node).span, "wrapped around the consumers"),)
                    for function in _methods(program, origin.to(origin.node), "__call__"):
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
