"""What the close event of a socket that was closed on purpose does to the socket after it."""

from __future__ import annotations

from halfopen.connections.client_owner import references
from halfopen.connections.client_release import (
    cleanups_of,
    closers,
    closure_of,
    guards_of,
    tested_names,
)
from halfopen.connections.client_view import View
from halfopen.connections.delivery.triggers import runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.facts import Successor
from halfopen.connections.presentation.offered import offered_pair
from halfopen.connections.presentation.running import handlers_of, reconnects_at
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves, may_leave
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.react import Effect


def successor_of(view: View, changing: tuple[tuple[Effect, tuple[tree.Expr, ...]], ...]) -> Successor | None:
    """How the next socket is made while the one before is closing; None where none follows.

    `changing` are the effects that make the socket with those of their dependencies that may change.
    """
    if not handlers_of(view, "close"):
        return None
    replaced = _replacing(view)
    if replaced is not None:
        return replaced
    for effect, dependencies in changing:
        closing = closers(view.socket, closure_of(view.program, cleanups_of(view.program, effect)))
        if not closing:
            continue
        names = ", ".join(effect.call.to(each).text for each in dependencies)
        return Successor(
            "dependencies",
            f"[{names}]",
            effect.call.span,
            (Evidence(closing[0].span, "closes the socket; its close event comes later"),),
        )
    restarted = _restarting(view)
    if restarted is not None:
        return restarted
    pair = offered_pair(view)
    if pair is not None:
        _, closer = pair
        return Successor(
            "called-again",
            view.owner.name,
            closer.span,
            (Evidence(closer.span, "closes the socket; its close event comes later"),),
            is_by_hand=True,
        )
    closing = closers(view.socket, view.released)
    repeats = view.owner.lifetime in ("instance", "page") and view.reach.creating is not None
    if closing and repeats and not _is_final(view):
        return Successor(
            "called-again",
            view.owner.name,
            closing[0].span,
            (Evidence(closing[0].span, "closes the socket; its close event comes later"),),
            is_let_go=_is_let_go(view),
            is_by_hand=_is_by_hand(view),
        )
    return None


def _is_by_hand(view: View) -> bool:
    """Whether a person does both: lets go of the socket, and asks for the next one."""
    creating = view.reach.creating
    handlers = socket_handlers(view)
    return creating is not None and all(
        runs and all(run.trigger == "user" for run in runs)
        for function in (creating, *view.roots)
        for runs in [
            [run for run in runs_of(view.program, function, handlers) if run.trigger != "close"],
        ]
    )


def _is_let_go(view: View) -> bool:
    """Whether anything in the workspace calls, or hands on, what lets go of the socket."""
    return any(
        is_shipped(use.path) and use.node is not root.node
        for root in view.roots
        for use in references(view.program, root)
    )


def _is_final(view: View) -> bool:
    """Whether the release is for good: it sets a flag that keeps every later call from connecting, and nothing ever
    takes it back."""
    flags = {
        name
        for function in view.released
        for node in own_nodes(function)
        if isinstance(node, tree.Assign) and isinstance(node.value, tree.Literal) and node.value.value is True
        for target in node.targets
        for name in [_flag(target)]
        if name
    }
    creating = view.reach.creating
    if not flags or creating is None:
        return False
    for node in tree.walk(creating.index.class_of(creating.node) or creating.node):
        if (
            isinstance(node, tree.Assign)
            and creating.index.function_of(node) is not None
            and not (isinstance(node.value, tree.Literal) and node.value.value is True)
        ):
            flags -= {_flag(target) for target in node.targets}
    return any(tested_names(test) & flags for test in guards_of(view.program, view.call, 1))


def _flag(target: tree.Expr) -> str:
    return (
        target.id if isinstance(target, tree.Name) else target.name if isinstance(target, tree.Member) else ""
    )


