"""Workers of a job queue that the process itself runs as a task: they call the functions they were made with."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.started import reaches
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes

_RUNS = frozenset(
    {
        "run",
        "run_forever",
        "run_async",
        "async_run",
        "serve",
        "serve_forever",
        "start_consuming",
        "work",
        "main",
    }
)
"""What a worker is awaited by, for as long as it works (Temporal, arq, FastStream, aio-pika's patterns)."""


def works_for_clients(code: EndpointCode, body: At[tree.Function], sending: frozenset[tree.Node]) -> bool:
    """Whether a coroutine makes a worker with functions that lead to the clients, and waits for it to end."""
    if not sending or not any(map(_waits_for_a_worker, own_nodes(body))):
        return False
    given = list(_given(code, body))
    return bool(given) and reaches(code, given, sending)


def _waits_for_a_worker(node: tree.Node) -> bool:
    return (
        isinstance(node, tree.Await)
        and isinstance(node.value, tree.Call)
        and isinstance(node.value.callee, tree.Member)
        and last_name(node.value.callee) in _RUNS
    )


def _given(code: EndpointCode, body: At[tree.Function]) -> Iterator[At[tree.Function]]:
    """The functions that stand in a list which a call is given: `Worker(client, activities=[notify, store])`."""
    for node in own_nodes(body):
        for argument in node.arguments if isinstance(node, tree.Call) else ():
            if isinstance(argument.value, tree.Sequence):
                for item in argument.value.items:
                    if isinstance(item, tree.Name | tree.Member):
                        yield from functions(code.program, body.to(item))
