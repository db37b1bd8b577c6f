"""All that an endpoint runs on the event loop: its calls, in the functions that it calls too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.handler_flow import RECEIVERS, iterates_messages, socket_method
from halfopen.connections.receiving.dead import dead_blocks
from halfopen.connections.thread_calls import THREAD_DECORATORS
from halfopen.semantics import tree
from halfopen.semantics.call_graph import called, functions
from halfopen.semantics.names import name_behind_calls
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

_DEEPEST = 7
_MOST_FUNCTIONS = 250
_BY_MESSAGE = frozenset({"receive", "receive_json", "websocket_receive", "on_message", "on_receive"})
"""The methods of a class of handlers that run once for each message."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A call that runs on the loop.

    `first` is the call in the endpoint's own code that leads to it, `entered` the one that runs the function it stands in.
    `rarely` where only a failure further down leads to it: the removal of clients to whom a send failed.
    """

    call: At[tree.Call]
    names: frozenset[str]
    is_known: bool
    """Whether it runs a function of the workspace."""
    repeats: bool
    depth: int
    first: At[tree.Call]
    entered: At[tree.Call] | None = None
    rarely: bool = False


def receive_loops(code: EndpointCode) -> list[At[tree.Loop]]:
    """The loops of the endpoint's functions in which a message is received each turn."""
    found: list[At[tree.Loop]] = []
    for function in code.functions:
        for node in own_nodes(function):
            if isinstance(node, tree.Loop) and _receives(code, function.to(node)):
                found.append(function.to(node))
    inner = {each.node for loop in found for each in found if _within(loop.node, each.node)}
    return [each for each in found if each.node not in inner]


def _within(outer: tree.Loop, inner: tree.Loop) -> bool:
    return outer is not inner and outer.start <= inner.start and inner.end <= outer.end


def _receives(code: EndpointCode, at: At[tree.Loop]) -> bool:
    loop = at.node
    if iterates_messages(code.sockets, loop):
        return True
    if loop.iterable is not None and loop.kind == "for" and not loop.is_async:
        return False
    if any(
        socket_method(code.sockets, node) in RECEIVERS for node in tree.walk(loop.body, tree.same_function)
    ):
        return True
    return any(
        isinstance(node, tree.Await)
        and isinstance(node.value, tree.Call)
        and any(_hands_out_message(code, each) for each in functions(code.program, at.to(node.value.callee)))
        for node in tree.walk(loop.body, tree.same_function)
    )


def _hands_out_message(code: EndpointCode, function: At[tree.Function]) -> bool:
    """Whether a function receives one message for its caller: it does so outside of any loop."""
    return any(
        socket_method(code.sockets, node) in RECEIVERS
        and not any(isinstance(each, tree.Loop) for each in function.index.ancestors(node))
        for node in own_nodes(function)
    )


def per_message(code: EndpointCode) -> list[At[tree.Node]]:
    """The pieces of code that run for each message."""
    loops = [at.to(at.node.body) for at in receive_loops(code)]
    if code.events is not None:
        by_message = [each.function for each in code.events.handlers if each.is_of_message]
    else:
        by_message = [each for each in code.roots if each.node.name in _BY_MESSAGE]
    return [*loops, *(each.to(each.node.body) for each in by_message)]


def ran(code: EndpointCode, starts: list[At[tree.Node]], repeats: bool = False) -> Iterator[Ran]:
    """The calls that run when these pieces of code run, nearest first; each function is entered once.

    What only an `except` clause of theirs sets off, such as the answer to a message that cannot be read, comes last.
    """
    own = [(call, again) for start in starts for call, again in _calls(code.program, start, repeats)]
    seen: set[tuple[tree.Node, bool, bool]] = set()
    for in_clause in (False, True):
        level: list[_Step] = [
            (call, again, call, None) for call, again in own if in_except_clause(call) is in_clause
        ]
        after_failures: list[_Step] = []
        yield from _ran_from(code, level, seen, after_failures)
        yield from _ran_from(code, after_failures, seen, None)


