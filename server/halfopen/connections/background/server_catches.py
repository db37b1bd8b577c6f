"""The `except` clauses around an endpoint's use of its socket, and what each does with what it stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from halfopen.connections.background.facts import Catch, Guards, Stops
from halfopen.connections.background.started import feeding
from halfopen.connections.caught import head_of, is_empty, reaction, while_failing
from halfopen.connections.endpoint_code import EndpointCode, own_tries
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import (
    DISCONNECT,
    ITERATORS,
    RECEIVERS,
    SENDERS,
    caught_kinds,
    suppressed_kinds,
)
from halfopen.connections.sending.processes import senders
from halfopen.connections.sending.registered import Entered
from halfopen.semantics import tree
from halfopen.semantics.leaving import OUT_OF_LOOP, leaves
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes

_READING = RECEIVERS | ITERATORS
_MOST_SHOWN = 60


def catches(code: EndpointCode, registries: tuple[Entered, ...]) -> Iterator[Catch]:
    """Every clause around code that uses the socket, in the functions that run for it, around it, and that send to all."""
    near = {each.node for each in (*code.functions, *code.around)}
    for shared, functions in ((False, code.functions), (True, code.around)):
        for function in functions:
            if not code.sockets.mentions(function.node.body) and function not in code.roots:
                continue
            for statement in own_tries(function):
                yield from _of_try(code, function, statement, shared)
            for node in own_nodes(function):
                if isinstance(node, tree.With) and not node.is_async:
                    yield from _suppressed(code, function, function.to(node), shared)
    for function in feeding(code):
        if function.node not in near:
            for statement in own_tries(function):
                for each in _of_try(code, function, statement, True):
                    yield replace(each, guards="feeding") if each.guards in ("serving", "message") else each
    sending = [each for registry in registries for each in senders(code.program, registry)]
    for function in dict.fromkeys(sending):
        if function.node not in near:
            for statement in own_tries(function):
                for each in _of_try(code, function, statement, True):
                    # What such a function handles is no message of this client.
                    yield replace(each, guards="send") if each.guards == "message" else each


def _suppressed(
    code: EndpointCode, function: At[tree.Function], at: At[tree.With], shared: bool
) -> Iterator[Catch]:
    """`with suppress(Exception):` is a clause that does nothing."""
    for item in at.node.items:
        context = at.to(item.context)
        if "*" not in suppressed_kinds(code.program, at.to(item)):
            continue
        guards = _guards(code, function, at, code.operations(at.to(at.node.body)))
        if guards is not None:
            given = item.context.arguments if isinstance(item.context, tree.Call) else ()
            everything = any(last_name(each.value) == "BaseException" for each in given)
            yield Catch(
                guards,
                "everything" if everything else "errors",
                "silent",
                "nothing",
                shared,
                while_failing(at),
                context.span,
                (Evidence(context.span, "this stops every failure and tells nobody"),),
            )


def _of_try(
    code: EndpointCode, function: At[tree.Function], at: At[tree.Try], shared: bool
) -> Iterator[Catch]:
    operations = code.operations(at.to(at.node.body))
    guards = _guards(code, function, at, operations)
    if guards is None and function in code.roots and while_failing(at) and _awaits(at.node.body):
        guards = "cleanup"
    if guards is None:
        return
    for handler in at.node.handlers:
        clause = at.to(handler)
        if guards == "cleanup" and leaves(handler.body, OUT_OF_LOOP):
            continue  # a cancellation that ends here ends the handler as well
        head = head_of(clause)
        doing = reaction(code.program, clause, code.sockets)
        said = {
            "raised": "passes it on",
            "logged": "writes it to a log",
            "kept": "uses the exception",
            "answered": "answers the client",
            "silent": "tells nobody",
        }[doing]
        yield Catch(
            guards,
            _stops(code, clause),
            doing,
            _does(clause),
            shared,
            while_failing(at),
            head,
            (Evidence(head, f"this clause {said}"),),
        )


def _guards(
    code: EndpointCode, function: At[tree.Function], at: At[tree.Try | tree.With], operations: frozenset[str]
) -> Guards | None:
    """What the `try` holds; None where it has nothing to do with the socket."""
    loops = [each for each in tree.walk(at.node.body, tree.same_function) if isinstance(each, tree.Loop)]
    if any(code.operations(at.to(each)) & (_READING | SENDERS) for each in loops) and _is_serving(loops):
        return "serving"
    if operations == frozenset({"receive"}) and _is_one_call(at):
        # Starlette's raw receive fails where the socket is gone, and for nothing else.
        return None
    if operations & _READING:
        return "message" if _in_loop(function, at) else "serving"
    if operations <= {"close"} and operations:
        return "close"
    if operations & SENDERS:
        return "send" if _only_sends(code, at) else "message"
    return None


def _is_one_call(at: At[tree.Try | tree.With]) -> bool:
    """`message = await websocket.receive()` and nothing beside it."""
    return sum(isinstance(each, tree.Call) for each in tree.walk(at.node.body, tree.same_function)) == 1


def _is_serving(loops: list[tree.Loop]) -> bool:
    return any(each.kind == "while" or each.is_async for each in loops)


def _in_loop(function: At[tree.Function], at: At[tree.Try | tree.With]) -> bool:
    return any(
        isinstance(each, tree.Loop)
        for each in at.index.ancestors(at.node)
        if function.node.start <= each.start and each.end <= function.node.end
    )


def _only_sends(code: EndpointCode, at: At[tree.Try | tree.With]) -> bool:
    """Whether every statement of the `try` sends: a failure is the send's own, or its payload's."""
    return all(
        code.operations(at.to(each)) & SENDERS or not _awaits(each) for each in at.node.body.statements
    )


def _awaits(statement: tree.Statement | tree.Block) -> bool:
    return any(isinstance(each, tree.Await) for each in tree.walk(statement, tree.same_function))


def _stops(code: EndpointCode, clause: At[tree.Handler]) -> Stops:
    kinds = caught_kinds(code.program, clause)
    if "*" in kinds:
        names = {last_name(each) for each in clause.node.types}
        return "everything" if not clause.node.types or "BaseException" in names else "errors"
    return "disconnect" if kinds & DISCONNECT and len(clause.node.types) == 1 else "some"


def _does(clause: At[tree.Handler]) -> str:
    if is_empty(clause):
        return "nothing"
    text = " ".join(clause.to(clause.node.body).text.split())
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
