"""A helper that receives for several endpoints gives each caller its own messages: which callers are of another one."""

from __future__ import annotations

from halfopen.connections.handler_flow import RECEIVERS, socket_method
from halfopen.connections.handling import Handling
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.program import At, own_nodes

_DEPTH = 3


def is_of_another(handling: Handling, at: At[tree.Node]) -> bool:
    """Whether a place runs for another connection only: it asks a helper that this endpoint asks too.

    Code that no call by name leads to (a table of handlers, a callback) is taken for the endpoint's own.
    """
    return _runs_elsewhere(handling, at, _DEPTH)


def _runs_elsewhere(handling: Handling, at: At[tree.Node], depth: int) -> bool:
    around = _functions_around(at)
    own = {each.node for each in handling.reachable}
    if not around or any(each in own for each in around):
        return False
    outermost = at.to(around[-1])
    key = ("runs for another connection", handling.reachable, outermost.node, depth)
    return handling.program.queries.get(key, lambda: _asks_or_is_asked(handling, outermost, depth))


def _asks_or_is_asked(handling: Handling, function: At[tree.Function], depth: int) -> bool:
    handling.program.queries.note(function.unit)
    if any(each in _asking(handling) for each in tree.walk(function.node.body)):
        return True
    calls = callers(handling.program, function) if depth else []
    return bool(calls) and all(_runs_elsewhere(handling, each, depth - 1) for each in calls)


def _asking(handling: Handling) -> frozenset[tree.Node]:
    """The calls of the helpers that receive from the endpoint's socket, whoever makes them."""
    key = ("calls of receiving helpers", handling.reachable)
    return handling.program.queries.get(key, lambda: _find_asking(handling))


def _find_asking(handling: Handling) -> frozenset[tree.Node]:
    helpers = [each for each in handling.reachable if each.node is not handling.root.node]
    found: set[tree.Node] = set()
    waiting = [each for each in helpers if _receives(handling, each)]
    while waiting:
        for call in callers(handling.program, waiting.pop()):
            if call.node not in found:
                found.add(call.node)
                outer = call.index.function_of(call.node)
                waiting += [each for each in helpers if each.node is outer]
    return frozenset(found)


def _receives(handling: Handling, function: At[tree.Function]) -> bool:
    return any(socket_method(handling.sockets, node) in RECEIVERS for node in own_nodes(function))


def _functions_around(at: At[tree.Node]) -> list[tree.Function]:
    found = [each for each in at.index.ancestors(at.node) if isinstance(each, tree.Function)]
    return [at.node, *found] if isinstance(at.node, tree.Function) else found
