"""What a call that starts a task runs."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.endpoint_code import EndpointCode, spawns
from halfopen.connections.handler_flow import SENDERS
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers, functions
from halfopen.semantics.function_shape import argument_of, name_of_function
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins


def name_of_task(program: Program, call: At[tree.Call]) -> str:
    """What runs, as it is written; by its own name where a parameter stands for it."""
    coroutine = call.node.arguments[0].value
    if isinstance(coroutine, tree.Call) and not functions(program, call.to(coroutine.callee)):
        for each in callbacks(program, call.to(coroutine.callee)):
            return name_of_function(each)[0] or "task"
    return call.to(coroutine).text.split("(")[0]


def bodies_of(program: Program, call: At[tree.Call]) -> list[At[tree.Function]]:
    """The coroutine functions that a task runs."""
    coroutine = call.node.arguments[0].value
    if not isinstance(coroutine, tree.Call):
        return []
    return functions(program, call.to(coroutine.callee)) or callbacks(program, call.to(coroutine.callee))


def started_through(program: Program, call: At[tree.Call]) -> list[At[tree.Call]]:
    """The calls of a helper that starts the coroutine it is given (`def background(coroutine): create_task(coroutine)`)."""
    given = call.to(call.node.arguments[0].value)
    if not isinstance(given.node, tree.Name):
        return []
    return [
        each
        for origin in origins(program, given)
        if isinstance(origin, ParameterOf) and not origin.steps
        for each in callers(program, origin.function)
        if isinstance(argument_of(each.node, origin.function.node, origin.parameter), tree.Call)
        and is_shipped(each.path)
    ]


def starts(program: Program) -> list[At[tree.Call]]:
    """Every place in code that ships that starts a task."""
    return program.queries.search(("starts of tasks",), lambda: list(_starts(program)))


def _starts(program: Program) -> Iterator[At[tree.Call]]:
    for word in ("create_task", "ensure_future"):
        for module, unit in program.units_with(word, "python"):
            for call in index_of(unit).calls if is_shipped(module.path) else ():
                at = At(module.path, unit, call)
                if call.arguments and spawns(program, at):
                    yield at


def loops(function: At[tree.Function]) -> bool:
    """Whether a function works on and on."""
    return any(
        isinstance(node, tree.Loop) and (node.kind == "while" or node.is_async)
        for node in own_nodes(function)
    )


def feeds(code: EndpointCode, body: At[tree.Function]) -> bool:
    """Whether a coroutine sends to the endpoint's clients, itself or through what it calls."""
    # Each endpoint asks this of each task: an edit of one of them asks again for that one alone.
    program, key = code.program, ("feeds", body.node, code.sockets.nodes)

    def compute() -> bool:
        program.queries.note(body.unit)
        return bool(code.operations(body.to(body.node.body)) & SENDERS)

    return program.queries.get(key, compute)


def feeding(code: EndpointCode) -> list[At[tree.Function]]:
    """The coroutines that work on and on as tasks and send to the endpoint's clients."""
    return [body for body in _working_on(code.program) if feeds(code, body)]


def _working_on(program: Program) -> list[At[tree.Function]]:
    """The coroutines that work on and on as tasks. A search of its own: few edits of what starts them change them."""

    def found() -> list[At[tree.Function]]:
        bodies = dict.fromkeys(body for call in starts(program) for body in bodies_of(program, call))
        for body in bodies:
            program.queries.note(body.unit)
        return [body for body in bodies if loops(body)]

    return program.queries.search(("tasks that work on",), found)


_REACH = 3
"""Calls that are followed from a function to what sends to the clients."""


def reaches(code: EndpointCode, bodies: list[At[tree.Function]], sending: frozenset[tree.Node]) -> bool:
    """Whether functions lead to what sends to the clients, through callbacks that they were given too."""
    seen = {each.node for each in bodies}
    level = bodies
    for _ in range(_REACH):
        below: list[At[tree.Function]] = []
        for each in level:
            code.program.queries.note(each.unit)
            for node in own_nodes(each):
                found = callbacks(code.program, each.to(node.callee)) if isinstance(node, tree.Call) else []
                below += [callee for callee in found if callee.node not in seen]
                seen |= {callee.node for callee in found}
        if seen & sending:
            return True
        level = below
    return False
