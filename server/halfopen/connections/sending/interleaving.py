"""Whether another task may run between two places of a coroutine: only where it gives up control."""

from __future__ import annotations

from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes

_DEPTH = 3


def between(
    program: Program, function: At[tree.Function], since: tree.Node | None, until: tree.Node | None
) -> bool:
    """Whether a function may pause after one of its nodes and before another; None is its beginning, or its end."""
    first = since.end if since is not None else function.node.start
    last = until.start if until is not None else function.node.end
    return any(
        first <= node.start and _paused(node) <= last and pauses(program, function.to(node))
        for node in own_nodes(function)
    )


def _paused(node: tree.Node) -> int:
    """Where a node has given up control for the first time: a `with` or a loop does before its body runs."""
    return node.start if isinstance(node, tree.Loop | tree.With) else node.end


def pauses(program: Program, at: At[tree.Node], depth: int = _DEPTH) -> bool:
    """Whether a node gives up control: an `await`, except of a coroutine of the workspace that never does itself."""
    match at.node:
        case tree.Await(value=tree.Call() as call):
            bodies = functions(program, at.to(call.callee))
            for each in bodies:
                program.queries.note(each.unit)
            return not (
                bodies
                and depth > 0
                and not any(
                    pauses(program, each.to(node), depth - 1) for each in bodies for node in own_nodes(each)
                )
            )
        case tree.Await():
            return True
        case tree.Loop(is_async=is_async) | tree.With(is_async=is_async):
            return is_async
        case _:
            return False
