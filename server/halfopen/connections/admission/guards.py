"""The functions that stand before a handler: dependencies of its own, of its routers and application, middleware."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.facts import CheckPlace
from halfopen.connections.admission.guard import Guard, methods_named
from halfopen.connections.admission.middleware import middleware_of
from halfopen.connections.admission.verification import is_check_name
from halfopen.connections.endpoints import Endpoint
from halfopen.connections.facts import Evidence
from halfopen.connections.routes import routers_above
from halfopen.connections.server_site import ServerSite
from halfopen.connections.trusted import trusted_to
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.injection import dependency_calls
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_MOST_INJECTED = 30
_APPLICATIONS = ("FastAPI", "Starlette")
_ASKING_DECORATORS = frozenset(
    {"starlette.authentication.requires", "django.contrib.auth.decorators.login_required"}
)
"""They close the socket of a client whose scopes do not suffice (starlette 1.10.0 authentication.py)."""


def guards_of(site: ServerSite) -> list[Guard]:
    """Every function that runs before the handler does, dependencies of dependencies included."""
    program = site.program
    found: dict[tuple[tree.Node | str, CheckPlace], Guard] = {}
    for guard in (*_dependencies(site), *middleware_of(site)):
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
            found += methods_named(program, origin.to(origin.node), "__init__")
        elif isinstance(origin.node, tree.Call):
            for klass in origins(program, origin.to(origin.node.callee)):
                if isinstance(klass, At) and isinstance(klass.node, tree.Class):
                    found += methods_named(program, klass.to(klass.node), "__call__")
    return found
