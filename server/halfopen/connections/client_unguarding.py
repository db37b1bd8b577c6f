"""Conditions under which alone a socket is closed, and how they read when they let a connecting one be closed too."""

from __future__ import annotations

from collections.abc import Sequence

from halfopen.connections.client_release import only_when_open, requires_open
from halfopen.connections.dossier import ConditionRepair
from halfopen.semantics import tree
from halfopen.semantics.program import At
from halfopen.semantics.unit import Span


def condition_repair(closers: Sequence[At[tree.Call]]) -> ConditionRepair | None:
    """What lets each of these calls run for a connecting socket too; None where more than closing hangs on a condition."""
    changed: dict[Span, str] = {}
    for closer in closers:
        condition = only_when_open(closer)
        replaced = _without_open(closer, condition) if condition is not None else None
        if replaced is None:
            return None
        changed[replaced[0]] = replaced[1]
    return ConditionRepair(tuple(changed.items()))


def _without_open(closer: At[tree.Call], condition: tree.Expr) -> tuple[Span, str] | None:
    around = closer.index.parents.get(condition)
    if isinstance(around, tree.If):
        if around.otherwise is not None or not all(_lets_go(each) for each in around.then.statements):
            return None
        return closer.to(condition).span, _rest(closer.to(condition))
    if isinstance(condition, tree.Operation) and condition.operands[-1] is closer.node:
        asking = [each for each in condition.operands[:-1] if requires_open(each)]
        if len(asking) == 1:
            return closer.to(asking[0]).span, _rest(closer.to(asking[0]))
    return None


def _rest(test: At[tree.Expr]) -> str:
    """The condition for a socket that connects or is open; without the question where the socket may be missing."""
    node = test.node
    if isinstance(node, tree.Operation) and node.operator == "and":
        parts = [
            _rest(test.to(each)) if requires_open(each) else test.to(each).text for each in node.operands
        ]
        return " && ".join(dict.fromkeys(parts))
    state = next(
        each for each in tree.walk(node) if isinstance(each, tree.Member) and each.name == "readyState"
    )
    written = test.to(state).text
    return test.to(state.object).text if "?." in written else f"{written} < WebSocket.CLOSING"


def _lets_go(statement: tree.Statement) -> bool:
    """Whether a statement only closes something or forgets it."""
    match statement:
        case tree.Do(value=tree.Call(callee=tree.Member(name="close" | "disconnect"))):
            return True
        case tree.Assign(value=tree.Literal(value=None)):
            return True
        case _:
            return False
