"""The close codes that a client in Python asks for: compared where its connection is made, or where that is called."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.closing.server import code_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes

_DEPTH = 3
_COMPARED = frozenset({"==", "!=", "in", "not in"})


def codes_asked(program: Program, call: At[tree.Call]) -> Iterator[int]:
    """The codes of `if exc.code in (4001, 4002)` in the functions around the connection, the nearest first."""
    seen: set[tree.Node] = set()
    level = _around(call)
    for _ in range(_DEPTH):
        following: list[At[tree.Function]] = []
        for function in level:
            if function.node in seen:
                continue
            seen.add(function.node)
            program.queries.note(function.unit)
            yield from _compared(program, function)
            for caller in callers(program, function):
                following += _around(caller)
        level = following


def _around(at: At[tree.Call]) -> list[At[tree.Function]]:
    function = at.index.function_of(at.node)
    return [at.to(function)] if function is not None else []


def _compared(program: Program, function: At[tree.Function]) -> Iterator[int]:
    for node in own_nodes(function):
        if not isinstance(node, tree.Operation) or node.operator not in _COMPARED:
            continue
        if not any(last_name(each).lower().endswith("code") for each in node.operands):
            continue
        for each in node.operands:
            listed = each.items if isinstance(each, tree.Sequence) else (each,)
            for one in listed:
                code = code_of(program, function.to(one))
                if code is not None and code >= 1000:
                    yield code
