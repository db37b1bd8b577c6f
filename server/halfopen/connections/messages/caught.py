"""Whether an error that a message causes ends the connection, or is caught while the next message is still read."""

from __future__ import annotations

from halfopen.connections.handler_flow import caught_kinds
from halfopen.connections.handling import Handling
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program

_NEEDED = frozenset({"AttributeError", "TypeError"})
_DEPTH = 4


def survives(program: Program, handling: Handling | None, at: At[tree.Node], depth: int = _DEPTH) -> bool:
    """Whether an AttributeError or TypeError raised at a node is caught before it leaves the loop that receives."""
    function = at.index.function_of(at.node)
    inner: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        if ancestor is function:
            break
        if isinstance(ancestor, tree.Try) and _within(ancestor.body, inner):
            for handler in ancestor.handlers:
                if _catches(program, at.to(handler)):
                    return not _leaves(at.to(handler), function) or _is_refused(program, at, function)
        if isinstance(ancestor, tree.Loop) and _receives(handling, ancestor):
            return False
    if function is None or handling is None or depth == 0 or function is handling.root.node:
        return False
    calls = _calls_of(program, handling, at.to(function))
    return bool(calls) and all(survives(program, handling, call, depth - 1) for call in calls)


def _is_refused(program: Program, at: At[tree.Node], function: tree.Function | None) -> bool:
    """Whether an error ends in a close that tells the client that its message was at fault.

    1011 says that the server failed, 1000 that nothing did.
    """
    for ancestor in _up_to(at, function):
        if not isinstance(ancestor, tree.Try) or not _within(ancestor.body, at.node):
            continue
        for handler in ancestor.handlers:
            if not _catches(program, at.to(handler)):
                continue
            for node in tree.walk(handler.body, tree.same_function):
                if isinstance(node, tree.Call) and _closes_for_cause(node):
                    return True
            if not any(isinstance(node, tree.Raise) for node in tree.walk(handler.body, tree.same_function)):
                return False
            break
    return False


def _closes_for_cause(call: tree.Call) -> bool:
    if not isinstance(call.callee, tree.Member) or call.callee.name != "close":
        return False
    code = next((each.value for each in call.arguments if each.name in (None, "code")), None)
    return code is not None and not (isinstance(code, tree.Literal) and code.value in (1000, 1011))


def _within(outer: tree.Node, inner: tree.Node) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _receives(handling: Handling | None, loop: tree.Loop) -> bool:
    """Whether a loop receives messages; a loop over a message's own parts does not end the connection."""
    if handling is None:
        return True
    return handling.sockets.mentions(loop) or loop.kind == "while"


def _catches(program: Program, at: At[tree.Handler]) -> bool:
    if "*" in caught_kinds(program, at):
        return True
    written = {
        each.id if isinstance(each, tree.Name) else getattr(each, "name", "") for each in at.node.types
    }
    return written >= _NEEDED


def _leaves(handler: At[tree.Handler], function: tree.Function | None) -> bool:
    """Whether a handler leaves the loop it stands in: it returns, breaks or raises. Outside of a loop a return does not."""
    in_loop = any(isinstance(each, tree.Loop) for each in _up_to(handler, function))
    for node in tree.walk(handler.node.body, _outside_of_clauses):
        if isinstance(node, tree.Raise):
            return True
        if in_loop and (
            isinstance(node, tree.Return) or (isinstance(node, tree.Jump) and node.kind == "break")
        ):
            return True
    return False


def _outside_of_clauses(node: tree.Node) -> bool:
    """For `walk`: what a clause within a handler does happens only where the handler fails itself (its answer, say)."""
    return tree.same_function(node) and not isinstance(node, tree.Handler)


def _up_to(at: At[tree.Node], function: tree.Function | None) -> list[tree.Node]:
    found: list[tree.Node] = []
    for ancestor in at.index.ancestors(at.node):
        if ancestor is function:
            break
        found.append(ancestor)
    return found


def _calls_of(program: Program, handling: Handling, function: At[tree.Function]) -> list[At[tree.Node]]:
    """The calls of a function among those that run for the endpoint."""
    key = ("calls within handling", handling.reachable, function.node)
    return program.queries.get(key, lambda: _find_calls(program, handling, function))


def _find_calls(program: Program, handling: Handling, function: At[tree.Function]) -> list[At[tree.Node]]:
    found: list[At[tree.Node]] = []
    for other in handling.reachable:
        program.queries.note(other.unit)
        for node in tree.walk(other.node.body):
            if isinstance(node, tree.Call) and function in functions(program, other.to(node.callee)):
                found.append(other.to(node))
    return list(dict.fromkeys(found))