def in_except_clause(call: At[tree.Call]) -> bool:
    """Whether a call stands in a clause that runs only after an exception."""
    for each in call.index.ancestors(call.node):
        if isinstance(each, tree.Function):
            return False
        if isinstance(each, tree.Handler):
            return True
    return False


def _follows_a_failure(call: At[tree.Call]) -> bool:
    """Whether a call stands in an `except` clause, or goes through what was collected in such clauses alone."""
    if in_except_clause(call):
        return True
    loop = loop_around(call)
    function = call.index.function_of(call.node)
    if loop is None or function is None or not isinstance(loop.node.iterable, tree.Name):
        return False
    name = loop.node.iterable.id
    fills = [
        call.to(node)
        for node in tree.walk(function.body, tree.same_function)
        if isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name in ("append", "add")
        and isinstance(node.callee.object, tree.Name)
        and node.callee.object.id == name
    ]
    return bool(fills) and all(map(in_except_clause, fills))


_Step: TypeAlias = tuple[At[tree.Call], bool, At[tree.Call], At[tree.Call] | None]
"""A call, whether it repeats, the endpoint's own call that leads to it, and the one that runs its function."""


def _ran_from(
    code: EndpointCode,
    level: list[_Step],
    seen: set[tuple[tree.Node, bool, bool]],
    after_failures: list[_Step] | None,
) -> Iterator[Ran]:
    """These calls and all that they lead to. A function is entered once, and once for each of many.

    What only a failure leads to is put into `after_failures` instead, where there is such a list.
    """
    for depth in range(_DEEPEST):
        after: list[_Step] = []
        for call, again, first, entered in level:
            if after_failures is not None and entered is not None and _follows_a_failure(call):
                after_failures.append((call, again, first, entered))
                continue
            code.program.queries.note(call.unit)
            found = called(code.program, call.to(call.node.callee))
            names = qualified(code.program, call.to(call.node.callee))
            yield Ran(
                call,
                names,
                bool(found),
                again,
                depth + (_DEEPEST if after_failures is None else 0),
                first,
                entered,
                after_failures is None,
            )
            for function in found:
                key = (function.node, again, loop_around(call) is not None)
                if key in seen or len(seen) > _MOST_FUNCTIONS or _leaves_loop(code, call, function):
                    continue
                seen.add(key)
                after += (
                    (inner, inner_again, first, call)
                    for inner, inner_again in _calls(code.program, function.to(function.node.body), again)
                )
        level = after


def loop_around(call: At[tree.Call]) -> At[tree.Loop] | None:
    """The innermost loop over a collection that a call stands in."""
    for each in call.index.ancestors(call.node):
        if isinstance(each, tree.Function):
            return None
        if isinstance(each, tree.Loop) and each.kind == "for" and not each.is_async:
            return call.to(each)
    return None


def _calls(program: Program, at: At[tree.Node], again: bool) -> Iterator[tuple[At[tree.Call], bool]]:
    """The calls of a piece of code itself that can run, each with whether an endless loop repeats it."""
    loops = [
        each
        for each in tree.walk(at.node, tree.same_function)
        if isinstance(each, tree.Loop) and (each.kind == "while" or each.is_async)
    ]
    dead = dead_blocks(program, at)
    for node in tree.walk(at.node, tree.same_function):
        if isinstance(node, tree.Call) and not any(each.start <= node.start < each.end for each in dead):
            inside = again or any(each.body.start <= node.start < each.body.end for each in loops)
            yield at.to(node), inside


def _leaves_loop(code: EndpointCode, call: At[tree.Call], function: At[tree.Function]) -> bool:
    """Whether a called function runs in another thread, or not yet: a decorator sees to it, a plain function is
    awaited, or it is a generator that somebody else will step through."""
    if function.node.is_generator and not function.node.is_async:
        return True
    if any(name_behind_calls(each) in THREAD_DECORATORS for each in function.node.decorators):
        return True
    return (
        isinstance(call.parent, tree.Await) and not function.node.is_async and bool(function.node.decorators)
    )
