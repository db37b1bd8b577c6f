"""The tasks that work for an endpoint, and who learns of their failure."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Fate, Task
from halfopen.connections.background.failing import may_fail, quiet_end
from halfopen.connections.background.feeders import feeders
from halfopen.connections.background.gathers import forgotten_gathers, gathered_bodies
from halfopen.connections.background.observing import observes, unread_wait
from halfopen.connections.background.started import (
    bodies_of,
    feeding,
    feeds,
    loops,
    name_of_task,
    started_through,
)
from halfopen.connections.endpoint_code import EndpointCode, spawns
from halfopen.connections.facts import Confidence, Evidence
from halfopen.connections.handler_flow import SENDERS
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, functions
from halfopen.semantics.class_shape import member_table
from halfopen.semantics.flow import aliases
from halfopen.semantics.program import At, own_nodes

_DEPTH = 2


def tasks(code: EndpointCode, registries: tuple[Entered, ...]) -> Iterator[Task]:
    """Each task that the endpoint's functions start, and those elsewhere that feed its clients."""
    for function in (*code.functions, *_beside(code)):
        works_with_socket = function in code.roots or code.sockets.mentions(function.node.body)
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and node.arguments and spawns(code.program, function.to(node)):
                task = _task(code, function, function.to(node))
                # What a service starts on its own is the application's business.
                if task.feeds or works_with_socket or _is_of_connection(code, function):
                    yield task
                yield from _through_helper(code, function, function.to(node))
        yield from gathered(code, function)
    yield from feeders(code, registries)


def _beside(code: EndpointCode) -> list[At[tree.Function]]:
    """What the tasks that feed the clients call of the class that keeps the sockets."""
    own = {each.node for each in code.functions}
    found: dict[tree.Node, At[tree.Function]] = {}
    level = feeding(code)
    for _ in range(_DEPTH):
        level = [
            callee
            for each in level
            for node in own_nodes(each)
            if isinstance(node, tree.Call)
            for callee in functions(code.program, each.to(node.callee))
            if callee.node not in own and callee.node not in found and _is_of_connection(code, callee)
        ]
        found.update((each.node, each) for each in level)
    return list(found.values())


def _task(code: EndpointCode, function: At[tree.Function], call: At[tree.Call]) -> Task:
    bodies = bodies_of(code.program, call)
    feeds = any(code.operations(each.to(each.node.body)) & SENDERS for each in bodies)
    fate, evidence = _fate(code, function, call, bodies)
    goes_on = any(loops(each) for each in bodies)
    fails = not bodies or any(may_fail(code, each) for each in bodies)
    return Task(
        name_of_task(code.program, call),
        fate,
        feeds,
        call.span,
        Confidence.HIGH,
        evidence,
        goes_on,
        fails=fails,
    )


def _through_helper(code: EndpointCode, helper: At[tree.Function], start: At[tree.Call]) -> Iterator[Task]:
    """What the endpoint's functions give to a helper that starts it as a task: the helper decides who learns of its end."""
    for call in started_through(code.program, start):
        inside = call.index.function_of(call.node)
        if inside is None or call.to(inside) not in code.functions or not call.node.arguments:
            continue
        bodies = bodies_of(code.program, call)
        if not any(feeds(code, each) for each in bodies):
            continue
        fate, evidence = _fate(code, helper, start, bodies)
        # A task that is handed back may be asked where the helper is called.
        if fate in ("dropped", "unobserved") and not _is_handed_back(helper, start):
            yield Task(
                name_of_task(code.program, call),
                fate,
                True,
                call.span,
                Confidence.HIGH,
                evidence,
                goes_on=any(loops(each) for each in bodies),
                fails=any(may_fail(code, each) for each in bodies),
            )


def _is_handed_back(helper: At[tree.Function], start: At[tree.Call]) -> bool:
    return isinstance(start.parent, tree.Return) or any(
        isinstance(node, tree.Return) and node.value is not None for node in own_nodes(helper)
    )


