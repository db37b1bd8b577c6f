"""What runs when an event of the socket fires: its handlers and what they call, each with the way it is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.client_release import guards_of
from halfopen.connections.client_view import View, is_timer
from halfopen.connections.listeners import listeners
from halfopen.connections.reconnection.given import handlers_given
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks
from halfopen.semantics.program import At, own_nodes

_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Running:
    """A function that runs, with the calls that lead to it, outermost first."""

    function: At[tree.Function]
    chain: tuple[At[tree.Call], ...] = ()

    def nodes(self) -> Iterator[At[tree.Node]]:
        for node in own_nodes(self.function):
            yield self.function.to(node)


def handlers_of(view: View, event: str) -> list[At[tree.Function]]:
    """The functions that handle an event ("open", "message", "close", "error")."""
    return view.socket.handlers(view.program, view.held, event)


def running(view: View, roots: list[At[tree.Function]]) -> list[Running]:
    """The functions that run when the roots run, nearest first; making the next socket is not looked into."""
    found: dict[tree.Node, Running] = {}
    waiting = [Running(root) for root in roots]
    while waiting:
        current = waiting.pop(0)
        if current.function.node in found or len(current.chain) > _DEEPEST:
            continue
        found[current.function.node] = current
        view.program.queries.note(current.function.unit)
        for at in current.nodes():
            if isinstance(at.node, tree.Call):
                call = at.to(at.node)
                for callee in called(view, call):
                    if not makes_socket(view, callee):
                        waiting.append(Running(callee, (*current.chain, call)))
    return list(found.values())


def called(view: View, call: At[tree.Call]) -> list[At[tree.Function]]:
    """The functions that a call runs at once: its callee, which may be part of an object that somebody hands in or
    a listener of a list, and what is called for each element of a list."""
    callee = call.to(call.node.callee)
    found = (
        callbacks(view.program, callee)
        or handlers_given(view.program, callee)
        or list(listeners(view.program, callee))
    )
    if isinstance(call.node.callee, tree.Member) and call.node.callee.name in ("forEach", "map"):
        for argument in call.node.arguments[:1]:
            found = [*found, *callbacks(view.program, call.to(argument.value))]
    return found


def makes_socket(view: View, function: At[tree.Function]) -> bool:
    """Whether a function's own body holds the creation of the socket."""
    return view.reach.creating is not None and function == view.reach.creating


def reconnects_at(view: View, call: At[tree.Call]) -> bool:
    """Whether a call sets the socket up again, at once or by a timer."""
    if is_timer(view.program, call) or is_timer(view.program, call, "setInterval"):
        return view.reach.enters(view.program, call)
    return any(makes_socket(view, callee) for callee in callbacks(view.program, call.to(call.node.callee)))


def conditions_on(view: View, at: At[tree.Node], chain: tuple[At[tree.Call], ...]) -> list[At[tree.Expr]]:
    """The conditions that decide whether a node runs, in its function and at each call that leads there."""
    found: list[At[tree.Expr]] = []
    for each in (*chain, at):
        found += [each.to(test) for test in guards_of(view.program, each)]
    return found
