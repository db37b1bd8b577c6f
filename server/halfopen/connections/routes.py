"""The full path of an endpoint: its own route, behind every prefix under which its router is reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from halfopen.connections.endpoints import Endpoint
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.includes import MOUNTS, Include, argument_named, includes, names_made
from halfopen.connections.paths import Segment, Segments, path_text, segments_of
from halfopen.connections.strings import texts_of
from halfopen.connections.texts import Text
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.instances import classes
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins
from halfopen.source.text import one_line

_LONGEST_TEXT = 90
"""Characters of the code that evidence repeats."""

_APPLICATIONS = frozenset(
    {
        "fastapi.FastAPI()",
        "fastapi.applications.FastAPI()",
        "starlette.applications.Starlette()",
    }
)
_LISTS = frozenset(
    {
        "starlette.applications.Starlette",
        "starlette.routing.Router",
        "fastapi.FastAPI",
        "fastapi.APIRouter",
        "fastapi.routing.APIRouter",
    }
)
_DEEPEST = 12
_MOST_ROUTES = 12


@dataclass(frozen=True, slots=True)
class Route:
    """One path under which an endpoint is reached.

    `reached` is False where no application was found to include the endpoint's router: the path is
    then what is known of it, and more may stand in front. `application` is where the application is
    made, as file:name for telling applications of one repository apart.
    """

    path: Segments
    slash_at_end: bool
    reached: bool
    application: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def text(self) -> str:
        return path_text(self.path, self.slash_at_end)


@dataclass(frozen=True, slots=True)
class _Step:
    """What stands in front of a path: where it hangs, under which prefix, and where that is said."""

    parent: At[tree.Expr] | None
    prefix: str
    evidence: tuple[Evidence, ...]


def routes_of(program: Program, endpoint: Endpoint) -> tuple[Route, ...]:
    """Every path under which an endpoint is reached; none where its route is not known at all."""
    if endpoint.route is None:
        return ()
    said = Evidence(endpoint.route.span, f"the route of {endpoint.name}: {endpoint.route.text}")
    found: list[Route] = []
    for own in _prefix_texts(program, endpoint.route):
        registration = _registration(endpoint.route)
        if endpoint.router is not None:
            ups = _ups_of_router(program, endpoint.router, ())
        elif registration is not None:
            ups = _ups_of_listed(program, registration, ())
        else:
            ups = iter(())
        for up in ups:
            text = up.prefix + own
            slash = text.endswith("/") and len(text) > 1
            evidence = (said, *up.evidence)
            application = _key(up.parent) if up.parent is not None else None
            path = segments_of(text)
            if up.parent is None:
                path = (Segment("{prefix}", many=True), *path)
            found.append(Route(path, slash, up.parent is not None, application, evidence))
            if len(found) >= _MOST_ROUTES:
                break
    reached = [each for each in found if each.reached]
    return tuple(dict.fromkeys(reached or found))


def routers_above(program: Program, router: At[tree.Expr]) -> tuple[At[tree.Call], ...]:
    """The calls that make a router, include it and make what includes it, up to the application.

    What their keyword arguments say (`dependencies`) holds for each of its routes.
    """
    found: dict[At[tree.Call], None] = {}
    waiting = [router]
    while waiting and len(found) < _MOST_ROUTES:
        for origin in origins(program, waiting.pop()):
            if not isinstance(origin, At) or not isinstance(origin.node, tree.Call):
                continue
            made = origin.to(origin.node)
            if made in found:
                continue
            found[made] = None
            for include in includes(program):
                if names_made(program, include.child, made.node):
                    found[include.call] = None
                    waiting += [include.parent] if include.parent is not None else []
    return tuple(found)


def route_of_text(text: str, evidence: tuple[Evidence, ...] = ()) -> Route:
    """The route that a path written out is."""
    return Route(segments_of(text), text.endswith("/") and len(text) > 1, True, None, evidence)


def route_fact(routes: tuple[Route, ...]) -> Fact[str]:
    """The endpoint's path to show, or what would settle it."""
    if not routes:
        return Unknown("the path given where the route is registered")
    texts = list(dict.fromkeys(route.text for route in routes))
    evidence = routes[0].evidence
    if not routes[0].reached:
        own = path_text(routes[0].path[1:], routes[0].slash_at_end)
        return Unknown(
            f"the include_router or mount that puts {own} into an application: none was found", evidence
        )
    sure = all(not each.many or ":path" in each.text for route in routes for each in route.path)
    return Known(" or ".join(texts), evidence, Confidence.HIGH if sure else Confidence.MEDIUM)


