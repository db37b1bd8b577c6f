"""Handlers that do nothing but log: by them no code learns of the socket's state, or of what its messages say."""

from __future__ import annotations

from halfopen.connections.client_view import View
from halfopen.connections.delivery.sends import send_calls
from halfopen.connections.facts import Evidence
from halfopen.connections.messages.parsing import is_log
from halfopen.connections.presentation.running import handlers_of
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes

ASKING = frozenset({"readyState", "onopen", "onclose", "onerror", "addEventListener"})
"""Members of a socket whose use asks for its state."""
_READS = frozenset({"parse", "stringify", "toString", "toISOString", "String"})
"""Calls that make of a message what is logged."""


def is_only_watched(view: View) -> bool:
    """Whether all that becomes of a socket's events, its messages and its end too, are lines of a log, and nothing is
    sent over it."""
    handlers = {event: handlers_of(view, event) for event in ("message", "open", "close", "error")}
    return (
        bool(handlers["message"] and handlers["close"])
        and all(_only_logs(view, each) for found in handlers.values() for each in found)
        and not send_calls(view)
    )


def only_logged(view: View) -> tuple[Evidence, ...]:
    """The handlers by which nothing but a log learns of the socket's state."""
    found: list[At[tree.Function]] = []
    for event in ("open", "close", "error"):
        handlers = handlers_of(view, event)
        if any(not _only_logs(view, each) for each in handlers):
            return ()
        found += handlers
    for alias in view.held:
        parent = alias.parent
        if isinstance(parent, tree.Argument | tree.Return | tree.Attribute | tree.Entry | tree.Template):
            return ()
        if isinstance(parent, tree.Member) and parent.object is alias.node:
            if parent.name == "readyState":
                return ()
            if parent.name in ASKING and not _is_known(alias.to(parent), found):
                return ()
    return tuple(Evidence(each.span, "only logs") for each in found)


def _is_known(member: At[tree.Member], handlers: list[At[tree.Function]]) -> bool:
    """Whether what a member of a socket is given is among the handlers, or listens to messages."""
    user = member.parent
    within = user.arguments if isinstance(user, tree.Call) else (user,) if user is not None else ()
    if isinstance(user, tree.Call) and user.arguments:
        event = user.arguments[0].value
        if isinstance(event, tree.Literal) and event.value == "message":
            return True
    return any(each.node in set(tree.walk(one)) for one in within for each in handlers)


def _only_logs(view: View, handler: At[tree.Function]) -> bool:
    """Whether all that a handler does is to log, and to make of what it is given what it logs."""
    logs = False
    for node in own_nodes(handler):
        match node:
            case tree.Call(callee=callee):
                is_line = is_log(view.program, handler.to(node))
                if not is_line and last_name(callee) not in _READS:
                    return False
                logs = logs or is_line
            case tree.Assign(targets=targets):
                if not all(isinstance(each, tree.Name | tree.Object | tree.Sequence) for each in targets):
                    return False
                if any(_is_outer(handler.to(each)) for each in targets):
                    return False
            case tree.AssignExpr() | tree.Delete() | tree.Raise():
                return False
            case _:
                pass
    return logs


def _is_outer(target: At[tree.Expr]) -> bool:
    """Whether a name is none of the handler's own."""
    if not isinstance(target.node, tree.Name):
        return False
    binding = target.index.bindings.get(target.node)
    scope = binding.scope if binding is not None else None
    while scope is not None and scope.kind == "block":
        scope = scope.parent
    return scope is None or scope.owner is not target.index.function_of(target.node)