def gathered(code: EndpointCode, function: At[tree.Function]) -> Iterator[Task]:
    """The workers of the connection whose exceptions `gather(..., return_exceptions=True)` keeps for nobody."""
    for gather in forgotten_gathers(code.program, function):
        risky = [
            body
            for body in gathered_bodies(code.program, function, gather)
            if loops(body) and code.operations(body.to(body.node.body)) and may_fail(code, body)
        ]
        if risky:
            names = "()` or `".join(each.node.name or "" for each in risky[:3])
            feeds = any(code.operations(each.to(each.node.body)) & SENDERS for each in risky)
            said = tuple(Evidence(each.span, "may fail here, and nobody is told") for each in risky[:3])
            yield Task(names, "collected", feeds, gather.span, Confidence.HIGH, said, True)


def _is_of_connection(code: EndpointCode, function: At[tree.Function]) -> bool:
    """Whether a method belongs to the endpoint's class, or to one that keeps the socket, or what the endpoint sends with."""
    klass = function.index.class_of(function.node)
    return klass is not None and (
        code.sockets.mentions(klass.body)
        or any(klass is root.index.class_of(root.node) for root in code.roots)
        or _keeps_a_sender(code, function.to(klass))
    )


def _keeps_a_sender(code: EndpointCode, klass: At[tree.Class]) -> bool:
    """`self._send = send`, where the endpoint gave a function within its handler that sends to its client."""
    roots = {each.node for each in code.roots}
    return any(
        each.index.function_of(each.node) in roots and code.sockets.mentions(each.node.body)
        for values in member_table(klass).values()
        for value in values
        if isinstance(value, tree.Name)
        for each in callbacks(code.program, klass.to(value))
    )


def _fate(
    code: EndpointCode, function: At[tree.Function], call: At[tree.Call], bodies: list[At[tree.Function]]
) -> tuple[Fate, tuple[Evidence, ...]]:
    risky = [each for each in bodies if may_fail(code, each)]
    if isinstance(call.parent, tree.Do):
        return "dropped", (Evidence(call.span, "nothing keeps the task that this starts"),)
    emptied = _emptied(code, function, call)
    if emptied is not None:
        return "dropped", (Evidence(emptied.span, "this drops the only reference to a task that still runs"),)
    held = aliases(code.program, call)
    unread = unread_wait(code, held)
    if unread is not None and (risky or not bodies):
        return "discarded", (Evidence(unread.span, "the finished tasks are not asked for their exceptions"),)
    if risky and not any(observes(code, each) for each in held):
        return "unobserved", (
            Evidence(risky[0].span, "its failure is not caught here, and nobody asks the task for it"),
        )
    for body in bodies:
        ends = quiet_end(code, body)
        if ends is not None and not _first_failure_counts(code):
            return "ends-quietly", (Evidence(ends.span, "a failure ends it here and is only written down"),)
    return "observed", ()


def _emptied(code: EndpointCode, function: At[tree.Function], call: At[tree.Call]) -> At[tree.Node] | None:
    """`tasks.clear()` on the handler's own dict of tasks, on a way out that does not cancel them."""
    names: set[str] = set()
    for each in aliases(code.program, call):
        if isinstance(each.parent, tree.Assign):
            for target in each.parent.targets:
                if isinstance(target, tree.Index) and isinstance(target.object, tree.Name):
                    names.add(target.object.id)
    for node in own_nodes(function) if names else ():
        match node:
            case tree.Call(callee=tree.Member(object=tree.Name(id=name), name="clear")) if name in names:
                block = next(
                    each
                    for each in function.index.ancestors(node)
                    if isinstance(each, tree.Block | tree.Function)
                )
                ended = any(
                    isinstance(each, tree.Member) and each.name in ("cancel", "gather", "wait")
                    for each in tree.walk(block, tree.same_function)
                )
                if not ended:
                    return function.to(node)
            case _:
                pass
    return None


def _first_failure_counts(code: EndpointCode) -> bool:
    """Whether the endpoint waits for the first of its tasks to end."""
    return any(
        isinstance(node, tree.Member | tree.Name)
        and (node.name if isinstance(node, tree.Member) else node.id)
        in ("FIRST_COMPLETED", "FIRST_EXCEPTION")
        for function in code.functions
        for node in own_nodes(function)
    )
