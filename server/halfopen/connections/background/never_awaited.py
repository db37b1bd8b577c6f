"""Coroutines that are made and never awaited: the call looks as if it sent, and nothing of it ever runs."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.facts import Task
from halfopen.connections.background.started import feeds as feeds_clients
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Confidence, Evidence
from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.sending.processes import senders
from halfopen.connections.sending.registered import Entered
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.program import At, own_nodes


def never_awaited(code: EndpointCode, registries: tuple[Entered, ...]) -> Iterator[Task]:
    """The calls, as statements, of what sends to the clients only where it is awaited."""
    for function in (*code.functions, *code.around):
        # Handlers are coroutine functions of asynchronous libraries; a plain function may hold a blocking socket.
        if function.node.is_async:
            for node in own_nodes(function):
                method = socket_method(code.sockets, node)
                if isinstance(node, tree.Call) and method in SENDERS | {"close"}:
                    call = function.to(node)
                    if (
                        _is_statement(call)
                        and not _is_own(call)
                        and not functions(code.program, call.to(node.callee))
                    ):
                        said = Evidence(call.span, "makes a coroutine, and nothing awaits it")
                        yield _task(call, said, feeds=method != "close")
    seen: set[tree.Node] = set()
    for function in _sending(code, registries):
        for call in callers(code.program, function):
            if call.node in seen or not _is_statement(call) or not is_shipped(call.path):
                continue
            if all(map(_is_coroutine_function, functions(code.program, call.to(call.node.callee)))):
                seen.add(call.node)
                yield _task(
                    call, Evidence(function.span, "is a coroutine function: its body runs only when awaited")
                )


def _sending(code: EndpointCode, registries: tuple[Entered, ...]) -> list[At[tree.Function]]:
    """The coroutine functions that send to the endpoint's clients."""
    found = [
        each
        for each in (*code.functions, *code.around)
        if _is_coroutine_function(each) and feeds_clients(code, each)
    ]
    found += [sender for registry in registries for sender in senders(code.program, registry)]
    return [each for each in dict.fromkeys(found) if _is_coroutine_function(each)]


def _is_coroutine_function(function: At[tree.Function]) -> bool:
    """A decorator may make another thing of it, such as one that starts a task."""
    return function.node.is_async and not function.node.is_generator and not function.node.decorators


def _is_own(call: At[tree.Call]) -> bool:
    """`self.close()` of a class of handlers: Tornado's is no coroutine."""
    callee = call.node.callee
    return (
        isinstance(callee, tree.Member)
        and isinstance(callee.object, tree.Name)
        and is_receiver(call.to(callee.object), callee.object.id)
    )


def _is_statement(call: At[tree.Call]) -> bool:
    return isinstance(call.parent, tree.Do)


def _task(call: At[tree.Call], said: Evidence, *, feeds: bool = True) -> Task:
    what = call.to(call.node.callee).text
    return Task(what, "never-awaited", feeds, call.span, Confidence.HIGH, (said,))