def _replacing(view: View) -> Successor | None:
    """The function that makes the socket, or one that leads there, closes the socket before."""
    handlers = {
        each.node for event in ("open", "message", "close", "error") for each in handlers_of(view, event)
    }
    released = {each.node for each in view.roots}
    for function in view.reach.functions.values():
        if function.node in handlers or function.node in released:
            continue
        if view.reach.creating is not None and function.unit is not view.reach.creating.unit:
            continue
        makes = [
            node
            for node in own_nodes(function)
            if node is view.call.node
            or (isinstance(node, tree.Call) and reconnects_at(view, function.to(node)))
        ]
        for closer in closers(view.socket, [function]):
            if (
                makes
                and closer.node.end <= makes[-1].start
                and not (_is_new(view, closer) or _is_ended(view, closer) or _is_all(closer, makes[-1]))
            ):
                name = _name(view, function)
                return Successor(
                    "replaced",
                    name,
                    closer.span,
                    (Evidence(closer.span, f"{name} closes the socket before; its close event comes later"),),
                )
    return None


def _restarting(view: View) -> Successor | None:
    """A function that has the socket let go of and made anew, by the two functions that somebody offers for it."""
    roots = {each.node for each in view.roots if closers(view.socket, closure_of(view.program, [each]))}
    for function in view.reach.functions.values():
        if function.node in roots or not is_shipped(function.path):
            continue
        let_go: At[tree.Call] | None = None
        for node in own_nodes(function):
            if not isinstance(node, tree.Call):
                continue
            call = function.to(node)
            if any(each.node in roots for each in functions(view.program, call.to(node.callee))):
                let_go = let_go or call
            elif let_go is not None and _follows(let_go, call) and view.reach.enters(view.program, call):
                name = _name(view, function)
                return Successor(
                    "replaced",
                    name,
                    let_go.span,
                    (Evidence(let_go.span, f"{name} has the socket closed; its close event comes later"),),
                )
    return None


def _follows(one: At[tree.Call], other: At[tree.Call]) -> bool:
    """Whether one call is followed by another whenever it is made, and is not waited for."""
    if isinstance(one.parent, tree.Await) or other.node.start < one.node.end:
        return False
    for ancestor in one.index.ancestors(one.node):
        if isinstance(ancestor, tree.Function):
            return True
        if isinstance(ancestor, tree.If | tree.Case | tree.Handler | tree.Conditional):
            if ancestor.start <= other.node.start < ancestor.end:
                return not _excludes(ancestor, one.node, other.node)
            return not may_leave(ancestor, OUT_OF_FUNCTION)
    return False


def _excludes(branching: tree.Node, one: tree.Node, other: tree.Node) -> bool:
    """Whether two nodes stand in the two branches of a condition."""
    if not isinstance(branching, tree.If | tree.Conditional) or branching.otherwise is None:
        return False
    otherwise = branching.otherwise
    return one.end <= otherwise.start <= other.start


def _is_new(view: View, closer: At[tree.Call]) -> bool:
    """Whether what is closed is bound to the new socket itself, not to what was there before."""
    callee = closer.node.callee
    inner = callee.object if isinstance(callee, tree.Member) else None
    if not isinstance(inner, tree.Name):
        return False
    binding = closer.index.bindings.get(inner)
    return binding is not None and any(each.value is view.call.node for each in binding.definitions)


def _is_all(closer: At[tree.Call], made: tree.Node) -> bool:
    """Whether the function leaves after it has closed the socket, and makes none on that way."""
    return any(
        isinstance(each, tree.If)
        and each.then.start <= closer.node.start < each.then.end <= made.start
        and leaves(each.then, OUT_OF_FUNCTION)
        for each in closer.index.ancestors(closer.node)
    )


def _is_ended(view: View, closer: At[tree.Call]) -> bool:
    """Whether the function has left before if the socket is connecting or open: what is closed has ended already."""
    for test in guards_of(view.program, closer, 0):
        states = {
            node.name
            for node in tree.walk(test)
            if isinstance(node, tree.Member) and node.name in ("OPEN", "CONNECTING")
        }
        if len(states) == 2 and test.end <= closer.node.start and not _stands_in(closer, test):
            return True
    return False


def _stands_in(closer: At[tree.Call], test: tree.Expr) -> bool:
    """Whether a condition is one around a call, and not a way out before it."""
    return any(
        isinstance(each, tree.If | tree.Conditional) and each.test is test
        for each in closer.index.ancestors(closer.node)
    )


def _name(view: View, function: At[tree.Function]) -> str:
    return name_of_function(function)[0] or view.owner.name
