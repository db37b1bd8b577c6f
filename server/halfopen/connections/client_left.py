"""A hook that leaves the release of its socket to whoever uses it, where none of them does so when it goes."""

from __future__ import annotations

from halfopen.connections.client_owner import references
from halfopen.connections.client_view import View
from halfopen.connections.dossier import Leak
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At
from halfopen.semantics.react import effect_of

_MOST_FUNCTIONS = 20


def left_to_its_user(view: View) -> Leak | None:
    """The function of a hook that closes the socket, which no effect's cleanup calls."""
    if view.owner.kind != "hook":
        return None
    inside = {
        each.node
        for event in ("open", "message", "close", "error")
        for each in view.socket.handlers(view.program, view.held, event)
    }
    closing: dict[tree.Node, At[tree.Function]] = {}
    for alias in view.held:
        member = alias.parent
        if not isinstance(member, tree.Member) or member.name not in view.socket.interface.close:
            continue
        function = alias.index.function_of(alias.node)
        if function is not None and not any(each in inside for each in alias.index.ancestors(alias.node)):
            closing[function] = alias.to(function)
    named = [each for each in closing.values() if name_of_function(each)[0] is not None]
    if not named or len(named) < len(closing) or any(_is_called_by_a_cleanup(view, each) for each in named):
        return None
    name = name_of_function(named[0])[0]
    return Leak("left", (Evidence(named[0].span, f"no cleanup of an effect calls {name}"),))


def _is_called_by_a_cleanup(view: View, function: At[tree.Function]) -> bool:
    waiting, seen = [function], set[tree.Node]()
    while waiting:
        current = waiting.pop(0)
        if current.node in seen:
            continue
        if len(seen) > _MOST_FUNCTIONS:
            return True
        seen.add(current.node)
        for use in references(view.program, current):
            if _is_in_a_cleanup(view, use):
                return True
            user = use.index.function_of(use.node)
            if user is not None and isinstance(use.parent, tree.Call):
                waiting.append(use.to(user))
    return False


def _is_in_a_cleanup(view: View, use: At[tree.Expr]) -> bool:
    """Whether a function is called or given by what an effect returns, or is the effect itself (`onUnmounted(stop)`)."""
    returned = False
    for ancestor in use.index.ancestors(use.node):
        if isinstance(ancestor, tree.Return):
            returned = True
        elif isinstance(ancestor, tree.Call) and ancestor is not use.parent:
            if effect_of(view.program, use.to(ancestor)) is not None and returned:
                return True
            if not functions(view.program, use.to(ancestor.callee)) and _is_told_of_the_end(ancestor):
                return True
    return False


def _is_told_of_the_end(call: tree.Call) -> bool:
    """`onUnmounted(...)`, `onScopeDispose(...)`, `onDestroy(...)`, `useUnmount(...)`, `addEventListener("pagehide", ...)`."""
    name = call.callee.id if isinstance(call.callee, tree.Name) else ""
    return any(word in name for word in ("nmount", "Dispose", "Destroy", "Cleanup"))
