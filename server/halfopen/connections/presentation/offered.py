"""Which functions of a component or hook somebody may have run at any time: a person's act, or whoever uses the hook."""

from __future__ import annotations

from halfopen.connections.client_owner import references
from halfopen.connections.client_release import Socket
from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import runs_of, socket_handlers
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.react import react_owner


def offered_pair(view: View) -> tuple[At[tree.Function], At[tree.Call]] | None:
    """The function that makes a component's or hook's socket, with the call by which another one closes it; both can be
    run one after the other, as often as somebody likes."""
    if view.owner.lifetime != "mount" or view.owner.kind not in ("effect", "component", "hook"):
        return None
    inside = {each for event in ("open", "message", "close", "error") for each in _handlers(view, event)}
    making = [each for each in view.reach.functions.values() if each.node not in inside]
    creating = next((each for each in making if is_offered(view, each)), None)
    if creating is None:
        return None
    for alias in view.held:
        function = alias.index.function_of(alias.node)
        if function is None or function in inside or any(function is each.node for each in making):
            continue
        for closer in _closers(view.socket, alias.to(function)):
            if is_offered(view, closer.to(function)):
                return creating, closer
    return None


def _handlers(view: View, event: str) -> list[tree.Function]:
    return [each.node for each in view.socket.handlers(view.program, view.held, event)]


def _closers(socket: Socket, function: At[tree.Function]) -> list[At[tree.Call]]:
    return [
        function.to(node)
        for node in own_nodes(function)
        if isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name in socket.interface.close
        and node.callee.object in socket.nodes
    ]


def is_offered(view: View, function: At[tree.Function]) -> bool:
    """Whether a person's act leads to a function, or a hook that nobody uses yet gives it to its users."""
    if any(run.trigger == "user" for run in runs_of(view.program, function, socket_handlers(view))):
        return True
    owner = react_owner(function)
    return (
        owner is not None
        and owner.kind == "hook"
        and not callers(view.program, owner.function)
        and any(_is_given(each) for each in references(view.program, function))
    )


def _is_given(use: At[tree.Expr]) -> bool:
    """Whether a name stands in what its function returns: `return { connect, disconnect }`."""
    current = use.parent
    while isinstance(current, tree.Entry | tree.Object | tree.Sequence):
        current = use.index.parents.get(current)
    return isinstance(current, tree.Return)
