"""What runs when a socket's event arrives: its handlers, the callbacks and listeners they call, actions of stores."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_view import View
from halfopen.connections.listeners import LOOPS, listeners
from halfopen.connections.updates.slots import actions
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins

_MOST_FUNCTIONS = 120
_LATER = frozenset(
    {"setTimeout", "requestAnimationFrame", "queueMicrotask", "startTransition", "then", "catch"}
)


def handlers_of(view: View, event: str) -> list[At[tree.Function]]:
    """The functions that handle an event of the socket, those that are actions of a store too."""
    found = dict.fromkeys(view.socket.handlers(view.program, view.held, event))
    for alias in view.held:
        member = alias.parent
        user = alias.index.parents.get(member) if isinstance(member, tree.Member) else None
        if (
            isinstance(member, tree.Member)
            and member.name == f"on{event}"
            and isinstance(user, tree.Assign)
            and user.value is not None
            and member in user.targets
        ):
            found.update(dict.fromkeys(actions(view.program, alias.to(user.value))))
    return list(found)


def runs(program: Program, roots: list[At[tree.Function]], later: bool = True) -> list[At[tree.Function]]:
    """Every function that runs because of the roots, nearest first; with `later`, what they schedule too."""
    found: dict[tree.Node, At[tree.Function]] = {}
    waiting = list(roots)
    while waiting and len(found) < _MOST_FUNCTIONS:
        function = waiting.pop(0)
        if function.node in found:
            continue
        found[function.node] = function
        program.queries.note(function.unit)
        for node in own_nodes(function):
            if isinstance(node, tree.Call):
                waiting += callees(program, function.to(node))
                if later or _name(node.callee) in LOOPS:
                    waiting += _inline(program, function.to(node))
    return list(found.values())


def callees(program: Program, call: At[tree.Call]) -> list[At[tree.Function]]:
    """The functions that a call runs: its own, those behind a parameter or a list of listeners, a store's action."""
    callee = call.to(call.node.callee)
    found = callbacks(program, callee)
    found += actions(program, callee)
    found += listeners(program, callee)
    found += _options(program, callee)
    return list(dict.fromkeys(found))


def _options(program: Program, callee: At[tree.Expr]) -> Iterator[At[tree.Function]]:
    """`options.onMessage(message)`: what the callers give under that key of an object."""
    for origin in origins(program, callee):
        if not isinstance(origin, ParameterOf) or len(origin.steps) != 1:
            continue
        for call in callers(program, origin.function):
            given = argument_of(call.node, origin.function.node, origin.parameter)
            if given is None:
                continue
            for display in origins(program, call.to(given)):
                if isinstance(display, At) and isinstance(display.node, tree.Object):
                    for entry in display.node.entries:
                        if isinstance(entry.key, tree.Literal) and entry.key.value == origin.steps[0]:
                            yield from callbacks(program, display.to(entry.value))


def _inline(program: Program, call: At[tree.Call]) -> Iterator[At[tree.Function]]:
    """The callbacks that a call is given where it stands: `forEach`, `then`, `setState((prev) => ...)`."""
    name = _name(call.node.callee)
    if name in LOOPS or name in _LATER:
        for argument in call.node.arguments:
            if isinstance(argument.value, tree.Function):
                yield call.to(argument.value)
            elif isinstance(argument.value, tree.Name):
                yield from callbacks(program, call.to(argument.value))
    elif call.node.arguments and isinstance(call.node.arguments[0].value, tree.Function):
        first = call.node.arguments[0].value
        if isinstance(call.node.callee, tree.Name):
            yield call.to(first)


def _name(callee: tree.Expr) -> str | None:
    match callee:
        case tree.Name(id=name) | tree.Member(name=name):
            return name
        case _:
            return None
