"""Listeners that a thread of the pool runs: whoever drops the future learns nothing of their end."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Task
from halfopen.connections.background.failing import BROKERS, may_fail
from halfopen.connections.background.started import reaches
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Confidence, Evidence
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.scopes import index_of


def pooled_listeners(code: EndpointCode, sending: frozenset[tree.Node]) -> Iterator[Task]:
    """`loop.run_in_executor(None, reader)` as a statement, where the reader goes on and feeds the clients."""
    for call in _handed_over(code.program):
        for body in callbacks(code.program, call.to(call.node.arguments[1].value)):
            if not _goes_on(body) or not may_fail(code, body) or not reaches(code, [body], sending):
                continue
            said = (Evidence(body.span, "a failure of its source ends it, and nothing starts it again"),)
            name = body.node.name or "reader"
            yield Task(name, "unobserved", True, call.span, Confidence.HIGH, said, True, of_process=True)
            break


def _handed_over(program: Program) -> list[At[tree.Call]]:
    """The calls that hand a function to a pool and drop the future."""

    def found() -> list[At[tree.Call]]:
        return [
            At(module.path, unit, call)
            for module, unit in program.units_with("run_in_executor", "python")
            if is_shipped(module.path)
            for call in index_of(unit).calls
            if last_name(call.callee) == "run_in_executor"
            and len(call.arguments) > 1
            and isinstance(index_of(unit).parents.get(call), tree.Do)
        ]

    return program.queries.search(("work dropped into a pool",), found)


def _goes_on(body: At[tree.Function]) -> bool:
    """Whether a function takes one message of a broker after the other, or works on in an endless loop."""
    return any(
        isinstance(node, tree.Loop)
        and (
            node.kind == "while"
            or (isinstance(node.iterable, tree.Call) and last_name(node.iterable.callee) in BROKERS)
        )
        for node in own_nodes(body)
    )
