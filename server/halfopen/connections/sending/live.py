"""Whether a broadcast goes over a container that may change while it waits for a send."""

from __future__ import annotations

from halfopen.connections.registration_release import is_thrown_away
from halfopen.connections.sending.facts import LiveIteration
from halfopen.connections.sending.members import Loop, members_of
from halfopen.connections.sending.registered import Entered, changes_of
from halfopen.connections.sending.waiting import lock_around
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.program import At, Program


def live_iteration(
    program: Program, registry: Entered, loop: Loop, waits: bool, lock: str | None
) -> LiveIteration:
    """What a change of the container would do to a loop over it. `waits`: the loop waits for each of its sends."""
    if isinstance(loop.node, tree.Comprehension):
        return "copied"
    if not waits and not any(
        isinstance(node, tree.Await) for node in tree.walk(loop.node.body, tree.same_function)
    ):
        return "copied"
    changes = [
        (node, removes)
        for node, removes in changes_of(program, registry.container)
        if node.index.function_of(node.node) is not loop.index.function_of(loop.node)
        and _may_run_meanwhile(program, registry, node)
    ]
    unlocked = [removes for node, removes in changes if lock is None or lock_around(program, node) is None]
    kind = registry.kind
    if kind == "list":
        return "skips" if any(unlocked) else "locked"
    return "raises" if unlocked and kind in ("set", "dict") else "locked"


def _may_run_meanwhile(program: Program, registry: Entered, change: At[tree.Node]) -> bool:
    """Whether a change can come while a broadcast waits: not where nobody awaits the coroutine that makes it.

    Nor where only broadcasts make it, after their own loop, and a task sends them one after the other.
    """
    function = change.index.function_of(change.node)
    calls = callers(program, change.to(function)) if function is not None else []
    if function is None or not calls:
        return True
    run = [each for each in calls if not (function.is_async and is_thrown_away(each))]
    return any(not _is_broadcast_of_its_own(program, registry, each) for each in run)


def _is_broadcast_of_its_own(program: Program, registry: Entered, call: At[tree.Call]) -> bool:
    caller = call.index.function_of(call.node)
    if caller is None or _runs_beside_itself(program, registry, call.to(caller)):
        return False
    loops = {
        each.loop.index.function_of(each.loop.node)
        for each in members_of(program, registry.container)
        if each.loop is not None and each.loop.unit is call.unit
    }
    return caller in loops


def _runs_beside_itself(
    program: Program, registry: Entered, function: At[tree.Function], depth: int = 3
) -> bool:
    """Whether a function runs for each connection or request, so that several runs of it may wait at a time."""
    if function.node.decorators or registry.handling.function_at(function.node) is not None or depth == 0:
        return True
    awaited = [each for each in callers(program, function) if isinstance(each.parent, tree.Await)]
    around = [
        each.to(caller) for each in awaited if (caller := each.index.function_of(each.node)) is not None
    ]
    return any(_runs_beside_itself(program, registry, each, depth - 1) for each in around)
