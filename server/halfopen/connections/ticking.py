"""Queues of a connection into which a loop of its own puts something again and again: what empties them sends as often."""

from __future__ import annotations

from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.queued import queued_for
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.program import At
from halfopen.semantics.qualified_names import qualified

PAUSES = frozenset({"asyncio.sleep", "anyio.sleep", "trio.sleep"})
_DEPTH = 3


def is_fed_by_a_clock(handling: Handling, loop: At[tree.Loop]) -> bool:
    """Whether a loop sends what it takes out of a queue that a heartbeat of the same connection puts into."""
    for node in tree.walk(loop.node.body, tree.same_function):
        if isinstance(node, tree.Call) and socket_method(handling.sockets, node) in SENDERS:
            puts = queued_for(handling.program, loop.to(node))
            if any(_ticks(handling, put, _DEPTH) for put in puts):
                return True
    return False


def _ticks(handling: Handling, call: At[tree.Call], depth: int) -> bool:
    """Whether a call stands in a loop with a pause that runs for the connection, itself or through its callers."""
    function = call.index.function_of(call.node)
    if function is None:
        return False
    if handling.function_at(function) is not None and _in_a_pausing_loop(handling, call):
        return True
    return depth > 0 and any(
        _ticks(handling, each, depth - 1) for each in callers(handling.program, call.to(function))
    )


def _in_a_pausing_loop(handling: Handling, call: At[tree.Call]) -> bool:
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Loop) and any(
            isinstance(node, tree.Call) and qualified(handling.program, call.to(node.callee)) & PAUSES
            for node in tree.walk(ancestor.body, tree.same_function)
        ):
            return True
    return False