# --- climbing ----------------------------------------------------------------------------------


def _ups_of_router(program: Program, router: At[tree.Expr], seen: tuple[tree.Node, ...]) -> Iterator[_Step]:
    """The prefixes in front of what is registered on a router, up to each application."""
    if len(seen) > _DEEPEST:
        return
    resolved = False
    for origin in origins(program, router):
        if isinstance(origin, At) and isinstance(origin.node, tree.Call) and origin.node not in seen:
            resolved = True
            made = origin.to(origin.node)
            yield from _ups_of_made(program, made, (*seen, made.node)) if seen else _ups_from(program, made)
        elif isinstance(origin, ParameterOf) and origin.parameter not in seen:
            found = False
            for step in _ups_of_parameter(program, origin, (*seen, origin.parameter)):
                resolved = found = True
                yield step
            if not found and is_application(program, router):
                resolved = True
                yield _Step(router, "", ())
    if not resolved and not seen:
        # An application that comes from elsewhere: its routes are where it says.
        yield _Step(router, "", ())


def _ups_from(program: Program, made: At[tree.Call]) -> tuple[_Step, ...]:
    """The prefixes in front of one router, answered once for all that is registered on it."""
    return program.queries.get(
        ("ups", made.node),
        lambda: tuple(islice(_ups_of_made(program, made, (made.node,)), _MOST_ROUTES)),
    )


def _ups_of_parameter(program: Program, origin: ParameterOf, seen: tuple[tree.Node, ...]) -> Iterator[_Step]:
    """A router handed to a function that registers on it."""
    for call in callers(program, origin.function):
        argument = argument_of(call.node, origin.function.node, origin.parameter)
        if argument is not None:
            yield from _ups_of_router(program, call.to(argument), seen)


def _ups_of_made(program: Program, made: At[tree.Call], seen: tuple[tree.Node, ...]) -> Iterator[_Step]:
    """From the call that makes a router or application."""
    is_top = is_application(program, made)
    prefixes = _keyword_texts(program, made, "prefix") if not is_top else [("", ())]
    included = False
    for prefix, said in prefixes:
        for include in includes(program):
            if not names_made(program, include.child, made.node):
                continue
            for step in _ups_of_include(program, include, seen):
                included = True
                yield _Step(step.parent, step.prefix + prefix, (*said, *step.evidence))
    if included:
        return
    for prefix, said in prefixes:
        if is_top:
            yield _Step(made, prefix, said)
        else:
            for step in _ups_of_listed(program, made, seen):
                yield _Step(step.parent, step.prefix + prefix, (*said, *step.evidence))


def is_application(program: Program, at: At[tree.Expr]) -> bool:
    """Whether an expression is an application of FastAPI or Starlette, or of a class derived from one."""
    if qualified(program, at) & _APPLICATIONS:
        return True
    waiting, seen = classes(program, at), set[tree.Node]()
    while waiting:
        klass = waiting.pop()
        if klass.node in seen:
            continue
        seen.add(klass.node)
        for base in klass.node.bases:
            if {f"{name}()" for name in qualified(program, klass.to(base))} & _APPLICATIONS:
                return True
            waiting += classes(program, klass.to(base))
    return False


def _ups_of_include(program: Program, include: Include, seen: tuple[tree.Node, ...]) -> Iterator[_Step]:
    if include.call.node in seen:
        return
    seen = (*seen, include.call.node)
    evidence = (Evidence(include.call.span, f"included here: {one_line(include.call.text, _LONGEST_TEXT)}"),)
    prefixes = [""] if include.prefix is None else list(_prefix_texts(program, include.prefix))
    if include.parent is not None:
        ups = list(_ups_of_router(program, include.parent, seen))
    else:
        ups = list(_ups_of_listed(program, include.call, seen))
    for prefix in prefixes:
        for up in ups:
            yield _Step(up.parent, up.prefix + prefix.rstrip("/"), (*evidence, *up.evidence))


# --- lists of routes ---------------------------------------------------------------------------


def _registration(route: At[tree.Expr]) -> At[tree.Call] | None:
    """The `WebSocketRoute(...)` call whose path an expression is."""
    argument = route.parent
    call = route.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
    return route.to(call) if isinstance(call, tree.Call) else None


