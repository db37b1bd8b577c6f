"""Broadcasts that are to be handed to the event loop from a thread that has none.

`asyncio.get_running_loop()` raises RuntimeError in a thread without a running loop (Python's asyncio documentation);
FastAPI runs plain `def` routes and background tasks in such threads. A task that is started there is WS5D's.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.http_routes import answers_requests
from halfopen.connections.sending.broadcasts import deliveries
from halfopen.connections.sending.calling import described
from halfopen.connections.sending.facts import ForeignSend
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of

_NEED_A_LOOP = frozenset({"asyncio.get_running_loop"})
HAND_OVER = frozenset(
    {"run_coroutine_threadsafe", "run", "run_until_complete", "call_soon_threadsafe", "from_thread"}
)
_DEPTH = 4


def loopless_sends(program: Program, registry: Entered) -> Iterator[ForeignSend]:
    """The first place that asks for a running loop, in order to send, on a thread that has none."""
    for delivery in deliveries(program, registry):
        function = delivery.outer.index.function_of(delivery.outer.node)
        if function is None:
            continue
        sender = delivery.outer.to(function)
        for call in callers(program, sender):
            inside = call.index.function_of(call.node)
            if inside is None or inside.is_async or not is_shipped(call.path):
                continue
            here = call.to(inside)
            asked = _asks_for_a_loop(program, here)
            thread = thread_above(program, here) if asked is not None else None
            if asked is not None and thread is not None:
                yield ForeignSend(
                    span=delivery.outer.span,
                    kind="no-event-loop",
                    caller=described(here),
                    broadcast=described(sender),
                    registry=registry.name,
                    evidence=(Evidence(asked.span, "needs an event loop that runs in this thread"), thread),
                )
                return


def _asks_for_a_loop(program: Program, function: At[tree.Function]) -> At[tree.Call] | None:
    """The call that raises without a loop, unless a clause for that error sends in another way."""
    for node in own_nodes(function):
        if not isinstance(node, tree.Call) or not qualified(program, function.to(node.callee)) & _NEED_A_LOOP:
            continue
        around = [each for each in function.index.ancestors(node) if isinstance(each, tree.Try)]
        other_way = any(
            isinstance(inner, tree.Call) and last_name(inner.callee) in HAND_OVER
            for each in around
            for clause in each.handlers
            for inner in tree.walk(clause.body)
        )
        return None if other_way else function.to(node)
    return None


def thread_above(program: Program, function: At[tree.Function]) -> Evidence | None:
    """What runs a function, or one that calls it without an event loop between them, in a thread."""
    seen = {function.node}
    level = [function]
    for _ in range(_DEPTH):
        above: list[At[tree.Function]] = []
        for each in level:
            found = _in_thread(program, each)
            if found is not None:
                return found
            for call in callers(program, each):
                inside = call.index.function_of(call.node)
                if (
                    inside is not None
                    and not inside.is_async
                    and inside not in seen
                    and is_shipped(call.path)
                ):
                    seen.add(inside)
                    above.append(call.to(inside))
        level = above
    return None


def _in_thread(program: Program, function: At[tree.Function]) -> Evidence | None:
    if answers_requests(program, function):
        return Evidence(function.span, f"{described(function)} is a plain def: FastAPI runs it in a thread")
    for module, unit in program.units_with("Thread", "python"):
        for call in index_of(unit).calls:
            if last_name(call.callee) != "Thread":
                continue
            at = At(module.path, unit, call)
            for argument in call.arguments:
                if argument.name == "target" and any(
                    each.node is function.node for each in callbacks(program, at.to(argument.value))
                ):
                    return Evidence(at.span, f"{described(function)} runs in this thread")
    return None
