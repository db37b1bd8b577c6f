"""Work that is marked while it runs, so that a message that comes meanwhile starts no more of it."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.leaving import JUMPS, may_leave
from halfopen.semantics.program import At


def is_flagged(started: At[tree.Call], body: tree.Node) -> bool:
    """Whether what runs is marked as running, and a message that comes meanwhile is turned away for it.

    `if session.get("is_processing"): return`, then `session["is_processing"] = True` and the task.
    """
    turned_away: set[tuple[str, str]] = set()
    for node in tree.walk(body, tree.same_function):
        if node.start >= started.node.start:
            continue
        if isinstance(node, tree.If) and may_leave(node.then, JUMPS):
            turned_away |= {flag for each in tree.walk(node.test) if (flag := _flag(started, each))}
    return any(
        isinstance(node, tree.Assign)
        and isinstance(node.value, tree.Literal)
        and node.value.value is True
        and node.start < started.node.start
        and any(_flag(started, each) in turned_away for each in node.targets)
        for node in tree.walk(body, tree.same_function)
    )


def _flag(at: At[tree.Call], node: tree.Node) -> tuple[str, str] | None:
    """The owner and the name of a flag: `self.busy`, `session["busy"]`, `session.get("busy", False)`."""
    match node:
        case tree.Member(object=owner, name=name):
            return at.to(owner).text, name
        case tree.Index(object=owner, key=tree.Literal(value=str() as key)):
            return at.to(owner).text, key
        case tree.Call(
            callee=tree.Member(object=owner, name="get"),
            arguments=(tree.Argument(value=tree.Literal(value=str() as key)), *_),
        ):
            return at.to(owner).text, key
        case _:
            return None
