"""Broadcasts of what is stored already: a client that misses one can be given the same again."""

from __future__ import annotations

from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.program import At, Program, own_nodes

_STORES = frozenset(
    {
        "commit", "insert_one", "insert_many", "update_one", "update_many", "replace_one", "find_one_and_update", "save",
        "asave", "acreate", "bulk_create", "upsert", "hset", "setex",
    }
)  # fmt: skip
"""What makes a change last: SQLAlchemy and the drivers of Python's database API, MongoDB, Django, Redis."""
_DEPTH = 3


def is_stored_first(program: Program, function: At[tree.Function]) -> bool:
    """Whether every way to a function comes to it after a write to a store: it tells of what is there to be read."""
    return _is_stored_first(program, function, _DEPTH)


def _is_stored_first(program: Program, function: At[tree.Function], depth: int) -> bool:
    calls = [call for call in callers(program, function) if is_shipped(call.path)]
    return bool(calls) and depth > 0 and all(comes_after_a_write(program, call, depth) for call in calls)


def comes_after_a_write(program: Program, call: At[tree.Call], depth: int = 1) -> bool:
    """Whether a call, or each call of the function that it stands in, follows a write to a store."""
    inside = call.index.function_of(call.node)
    if inside is None:
        return False
    here = call.to(inside)
    program.queries.note(here.unit)
    before = [node for node in own_nodes(here) if isinstance(node, tree.Call) and node.end <= call.node.start]
    if any(_writes(program, here.to(node), 2) for node in before):
        return True
    return _is_stored_first(program, here, depth - 1)


def _writes(program: Program, call: At[tree.Call], depth: int) -> bool:
    """Whether a call writes to a store, by itself or in the project's code that it runs."""
    callee = call.node.callee
    bodies = functions(program, call.to(callee))
    if not bodies:
        return isinstance(callee, tree.Member) and callee.name in _STORES
    for body in bodies if depth else ():
        program.queries.note(body.unit)
        if any(
            isinstance(node, tree.Call) and _writes(program, body.to(node), depth - 1)
            for node in own_nodes(body)
        ):
            return True
    return False
