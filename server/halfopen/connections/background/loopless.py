"""Tasks that are started in a thread without an event loop, which raises RuntimeError."""

from __future__ import annotations

from halfopen.connections.background.facts import Task
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Confidence
from halfopen.connections.http_routes import answers_requests
from halfopen.connections.sending.calling import described
from halfopen.connections.sending.threads import HAND_OVER, thread_above
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At
from halfopen.semantics.qualified_names import qualified

_RAISING = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.tasks.create_task"})
"""Calls that ask for the loop that runs in their thread; a loop that is kept from elsewhere has methods of its own."""


def loopless_task(code: EndpointCode, call: At[tree.Call], what: str) -> Task | None:
    """The task that a call is to start for the clients, where it stands in a thread without a loop."""
    inside = call.index.function_of(call.node)
    if inside is None or inside.is_async or not is_shipped(call.path):
        return None
    if not qualified(code.program, call.to(call.node.callee)) & _RAISING:
        return None
    around = [each for each in call.index.ancestors(call.node) if isinstance(each, tree.Try)]
    clauses = [clause for each in around for clause in each.handlers]
    if any(
        isinstance(node, tree.Call) and last_name(node.callee) in HAND_OVER
        for clause in clauses
        for node in tree.walk(clause.body)
    ):
        return None
    function = call.to(inside)
    thread = thread_above(code.program, function)
    if thread is None:
        return None
    request = described(function) if answers_requests(code.program, function) and not clauses else None
    return Task(
        what, "never-starts", True, call.span, Confidence.HIGH, (thread,), of_process=True, request=request
    )
