"""Results that are sent to the client first and stored afterwards: a client that leaves meanwhile takes them with it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.endpoint_code import EndpointCode
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import DISCONNECT, SENDERS, Throwing, question, socket_method
from halfopen.connections.receiving.kinds import work_kind
from halfopen.connections.sending.facts import UnsavedResult
from halfopen.connections.sending.forwarding import STORING
from halfopen.semantics import tree
from halfopen.semantics.call_graph import called
from halfopen.semantics.control import thrown_kinds
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified

_DEPTH = 3


def unsaved_results(code: EndpointCode) -> Iterator[UnsavedResult]:
    """A text that grows while it is streamed, and is written to a store only after the last send."""
    for function in code.functions:
        for loop, names in _streams(code, function):
            after = _stored_after(code, function, loop, names)
            if after is not None:
                yield _result(function, loop, names, after)
                continue
            if _returned(function, names):
                yield from _stored_by_caller(code, function, loop, names)
        yield from _stored_by_generators(code, function)


def _result(
    function: At[tree.Function], loop: tree.Loop, names: frozenset[str], stored: At[tree.Node]
) -> UnsavedResult:
    return UnsavedResult(
        function.to(loop).span,
        min(names),
        (Evidence(stored.span, "it is stored here, after the last send"),),
    )


def _stored_by_caller(
    code: EndpointCode, function: At[tree.Function], loop: tree.Loop, names: frozenset[str]
) -> Iterator[UnsavedResult]:
    """`text = await self.stream(...)` and then `await self.save(text)`."""
    for outer in code.functions:
        for node in own_nodes(outer):
            if not isinstance(node, tree.Assign) or not isinstance(node.value, tree.Await):
                continue
            call = node.value.value
            if not isinstance(call, tree.Call) or not any(
                each.node is function.node for each in called(code.program, outer.to(call.callee))
            ):
                continue
            targets = frozenset(
                each.id
                for target in node.targets
                for each in tree.walk(target)
                if isinstance(each, tree.Name)
            )
            after = _stored_after(code, outer, node, targets)
            if after is not None:
                yield _result(function, loop, names, after)
                return


def _stored_by_generators(code: EndpointCode, function: At[tree.Function]) -> Iterator[UnsavedResult]:
    """`async for part in answer(question): await websocket.send_text(part)`, where `answer` stores after its last `yield`.

    A send that fails leaves the generator at a `yield`: what stands after its loop never runs.
    """
    for node in own_nodes(function):
        if not isinstance(node, tree.Loop) or not node.is_async or not isinstance(node.iterable, tree.Call):
            continue
        if not _sends(code, function.to(node)):
            continue
        for generator in _generators(code, function.to(node.iterable)):
            for inner in own_nodes(generator):
                names = frozenset(_grown(inner)) if isinstance(inner, tree.Loop) else frozenset[str]()
                if not names or not any(
                    isinstance(each, tree.Yield) for each in tree.walk(inner, tree.same_function)
                ):
                    continue
                if not _stores_within(code, generator.to(inner), names):
                    stored = _stored_after(code, generator, inner, names)
                    if stored is not None:
                        yield _result(function, node, names, stored)
                        return


def _generators(code: EndpointCode, call: At[tree.Call], depth: int = _DEPTH) -> Iterator[At[tree.Function]]:
    """The asynchronous generators that a call makes, and those that they hand on part by part."""
    for body in called(code.program, call.to(call.node.callee)):
        if not (body.node.is_async and body.node.is_generator):
            continue
        yield body
        for node in own_nodes(body) if depth > 0 else ():
            if isinstance(node, tree.Loop) and node.is_async and isinstance(node.iterable, tree.Call):
                yield from _generators(code, body.to(node.iterable), depth - 1)


# --- what grows while it is sent ---------------------------------------------------------------------


def _streams(code: EndpointCode, function: At[tree.Function]) -> Iterator[tuple[tree.Loop, frozenset[str]]]:
    """The loops that go over a stream and send each part, where a client's leaving ends them; and what they collect."""
    for node in own_nodes(function):
        if not isinstance(node, tree.Loop) or not node.is_async:
            continue
        if isinstance(node.iterable, tree.Call) and socket_method(code.sockets, node.iterable) is not None:
            continue
        names = frozenset(_grown(node))
        if names and _sends(code, function.to(node)) and not _stores_within(code, function.to(node), names):
            yield node, names


def _grown(loop: tree.Loop) -> Iterator[str]:
    for node in tree.walk(loop.body, tree.same_function):
        match node:
            case tree.Assign(targets=(tree.Name(id=name),), operator=operator) if operator == "+":
                yield name
            case tree.Call(callee=tree.Member(object=tree.Name(id=name), name="append")):
                yield name
            case _:
                pass


def _sends(code: EndpointCode, loop: At[tree.Loop]) -> bool:
    """Whether the loop sends, and a send to a client that has left leaves it as an exception."""
    function = loop.index.function_of(loop.node)
    body: At[tree.Node] = loop.to(loop.node.body)
    if function is None or not code.operations(body) & SENDERS:
        return False
    asked = question(code.program, loop.to(function), Throwing(code.program, code.sockets))
    return bool(DISCONNECT & thrown_kinds(loop.node.body, asked))


def _returned(function: At[tree.Function], names: frozenset[str]) -> bool:
    return any(
        isinstance(node, tree.Return) and node.value is not None and _mentions(node.value, names)
        for node in own_nodes(function)
    )


def _mentions(node: tree.Node, names: frozenset[str]) -> bool:
    return any(isinstance(each, tree.Name) and each.id in names for each in tree.walk(node))


# --- where it is stored ----------------------------------------------------------------------------------


def _stored_after(
    code: EndpointCode, function: At[tree.Function], node: tree.Node, names: frozenset[str]
) -> At[tree.Node] | None:
    """The first statement after a node that stores one of the names, where no way out of the node does so too."""
    inner = node
    for ancestor in function.index.ancestors(node):
        if isinstance(ancestor, tree.Try) and inner is ancestor.body:
            ways_out = [each.body for each in ancestor.handlers]
            if ancestor.final is not None:
                ways_out.append(ancestor.final)
            if any(_stores_within(code, function.to(each), names) for each in ways_out):
                return None
        if isinstance(ancestor, tree.Block):
            for statement in ancestor.statements:
                if statement.start >= inner.end and _stores_within(code, function.to(statement), names):
                    return function.to(statement)
        if ancestor is function.node:
            return None
        inner = ancestor
    return None


def _stores_within(code: EndpointCode, at: At[tree.Node], names: frozenset[str]) -> bool:
    return any(
        isinstance(node, tree.Call)
        and any(_mentions(each.value, names) for each in node.arguments)
        and _stores(code, at.to(node))
        for node in tree.walk(at.node, tree.same_function)
    )


def _stores(code: EndpointCode, call: At[tree.Call], depth: int = _DEPTH) -> bool:
    """Whether a call writes to a store, itself or in what it runs."""
    callee = call.node.callee
    bodies = called(code.program, call.to(callee))
    if bodies:
        return depth > 0 and any(
            isinstance(node, tree.Call) and _stores(code, body.to(node), depth - 1)
            for body in bodies
            for node in own_nodes(body)
        )
    if not isinstance(callee, tree.Member) or callee.name not in STORING:
        return False
    kinds = {work_kind(name) for name in qualified(code.program, call.to(callee))} - {None}
    return not kinds or "database" in kinds
