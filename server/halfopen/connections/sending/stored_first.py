"""Broadcasts of what is stored already: a client that misses one can be given the same again."""

from __future__ import annotations

import re

from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins

_STORES = frozenset(
    {
        "commit", "insert_one", "insert_many", "update_one", "update_many", "replace_one", "find_one_and_update", "save",
        "asave", "acreate", "bulk_create", "upsert", "hset", "setex",
    }
)  # fmt: skip
"""What makes a change last: SQLAlchemy and the drivers of Python's database API, MongoDB, Django, Redis."""


_AT_ONCE = frozenset({"fetchrow", "fetchval"})
"""Methods of asyncpg, which commits each statement that no transaction holds back:
https://magicstack.github.io/asyncpg/current/api/index.html#transactions"""
_CHANGE = re.compile(r"\s*(WITH\b.*\)\s*)?(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE | re.DOTALL)


def follows_a_write(program: Program, call: At[tree.Call]) -> bool:
    """Whether a write to a store stands on the way to a call, in the function that it stands in: what other branches or
    earlier turns of a loop wrote is another matter."""
    inside = call.index.function_of(call.node)
    if inside is None:
        return False
    here = call.to(inside)
    program.queries.note(here.unit)
    around = set(call.index.ancestors(call.node))
    turn = next((each for each in call.index.ancestors(call.node) if _is_endless(each)), inside)
    return any(
        isinstance(node, tree.Call)
        and turn.start <= node.start
        and node.end <= call.node.start
        and _leads_on(here, node, around)
        and _writes(program, here.to(node), 2)
        for node in own_nodes(here)
    )


def _is_endless(node: tree.Node) -> bool:
    """Whether a node is a loop each turn of which is a matter of its own: over messages, and not over clients."""
    return isinstance(node, tree.Function) or (
        isinstance(node, tree.Loop) and (node.kind == "while" or node.is_async)
    )


def _leads_on(function: At[tree.Function], node: tree.Node, around: set[tree.Node]) -> bool:
    """Whether what comes after a node in its function has come by it: it stands in no branch, clause or loop of its own."""
    for ancestor in function.index.ancestors(node):
        if ancestor in around:
            # In the one branch of a test while what comes after it stands in the other.
            return not isinstance(ancestor, tree.If) or node.end <= ancestor.test.end
        if isinstance(ancestor, tree.If | tree.Case | tree.Handler | tree.Loop | tree.Function):
            return False
    return False


def _writes(program: Program, call: At[tree.Call], depth: int) -> bool:
    """Whether a call writes to a store, by itself or in the project's code that it runs."""
    callee = call.node.callee
    bodies = functions(program, call.to(callee))
    if not bodies:
        return isinstance(callee, tree.Member) and (
            callee.name in _STORES or (callee.name in _AT_ONCE and _is_change(program, call))
        )
    for body in bodies if depth else ():
        program.queries.note(body.unit)
        if any(
            isinstance(node, tree.Call) and _writes(program, body.to(node), depth - 1)
            for node in own_nodes(body)
        ):
            return True
    return False


def _is_change(program: Program, call: At[tree.Call]) -> bool:
    """Whether the SQL that a call is given writes."""
    return any(
        isinstance(origin, At)
        and isinstance(origin.node, tree.Literal)
        and isinstance(origin.node.value, str)
        and _CHANGE.match(origin.node.value) is not None
        for argument in call.node.arguments[:1]
        for origin in (call.to(argument.value), *origins(program, call.to(argument.value)))
    )
