"""Broadcasts that are started where the sockets do not live: in another event loop, or in another process."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.sending.calling import callers_up, described, runs_by_itself
from halfopen.connections.sending.facts import ForeignSend
from halfopen.connections.sending.processes import sends_to
from halfopen.connections.sending.registered import Entered
from halfopen.connections.sending.workers import is_task
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Span

_OWN_LOOPS = frozenset({"asyncio.run", "asyncio.runners.run", "anyio.run"})


def foreign_sends(program: Program, registry: Entered) -> Iterator[ForeignSend]:
    """Each sender to the registry that another process or loop starts, those of other processes first."""
    sends = sends_to(program, registry)
    in_workers: dict[str, ForeignSend] = {}
    for sender, call in sends:
        for each in _in_task_queues(program, registry, sender, call.span):
            in_workers.setdefault(each.broadcast, each)
    yield from in_workers.values()
    if not in_workers:
        in_loops = (
            each for sender, call in sends for each in _in_own_loops(program, registry, sender, call.span)
        )
        yield from itertools.islice(in_loops, 1)


def _in_task_queues(
    program: Program, registry: Entered, sender: At[tree.Function], sent: Span
) -> Iterator[ForeignSend]:
    leading = callers_up(program, sender)
    elsewhere = any(runs_by_itself(program, each) and not is_task(program, each) for each in leading)
    for function in leading:
        if not is_task(program, function):
            continue
        place = next(
            (
                function.to(node)
                for node in tree.walk(function.node.body)
                if isinstance(node, tree.Call)
                and any(
                    callee in callers_up(program, sender)
                    for callee in functions(program, function.to(node.callee))
                )
            ),
            None,
        )
        yield ForeignSend(
            span=sent,
            kind="task-queue-worker",
            caller=described(function),
            broadcast=described(sender),
            registry=registry.name,
            elsewhere=elsewhere,
            evidence=(
                Evidence(
                    (place or function).span,
                    f"{described(function)} runs in a worker process of the task queue, and starts it here",
                ),
            ),
        )


def _in_own_loops(
    program: Program, registry: Entered, sender: At[tree.Function], sent: Span
) -> Iterator[ForeignSend]:
    for call in _calls_of(program, sender):
        parent = call.parent
        runner = call.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
        if (
            not is_shipped(call.path)
            or not isinstance(runner, tree.Call)
            or runner.arguments[:1] != (parent,)
        ):
            continue
        function = call.index.function_of(runner)
        if function is None or not _runs_a_loop(program, call.to(runner)):
            continue
        here = call.to(function)
        yield ForeignSend(
            span=sent,
            kind="own-event-loop",
            caller=described(here),
            broadcast=described(sender),
            registry=registry.name,
            evidence=(
                Evidence(call.to(runner).span, f"{described(here)} starts it in an event loop of its own"),
            ),
        )


def _runs_a_loop(program: Program, call: At[tree.Call]) -> bool:
    callee = call.node.callee
    if qualified(program, call.to(callee)) & _OWN_LOOPS:
        return True
    return isinstance(callee, tree.Member) and callee.name == "run_until_complete"


def _calls_of(program: Program, sender: At[tree.Function]) -> Iterator[At[tree.Call]]:
    """The calls of a sender, those on a receiver that the code does not tell included."""
    yield from callers(program, sender)
    name, _ = name_of_function(sender)
    if name is None or sender.node.receiver is None:
        return
    pattern = re.compile(rb"\." + re.escape(name).encode() + rb"\s*\(")
    for module, unit in program.units_with(name, "python", as_member=True):
        if pattern.search(unit.text) is None or not any(
            word in unit.text for word in (b"asyncio.run(", b"run_until_complete")
        ):
            continue
        other: At[tree.Node] = At(module.path, unit, sender.node)
        for call in other.index.calls:
            if (
                isinstance(call.callee, tree.Member)
                and call.callee.name == name
                and not functions(program, other.to(call.callee))
            ):
                yield other.to(call)


_ENDINGS = frozenset({"put", "put_nowait", "close", "cancel", "shutdown", "set", "abort"})


def ends_handler(function: At[tree.Function], besides: frozenset[tree.Node]) -> bool:
    """Whether a function tells a handler to end: a marker in its queue, a close, a cancel."""
    return any(
        isinstance(node, tree.Call)
        and node not in besides
        and isinstance(node.callee, tree.Member)
        and node.callee.name in _ENDINGS
        for node in own_nodes(function)
    )
