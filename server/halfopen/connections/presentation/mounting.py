"""Whether a socket's component is there for as long as the page, mounted once at the application's root, or comes and goes
with a route."""

from __future__ import annotations

import re

from halfopen.connections.client_view import View
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.react import Owner, elements_of, react_owner

_DEPTH = 6
_RENDERS = frozenset({"render", "hydrate", "hydrateRoot"})
_ROOT_FILES = re.compile(r"(^|/)(app/layout|pages/_app)\.[jt]sx?$")
"""Next.js renders what these files export around every page."""
_ROUTED = frozenset({"element", "component", "Component", "render", "children"})
"""Where a route is told what to show."""


def stays_mounted(view: View, is_renewed: bool) -> bool:
    """Whether nothing but the end of the page releases the socket. `is_renewed`: its effect runs again at times."""
    if is_renewed:
        return False
    owners = [react_owner(effect.callback) for effect in view.reach.effects] or [react_owner(view.call)]
    return all(each is not None and _stays(view.program, each, _DEPTH) for each in owners)


def _stays(program: Program, owner: Owner, depth: int) -> bool:
    if depth == 0:
        return False
    if owner.kind == "hook":
        users = [react_owner(call) for call in callers(program, owner.function)]
        return len(users) == 1 and users[0] is not None and _stays(program, users[0], depth - 1)
    if _ROOT_FILES.search(owner.function.path):
        return True
    elements = elements_of(program, owner.function)
    return len(elements) == 1 and _is_always_shown(program, elements[0], depth)


def _is_always_shown(program: Program, element: At[tree.Element], depth: int) -> bool:
    """Whether an element is rendered with what is around it, whatever the state of the page, and never anew."""
    if any(each.name == "key" for each in element.node.attributes):
        return False
    for ancestor in element.index.ancestors(element.node):
        match ancestor:
            case (
                tree.Conditional()
                | tree.Operation()
                | tree.If()
                | tree.Attribute()
                | tree.Loop()
                | tree.Entry()
            ):
                return False  # an entry is one route of several: `{ path: "/live", element: <Live /> }`
            case tree.Function():
                owner = react_owner(element)
                around = element.to(ancestor)
                return (
                    owner is not None
                    and owner.function.node is ancestor
                    and sum(isinstance(each, tree.Return) for each in own_nodes(around)) == 1
                    and _stays(program, owner, depth - 1)
                )
            case tree.Call(callee=callee) if last_name(callee) in _RENDERS:
                return True
            case _:
                pass
    return False


def route_of(program: Program, at: At[tree.Node]) -> At[tree.Element] | None:
    """The element by which one of several routes shows the component around a node: it is mounted at each visit."""
    owner = react_owner(at)
    return _route_of(program, owner, _DEPTH) if owner is not None else None


def _route_of(program: Program, owner: Owner, depth: int) -> At[tree.Element] | None:
    if depth == 0:
        return None
    if owner.kind == "hook":
        users = [react_owner(call) for call in callers(program, owner.function)]
        found = (_route_of(program, each, depth - 1) for each in users if each is not None)
        return next((each for each in found if each is not None), None)
    for element in elements_of(program, owner.function):
        if _is_one_of_several_routes(element):
            return element
        around = react_owner(element)
        found = _route_of(program, around, depth - 1) if around is not None else None
        if found is not None:
            return found
    return None


def _is_one_of_several_routes(element: At[tree.Element]) -> bool:
    """`<Route path="/live" element={<Live />} />` or `{ path: "/live", element: <Live /> }` beside another path."""
    inner: tree.Node = element.node
    for ancestor in element.index.ancestors(element.node):
        match ancestor:
            case tree.Function():
                return False
            case tree.Entry(key=tree.Literal(value=str() as key)) if key in _ROUTED:
                display = element.index.parents.get(ancestor)
                routes = element.index.parents.get(display) if isinstance(display, tree.Object) else None
                return isinstance(routes, tree.Sequence) and sum(map(_has_path, routes.items)) > 1
            case tree.Element(tag=tag) if (
                isinstance(inner, tree.Attribute) and inner.name in _ROUTED and last_name(tag) == "Route"
            ):
                return _paths_around(element.to(ancestor)) > 1
            case _:
                inner = ancestor
    return False


def _has_path(node: tree.Node) -> bool:
    """Whether a route has a path of its own: one without is only around others."""
    match node:
        case tree.Object(entries=entries):
            return any(isinstance(each.key, tree.Literal) and each.key.value == "path" for each in entries)
        case tree.Element(tag=tag, attributes=attributes):
            return last_name(tag) == "Route" and any(each.name == "path" for each in attributes)
        case _:
            return False


def _paths_around(route: At[tree.Element]) -> int:
    """How many paths the tree of routes has that a route stands in."""
    top: tree.Node = route.node
    for ancestor in route.index.ancestors(route.node):
        if isinstance(ancestor, tree.Function):
            break
        top = ancestor
    return sum(_has_path(each) for each in tree.walk(top))
