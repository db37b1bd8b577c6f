"""The view that a handler made by a registrar serves: it is of whoever registers it."""

from __future__ import annotations

from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.values import origins


def adapted_view(site: ServerSite) -> At[tree.Name] | None:
    """The view that a handler made by a registrar serves: a function that the registrar was given, of any kind.

    `def websocket(self, path): def decorator(view): async def handler(ws): await call(ws, view)`
    """
    if site.handling is None:
        return None
    root = site.handling.root
    around = {each for each in root.index.ancestors(root.node) if isinstance(each, tree.Function)}
    for node in own_nodes(root) if around else ():
        if not isinstance(node, tree.Name):
            continue
        for origin in origins(site.program, root.to(node)):
            if (
                isinstance(origin, ParameterOf)
                and origin.function.node in around
                and _is_used_as_function(root.to(node))
                and not callers(site.program, origin.function)
            ):
                return root.to(node)
    return None


def _is_used_as_function(name: At[tree.Name]) -> bool:
    """Whether a name is called, or handed to what is awaited."""
    parent = name.parent
    if isinstance(parent, tree.Call):
        return parent.callee is name.node
    call = name.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    return isinstance(call, tree.Call) and isinstance(name.index.parents.get(call), tree.Await)
