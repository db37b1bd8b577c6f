"""How long a client is meant to live, and whether anything in the workspace makes it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_owner import references
from halfopen.connections.client_release import closers, closure_of
from halfopen.connections.client_view import View
from halfopen.connections.liveness.client_timers import Timer, climbs, timer_at
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.names import method_call
from halfopen.semantics.program import At, Program
from halfopen.semantics.scripts import file_of


def ends_itself(program: Program, view: View, messages: list[At[tree.Function]]) -> bool:
    """Whether a client is over soon in any case: closed once it is open, or after its answer or a time limit.

    The time limit is a timer that closes, whatever has come meanwhile, a socket that its messages close too.
    """
    opened = [
        each
        for each in view.socket.handlers(program, view.held, "open")
        if view.reach.creating is None or each.index.function_of(each.node) is view.reach.creating.node
    ]
    if any(_at_top(each) for each in closers(view.socket, opened)):
        return True
    if _closes_in_time(program, view, opened):
        return True
    answered = closers(view.socket, messages)
    if not answered:
        return False
    for close in closers(view.socket, _timeouts(program, view)):
        if not any(each.node is close.node for each in answered):
            return True
    return False


def _closes_in_time(program: Program, view: View, opened: list[At[tree.Function]]) -> bool:
    """Whether each open event sets a timer that closes whatever comes: nothing keeps it, so nothing can clear it."""
    starts: set[tree.Node] = {each.node for each in opened}
    return any(
        isinstance(timer.call.parent, tree.Do)
        and _at_top(timer.call)
        and any(_at_top(each) for each in closers(view.socket, closure_of(program, [timer.callback])))
        for timer in _timers(program, view, starts)
    )


def _timeouts(program: Program, view: View) -> list[At[tree.Function]]:
    """What runs at the time limits that are set where the socket is made or opened."""
    starts: set[tree.Node] = {each.node for each in view.socket.handlers(program, view.held, "open")}
    starts |= {view.reach.creating.node} if view.reach.creating is not None else set()
    return [
        each for timer in _timers(program, view, starts) for each in closure_of(program, [timer.callback])
    ]


def _timers(program: Program, view: View, starts: set[tree.Node]) -> Iterator[Timer]:
    """The timers that run once and close the socket, of those that one of the functions sets."""
    for alias in view.held:
        called = method_call(alias)
        if called is None or called[0] not in view.socket.interface.close:
            continue
        for climb in climbs(program, called[1], None):
            timer = timer_at(program, climb, frozenset())
            if (
                timer is not None
                and not timer.repeats
                and timer.call.index.function_of(timer.call.node) in starts
            ):
                yield timer


def _at_top(close: At[tree.Call]) -> bool:
    """Whether a call runs whenever its function does."""
    return not any(
        isinstance(each, tree.If | tree.Conditional | tree.Switch | tree.Handler)
        for each in _within_function(close)
    )


def _within_function(at: At[tree.Call]) -> list[tree.Node]:
    found: list[tree.Node] = []
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return found
        found.append(ancestor)
    return found


def is_used_here(program: Program, view: View) -> bool:
    """Whether code of the workspace runs the function that makes the client, as far as calls can be followed."""
    path = view.call.path
    if view.reach.creating is None or view.reach.effects or file_of(path) != path:
        return True
    if view.owner.kind in ("component", "hook", "effect", "store", "module"):
        return True
    reached = [each for each in view.reach.functions.values() if is_shipped(each.path)]
    for function in reached:
        uses = [each for each in references(program, function) if is_shipped(each.path)]
        if any(each.index.function_of(each.node) is None and _is_called(each) for each in uses):
            return True
    tops = [
        each
        for each in reached
        if (each.index.function_of(each.node) is None or each.node.receiver is not None)
        and not any(
            use.node is not each.node and use.index.function_of(use.node) is not each.node
            for use in references(program, each)
            if is_shipped(use.path)
        )
    ]
    return not tops or any(_hangs_on_something(each) for each in tops)


def _is_called(reference: At[tree.Expr]) -> bool:
    parent = reference.parent
    return isinstance(parent, tree.Call | tree.Argument)


def _hangs_on_something(function: At[tree.Function]) -> bool:
    """Whether a function is handed on where it stands: a callback, an attribute of an element, a handler."""
    return isinstance(function.parent, tree.Argument | tree.Attribute) or (
        isinstance(function.parent, tree.Assign)
        and any(isinstance(each, tree.Member) for each in function.parent.targets)
    )
