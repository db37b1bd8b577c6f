"""Whether a message is kept and told to those who are there in one go, or told later by somebody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from halfopen.connections.registries import Container
from halfopen.connections.sending.broadcasts import broadcasts_of, deliveries
from halfopen.connections.sending.histories import stored
from halfopen.connections.sending.interleaving import between
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.program import At, Program, own_nodes

_DEPTH = 3


def is_told_at_once(program: Program, registry: Entered, history: Container) -> bool:
    """Whether each message that enters a history goes to the clients of that moment before anything else can happen.

    Who enters after that finds it in the history alone, who entered before has it live alone.
    """
    if any(each.live_iteration in ("skips", "raises") for each in broadcasts_of(program, registry)):
        return False
    telling = {
        function: each.loop.node
        for each in deliveries(program, registry)
        if (function := each.outer.index.function_of(each.outer.node)) is not None
    }
    storing = list(stored(program, history))
    return bool(storing) and all(_leads_on(program, call, telling, 0) for call, _ in storing)


_Telling: TypeAlias = Mapping[tree.Function, tree.Node]
"""The functions that go through the clients, with the loop of each."""


def _leads_on(program: Program, at: At[tree.Call], telling: _Telling, depth: int) -> bool:
    """Whether a function, after a call in it, tells the clients without a pause; or each of those that call it does."""
    inside = at.index.function_of(at.node)
    if inside is None:
        return False
    function = at.to(inside)
    program.queries.note(function.unit)
    loop = telling.get(inside)
    if loop is not None:
        return not between(program, function, at.node, loop)
    if _tells_after(program, function, at.node, telling):
        return True
    if depth >= _DEPTH or between(program, function, at.node, None):
        return False
    ups = callers(program, function)
    return bool(ups) and all(_leads_on(program, each, telling, depth + 1) for each in ups)


def _tells_after(
    program: Program, function: At[tree.Function], stored_by: tree.Node, telling: _Telling
) -> bool:
    return any(
        _tells(program, call, telling, 0)
        and (call.node.start <= stored_by.start or not between(program, function, stored_by, call.node))
        for call in _calls(function)
    )


def _tells(program: Program, call: At[tree.Call], telling: _Telling, depth: int) -> bool:
    """Whether a call runs what tells the clients, before it pauses."""
    for callee in functions(program, call.to(call.node.callee)):
        loop = telling.get(callee.node)
        if loop is not None and not between(program, callee, None, loop):
            return True
        if depth < _DEPTH:
            program.queries.note(callee.unit)
            if any(
                _tells(program, each, telling, depth + 1) and not between(program, callee, None, each.node)
                for each in _calls(callee)
            ):
                return True
    return False


def _calls(function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    for node in own_nodes(function):
        if isinstance(node, tree.Call):
            yield function.to(node)
