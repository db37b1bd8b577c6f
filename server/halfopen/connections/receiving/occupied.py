"""Long work that a handler waits for between two receives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.endpoint_code import SPAWNERS, EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, SENDERS, socket_method
from halfopen.connections.receiving.facts import LongWait
from halfopen.connections.receiving.kinds import work_kind
from halfopen.connections.thread_calls import IN_THREAD
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, called
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At
from halfopen.semantics.qualified_names import qualified

_DEEPEST = 7
_MOST_FUNCTIONS = 250
_WAITING_FOR = SPAWNERS | {"asyncio.wait_for", "asyncio.gather", "asyncio.shield"}
"""Calls that, when awaited, wait for the coroutines they are given."""
_GENERATES = re.compile(
    r".*\.(?:a?create|parse|a?generate\w*|a?invoke|a?stream\w*|a?run\w*|a?complet\w*|a?chat|a?kickoff\w*|a?send_message\w*)|.*\.query"
)
"""What makes a model write an answer, or an agent work: seconds to minutes."""
_SHORT = re.compile(r"\.(?:embeddings|moderations|models|files|audio)\.")


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A call that the message loop waits for; `first` is the one in the loop itself that leads to it."""

    call: At[tree.Call]
    first: At[tree.Call]
    names: frozenset[str]


def long_waits(code: EndpointCode, starts: list[At[tree.Node]]) -> tuple[LongWait, ...]:
    """What each turn of a message loop may wait for while nothing receives, each call in the loop once."""
    found: dict[tree.Node, LongWait] = {}
    for each in _awaited_in(code, starts):
        if each.first.node not in found and any(map(_is_long, each.names)):
            found[each.first.node] = LongWait(
                each.first.to(each.first.node.callee).text,
                each.first.span,
                _tells(code, each.first),
                (Evidence(each.call.span, "takes as long as the model does"),),
            )
    return tuple(found.values())


def _tells(code: EndpointCode, call: At[tree.Call]) -> bool:
    """Whether what a call runs sends to the client, or the loop that steps through it does."""
    around = call.parent if isinstance(call.parent, tree.Loop) else call.node
    return bool(code.operations(call.to(around)) & SENDERS)


def _is_long(name: str) -> bool:
    return work_kind(name) == "model" and _GENERATES.fullmatch(name) is not None and not _SHORT.search(name)


def _awaited_in(code: EndpointCode, starts: list[At[tree.Node]]) -> Iterator[_Awaited]:
    seen: set[tree.Node] = set()
    level: list[tuple[At[tree.Node], At[tree.Call] | None, bool]] = [(each, None, False) for each in starts]
    for _ in range(_DEEPEST):
        after: list[tuple[At[tree.Node], At[tree.Call] | None, bool]] = []
        for at, first, in_thread in level:
            code.program.queries.note(at.unit)
            for call in _all_calls(at) if in_thread else _waits(code, at):
                moves = last_name(call.node.callee) in IN_THREAD
                given = [call.to(each.value) for each in call.node.arguments] if moves else []
                named = given or [call.to(call.node.callee)]
                yield _Awaited(
                    call,
                    first or call,
                    frozenset(name for each in named for name in qualified(code.program, each)),
                )
                run = [
                    function
                    for each in named
                    for function in (callbacks if moves else called)(code.program, each)
                ]
                for function in run:
                    if function.node in seen or len(seen) > _MOST_FUNCTIONS:
                        continue
                    seen.add(function.node)
                    body: At[tree.Node] = function.to(function.node.body)
                    if not code.operations(body) & (RECEIVERS | ITERATORS):
                        after.append((body, first or call, in_thread or moves))
        level = after


def _all_calls(at: At[tree.Node]) -> Iterator[At[tree.Call]]:
    for node in tree.walk(at.node, tree.same_function):
        if isinstance(node, tree.Call):
            yield at.to(node)


def _waits(code: EndpointCode, at: At[tree.Node]) -> Iterator[At[tree.Call]]:
    """The calls that a piece of code itself awaits, or steps through."""
    for node in tree.walk(at.node, tree.same_function):
        value = node.value if isinstance(node, tree.Await) else None
        if isinstance(node, tree.Loop) and node.is_async:
            value = node.iterable
        if isinstance(value, tree.Call) and socket_method(code.sockets, value) is None:
            yield from _waited_for(code, at.to(value))


def _waited_for(code: EndpointCode, call: At[tree.Call]) -> Iterator[At[tree.Call]]:
    if not qualified(code.program, call.to(call.node.callee)) & _WAITING_FOR:
        yield call
        return
    for argument in call.node.arguments:
        if isinstance(argument.value, tree.Call):
            yield from _waited_for(code, call.to(argument.value))
