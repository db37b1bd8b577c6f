"""What makes the next socket although nothing reconnects: the next message that is sent, a switch, a call."""

from __future__ import annotations

from halfopen.connections.client_release import guards_of, statements_of
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import changes_of, setters_of
from halfopen.connections.library_clients import LibraryClient, argument
from halfopen.connections.presentation.running import handlers_of
from halfopen.connections.reconnection.facts import Renewal
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.react import react_owner

_SENDS = frozenset({"send", "sendJSON", "sendJson"})
_NOT_CALLED = frozenset({"constructor", "__init__", "onopen", "onclose", "onerror", "onmessage"})
"""Names of functions that no code of the project calls by them."""
_CONNECT_ARGUMENT = 2
"""`useWebSocket(url, options, connect)`."""


def renewal_by_code(view: View) -> Renewal | None:
    """A function that connects where there is no open socket and sends, or the function that all begins with."""
    handlers = {
        each.node for event in ("open", "message", "close", "error") for each in handlers_of(view, event)
    }
    for function in view.reach.functions.values():
        if function.node in handlers or any(
            function.node is each.callback.node for each in view.reach.effects
        ):
            continue
        name = _name_around(function)
        sent = _sends(view, function) if name is not None else None
        if name is not None and sent is not None and _is_asked_first(view, function):
            return Renewal("send", name, (Evidence(sent.span, f"{name} connects anew before it sends"),))
    return None if view.reach.effects else _begun_by(view, handlers)


def _name_around(function: At[tree.Function]) -> str | None:
    """The name of a function, or of the one that an inline callback stands in: `new Promise((resolve) => ...)`."""
    current: tree.Function | None = function.node
    while current is not None:
        name = name_of_function(function.to(current))[0]
        if name is not None:
            return name
        current = function.index.function_of(current)
    return None


def _sends(view: View, function: At[tree.Function]) -> At[tree.Call] | None:
    """Where a function itself sends through the socket."""
    for at in statements_of([function]):
        match at.node:
            case tree.Call(callee=tree.Member(object=owner, name=name)) if name in _SENDS:
                if owner in view.socket.nodes:
                    return at.to(at.node)
            case _:
                pass
    return None


def _is_asked_first(view: View, function: At[tree.Function]) -> bool:
    """Whether the way from a function to the new socket asks for the one before: `if (!socket) connect()`."""
    for node in own_nodes(function):
        if node is view.call.node or (
            isinstance(node, tree.Call) and view.reach.enters(view.program, function.to(node))
        ):
            tests = guards_of(view.program, function.to(node))
            if any(inner in view.socket.nodes for test in tests for inner in tree.walk(test)):
                return True
    creating = view.reach.creating
    if creating is None or creating.node is function.node:
        return False
    tests = guards_of(view.program, view.call)
    return any(inner in view.socket.nodes for test in tests for inner in tree.walk(test))


def _begun_by(view: View, handlers: set[tree.Function]) -> Renewal | None:
    """The function that no other leads to, where neither an effect nor a component's body does."""
    for function in reversed(view.reach.functions.values()):
        name = name_of_function(function)[0]
        if name is None or name in _NOT_CALLED or function.node in handlers:
            continue
        owner = react_owner(function)
        if owner is not None and owner.function.node is function.node:
            continue
        if not callers(view.program, function):
            return Renewal("call", name, (Evidence(function.span, f"{name} connects"),))
    return None


def renewal_by_library(program: Program, made: LibraryClient) -> Renewal | None:
    """A switch that a hook of a library is given: its `connect` argument, or a URL that is null meanwhile."""
    if made.constructor.kind != "hook":
        return None
    switch = argument(made.client.call, _CONNECT_ARGUMENT)
    if switch is not None and isinstance(switch.node, tree.Name | tree.Member):
        return Renewal("switch", switch.text, (Evidence(switch.span, "connects while this is true"),))
    url = made.url
    if url is None:
        return None
    if isinstance(url.node, tree.Conditional) and _is_nothing(url.node.otherwise):
        test = url.to(url.node.test)
        return Renewal("switch", test.text, (Evidence(test.span, "connects while this is true"),))
    if isinstance(url.node, tree.Name) and any(
        _is_nothing(argument_.value)
        for change in changes_of(program, url)
        for setter in setters_of(program, change)
        for argument_ in setter.node.arguments
    ):
        return Renewal("switch", url.text, (Evidence(url.span, "connects while this is an address"),))
    return None


def _is_nothing(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal) and node.value is None
