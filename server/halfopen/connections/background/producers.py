"""Tasks that keep up to date what an endpoint sends: one writes the state, the other goes on sending it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from halfopen.connections.background.failing import is_stopped
from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, SENDERS
from halfopen.connections.registries import Container, container_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

_WRITING = frozenset({"append", "appendleft", "add", "extend", "insert", "update", "setdefault"})
_HARMLESS = (
    frozenset({"numpy", "pydantic", "loguru", "structlog", "faker", "typing_extensions"})
    | sys.stdlib_module_names
)
"""What works on values, or does what it does within the process."""
_DEPTH = 3


def sent_state(code: EndpointCode) -> frozenset[Container]:
    """The long-lived state that the endpoint's loops read in order to send it, without being asked for it."""
    found: set[Container] = set()
    for function in code.functions:
        for loop in own_nodes(function):
            if isinstance(loop, tree.Loop) and loop.kind == "while" and _pushes(code, function.to(loop)):
                for inner in (function.to(loop.body), *_called(code.program, function.to(loop.body), 2)):
                    found |= _read_in(code.program, inner)
    return frozenset(found)


def _pushes(code: EndpointCode, loop: At[tree.Loop]) -> bool:
    operations = code.operations(loop.to(loop.node.body))
    return bool(operations & SENDERS) and not operations & (RECEIVERS | ITERATORS)


def written_state(program: Program, body: At[tree.Function]) -> frozenset[Container]:
    """The long-lived state that a coroutine writes, itself, in what it calls, or through callbacks it has called."""
    key = ("written state", body.node)
    return program.queries.search(key, lambda: _written_state(program, body))


def _written_state(program: Program, body: At[tree.Function]) -> frozenset[Container]:
    found: set[Container] = set()
    for inner in (body.to(body.node.body), *_called(program, body.to(body.node.body), _DEPTH)):
        for each in (
            inner,
            *(callback.to(callback.node.body) for callback in _worked_callbacks(program, inner)),
        ):
            for node in tree.walk(each.node):
                if isinstance(node, tree.Name | tree.Member) and _is_written(each.to(node)):
                    container = container_of(program, each.to(node))
                    if container is not None:
                        found.add(container)
    return frozenset(found)


def risky_calls(code: EndpointCode, body: At[tree.Function]) -> Iterator[At[tree.Call]]:
    """The calls in a coroutine's endless loop that run code from outside of the project, which may raise and end it."""
    for loop in own_nodes(body):
        if not isinstance(loop, tree.Loop) or loop.kind != "while":
            continue
        for node in tree.walk(loop.body, tree.same_function):
            if not isinstance(node, tree.Call) or is_stopped(code, body.to(node), body.node):
                continue
            names = qualified(code.program, body.to(node.callee))
            if any("." in name and name.partition(".")[0] not in _HARMLESS for name in names):
                yield body.to(node)


def _called(program: Program, at: At[tree.Node], depth: int) -> list[At[tree.Node]]:
    """The bodies of the functions that a piece of code calls, and so on."""
    found: dict[tree.Node, At[tree.Node]] = {}
    level = [at]
    for _ in range(depth):
        following: list[At[tree.Node]] = []
        for each in level:
            program.queries.note(each.unit)
            for node in tree.walk(each.node, tree.same_function):
                for callee in functions(program, each.to(node.callee)) if isinstance(node, tree.Call) else ():
                    if callee.node not in found:
                        found[callee.node] = callee.to(callee.node.body)
                        following.append(found[callee.node])
        level = following
    return list(found.values())


def _read_in(program: Program, at: At[tree.Node]) -> set[Container]:
    found: set[Container] = set()
    for node in tree.walk(at.node, tree.same_function):
        if isinstance(node, tree.Name | tree.Member):
            here = at.to(node)
            parent = here.parent
            called = isinstance(parent, tree.Call) and parent.callee is node
            container = None if called or _is_written(here) else container_of(program, here)
            if container is not None:
                found.add(container)
    return found


def _is_written(at: At[tree.Expr]) -> bool:
    """Whether an expression gets a value here: assigned, an entry of it assigned, or something put into it."""
    parent = at.parent
    match parent:
        case tree.Assign(targets=targets):
            return at.node in targets
        case tree.Index(object=inner) if inner is at.node:
            return _is_written(at.to(parent))
        case tree.Member(object=inner, name=name) if inner is at.node:
            call = at.index.parents.get(parent)
            return name in _WRITING and isinstance(call, tree.Call) and call.callee is parent
        case _:
            return False


def _worked_callbacks(program: Program, at: At[tree.Node]) -> Iterator[At[tree.Function]]:
    """What is given as a callback to a thing that the code works: `node.subscribe(topic, on_scan)`, `spin_once(node)`."""
    for node in tree.walk(at.node, tree.same_function):
        if not isinstance(node, tree.Call):
            continue
        things = [each.value for each in node.arguments]
        if isinstance(node.callee, tree.Member):
            things.append(node.callee.object)
        for thing in things:
            if isinstance(thing, tree.Name):
                yield from _given_to(program, at.to(thing))


def _given_to(program: Program, thing: At[tree.Name]) -> Iterator[At[tree.Function]]:
    for read in program.reads(program.variable(thing)):
        member = read.parent
        call = read.index.parents.get(member) if isinstance(member, tree.Member) else None
        if (
            isinstance(call, tree.Call)
            and call.callee is member
            and not functions(program, read.to(call.callee))
        ):
            for argument in call.arguments:
                yield from functions(program, read.to(argument.value))
