"""What is gathered with its exceptions as results, where nobody reads the results."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.awaited_tasks import keeps_exceptions
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_COLLECTING = frozenset({"append", "add", "extend"})


def forgotten_gathers(program: Program, function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    """`await asyncio.gather(..., return_exceptions=True)` as a statement, where the work is still to be done.

    After a cancel, in a `finally` or in a clause for errors it only waits for the end of what was stopped.
    """
    for node in own_nodes(function):
        if not isinstance(node, tree.Call) or not keeps_exceptions(node):
            continue
        call = function.to(node)
        if "asyncio.gather" not in qualified(program, call.to(node.callee)):
            continue
        waiting = call.parent
        statement = call.index.parents.get(waiting) if isinstance(waiting, tree.Await) else None
        if isinstance(statement, tree.Do) and not is_an_end(function, call):
            yield call


def is_an_end(function: At[tree.Function], call: At[tree.Call]) -> bool:
    """Whether a gather only waits for what was stopped: after a cancel, in a `finally`, in a clause for errors."""
    inner: tree.Node = call.node
    for ancestor in call.index.ancestors(call.node):
        if isinstance(ancestor, tree.Handler):
            return True
        if isinstance(ancestor, tree.Try) and inner is ancestor.final:
            return True
        if ancestor is function.node:
            break
        inner = ancestor
    return any(
        isinstance(node, tree.Member) and node.name == "cancel" and node.start < call.node.start
        for node in own_nodes(function)
    )


def gathered_bodies(
    program: Program, function: At[tree.Function], gather: At[tree.Call]
) -> list[At[tree.Function]]:
    """The functions that run under a gather: given as coroutines, as tasks by name, or collected in a list."""
    found: list[At[tree.Function]] = []
    names: set[str] = set()
    for argument in gather.node.arguments:
        value = argument.value
        if isinstance(value, tree.Call):
            found += functions(program, gather.to(value.callee))
        elif isinstance(value, tree.Name | tree.Member):
            names.add(gather.to(value).text)
        elif isinstance(value, tree.Spread):
            names.add(gather.to(value.value).text)
    for node in own_nodes(function) if names else ():
        if not isinstance(node, tree.Call) or not node.arguments:
            continue
        if not qualified(program, function.to(node.callee)) & _SPAWNERS:
            continue
        coroutine = node.arguments[0].value
        if _kept_under(function.to(node)) & names and isinstance(coroutine, tree.Call):
            found += functions(program, function.to(coroutine.callee))
    return list(dict.fromkeys(found))


def _kept_under(call: At[tree.Call]) -> set[str]:
    """What a task is kept as: `task = ...`, `tasks = [..., ...]`, `self.tasks.append(...)`."""
    parent = call.parent
    if isinstance(parent, tree.Argument):
        outer = call.index.parents.get(parent)
        if (
            isinstance(outer, tree.Call)
            and isinstance(outer.callee, tree.Member)
            and outer.callee.name in _COLLECTING
        ):
            return {call.to(outer.callee.object).text}
        return set()
    if isinstance(parent, tree.Sequence):
        parent = call.index.parents.get(parent)
    if isinstance(parent, tree.Assign):
        return {call.to(each).text for each in parent.targets}
    return set()