def _ups_of_listed(program: Program, item: At[tree.Call], seen: tuple[tree.Node, ...]) -> Iterator[_Step]:
    """From a `WebSocketRoute`, `Mount` or router that stands in a list of routes; parent None where in none."""
    found = False
    if len(seen) <= _DEEPEST:
        for holder in (*_holders(program, item), *_holders_of_routes(program, item)):
            found = True
            yield from _ups_of_holder(program, holder, (*seen, item.node))
    if not found:
        yield _Step(None, "", ())


def _ups_of_holder(program: Program, holder: At[tree.Call], seen: tuple[tree.Node, ...]) -> Iterator[_Step]:
    if holder.node in seen:
        return
    callee = holder.node.callee
    if isinstance(callee, tree.Name | tree.Member) and qualified(program, holder.to(callee)) & MOUNTS:
        path = argument_named(holder.node, 0, "path")
        prefixes = list(_prefix_texts(program, holder.to(path))) if path is not None else [""]
        evidence = (Evidence(holder.span, f"mounted here: {one_line(holder.text, _LONGEST_TEXT)}"),)
        for up in _ups_of_listed(program, holder, seen):
            for prefix in prefixes:
                yield _Step(up.parent, up.prefix + prefix.rstrip("/"), (*evidence, *up.evidence))
    else:
        yield from _ups_of_made(program, holder, (*seen, holder.node))


def _holders(program: Program, item: At[tree.Expr], depth: int = 0) -> Iterator[At[tree.Call]]:
    """The calls that are given a list in which an expression stands, directly or through a name."""
    if depth > 4:
        return
    parent = item.parent
    node: tree.Node = item.node
    while isinstance(parent, tree.Sequence | tree.Spread) or (
        isinstance(parent, tree.Operation) and parent.operator == "+"
    ):
        node, parent = parent, item.index.parents.get(parent)
    if isinstance(parent, tree.Argument):
        call = item.index.parents.get(parent)
        if isinstance(call, tree.Call) and isinstance(call.callee, tree.Name | tree.Member):
            names = qualified(program, item.to(call.callee))
            if parent.name == "routes" or names & (_LISTS | MOUNTS):
                yield item.to(call)
            elif isinstance(call.callee, tree.Member) and call.callee.name in ("append", "extend"):
                yield from _readers(program, item.to(call.callee.object), depth)
    elif isinstance(parent, tree.Assign) and parent.value is node:
        for target in parent.targets:
            if isinstance(target, tree.Name):
                yield from _readers(program, item.to(target), depth)
    elif isinstance(parent, tree.Return):
        function = item.index.function_of(parent)
        if function is not None:
            for call in callers(program, item.to(function)):
                yield from _holders(program, call, depth + 1)


def _holders_of_routes(program: Program, router: At[tree.Call]) -> Iterator[At[tree.Call]]:
    """The calls that are given `router.routes`."""
    for module, unit in program.units_with("routes", "python", as_member=True):
        at: At[tree.Node] = At(module.path, unit, router.node)
        for node in at.index.parents:
            if not isinstance(node, tree.Member) or node.name != "routes":
                continue
            if names_made(program, at.to(node.object), router.node):
                yield from _holders(program, at.to(node))


def _readers(program: Program, name: At[tree.Expr], depth: int) -> Iterator[At[tree.Call]]:
    if isinstance(name.node, tree.Name):
        for read in program.reads(program.variable(name.to(name.node))):
            yield from _holders(program, read, depth + 1)


# --- texts -------------------------------------------------------------------------------------


def _prefix_texts(program: Program, at: At[tree.Expr]) -> Iterable[str]:
    """What a path expression may be; a part that the code does not fix is a gap of any length."""
    return dict.fromkeys(_shown(text) for text in texts_of(program, at).texts)


def _shown(text: Text) -> str:
    return "".join(
        piece if isinstance(piece, str) else f"/{{{piece.name.replace('/', '')}:path}}" for piece in text
    )


def _keyword_texts(
    program: Program, call: At[tree.Call], name: str
) -> list[tuple[str, tuple[Evidence, ...]]]:
    value = argument_named(call.node, None, name)
    if value is None:
        return [("", ())]
    said = (Evidence(call.span, f"the router's prefix: {call.to(value).text}"),)
    return [(text.rstrip("/"), said) for text in _prefix_texts(program, call.to(value))]


def _key(application: At[tree.Expr]) -> str:
    return f"{application.path}:{application.text if isinstance(application.node, tree.Name) else ''}"
