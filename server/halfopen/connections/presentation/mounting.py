"""Whether a socket's component is there for as long as the page: mounted once, at the application's root."""

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
