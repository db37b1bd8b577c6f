"""Who a client in Python belongs to: the object that keeps it, the function that runs it, or the module."""

from __future__ import annotations

from halfopen.connections.client_view import Client
from halfopen.connections.dossier import Owner
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.semantics import tree
from halfopen.semantics.function_shape import is_receiver


def owner_of_python_client(client: Client) -> Fact[Owner]:
    """The class where the client is kept in a field of it, else the function whose run it lives in."""
    call = client.call
    function = call.index.function_of(call.node)
    klass = call.index.class_of(call.node)
    if klass is not None and (function is None or _kept_in_field(client)):
        owner = Owner("class", klass.name or "the class", "instance", call.to(klass).span)
        return Known(owner, (Evidence(call.span, f"{owner.name} keeps it"),))
    if function is not None:
        name = function.name or "the function"
        owner = Owner("function", name, "call", call.to(function).span)
        return Known(owner, (Evidence(call.span, f"{name} makes it"),))
    owner = Owner("module", call.span.path.rpartition("/")[2], "page", call.span)
    return Known(owner, (Evidence(call.span, "made when the module is loaded"),))


def _kept_in_field(client: Client) -> bool:
    """`self.ws = await connect(...)`."""
    call = client.call
    node: tree.Node = call.node
    parent = call.index.parents.get(node)
    while isinstance(parent, tree.Await):
        parent = call.index.parents.get(parent)
    return isinstance(parent, tree.Assign) and any(
        isinstance(target, tree.Member)
        and isinstance(target.object, tree.Name)
        and is_receiver(call.to(target.object), target.object.id)
        for target in parent.targets
    )
