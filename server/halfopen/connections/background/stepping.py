"""Steps of an asynchronous generator that are cancelled, which ends the generator, and are then taken again.

An asynchronous generator whose pending step is cancelled gets the CancelledError at its `await`, and unless it catches it
the generator is finished: the next step raises StopAsyncIteration (PEP 525).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.background.facts import BrokenStep
from halfopen.connections.endpoint_code import EndpointCode, spawns
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import ITERATORS, socket_method
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases
from halfopen.semantics.leaving import may_leave
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified

_By: TypeAlias = OneOf["message", "time"]

_LIMITS = frozenset({"asyncio.wait_for", "asyncio.timeout"})
_TIMEOUTS = frozenset({"TimeoutError", "asyncio.TimeoutError", "asyncio.exceptions.TimeoutError"})
_STOPPED = frozenset({"CancelledError", "BaseException"})


def broken_steps(code: EndpointCode) -> Iterator[BrokenStep]:
    """Each step in a loop that a message, or a time limit, cancels while its generator is stepped on."""
    for function in code.functions:
        for node in own_nodes(function):
            iterator = _stepped(node)
            loop = _loop_around(function, node)
            if iterator is None or loop is None:
                continue
            step = function.to(node)
            generator = _generator(code, step.to(iterator), loop)
            if generator is None:
                continue
            found = _cancelled_for_message(code, step, loop) or _cancelled_by_time(code, step, loop)
            if found is not None:
                yield BrokenStep(generator, found[0], step.span, (found[1],))


def _stepped(node: tree.Node) -> tree.Expr | None:
    """What `events.__anext__()` or `anext(events)` takes a step of."""
    match node:
        case tree.Call(callee=tree.Member(object=stepped, name="__anext__")):
            return stepped
        case tree.Call(callee=tree.Name(id="anext"), arguments=(first, *_)):
            return first.value
        case _:
            return None


def _loop_around(function: At[tree.Function], node: tree.Node) -> tree.Loop | None:
    for ancestor in function.index.ancestors(node):
        if isinstance(ancestor, tree.Function):
            return None
        if isinstance(ancestor, tree.Loop) and ancestor.kind == "while":
            return ancestor
    return None


# --- whether it is a generator, made before the loop -----------------------------------------------


def _generator(code: EndpointCode, at: At[tree.Expr], loop: tree.Loop) -> str | None:
    """How the generator is called, where it is one, was made before the loop, and does not outlive a cancel."""
    for call in _made_by(code, at):
        if call.unit is at.unit and loop.start <= call.node.start < loop.end:
            return None
        bodies = functions(code.program, call.to(call.node.callee))
        generators = [each for each in bodies if each.node.is_generator and each.node.is_async]
        if generators and not any(map(_outlives, generators)):
            return call.to(call.node.callee).text
        if not bodies and socket_method(code.sockets, call.node) in ITERATORS:
            return call.to(call.node.callee).text
    return None


def _made_by(code: EndpointCode, at: At[tree.Expr], depth: int = 4) -> Iterator[At[tree.Call]]:
    """The calls that make what is stepped through; `aiter(x)` and `x.__aiter__()` of a generator are itself."""
    if not depth:
        return
    match at.node:
        case tree.Name():
            binding = at.index.bindings.get(at.node)
            for definition in binding.definitions if binding is not None else ():
                if definition.kind == "value" and definition.value is not None:
                    yield from _made_by(code, at.to(definition.value), depth - 1)
        case tree.Call(callee=tree.Member(object=inner, name="__aiter__")):
            yield from _made_by(code, at.to(inner), depth - 1)
        case tree.Call(callee=tree.Name(id="aiter"), arguments=(first, *_)):
            yield from _made_by(code, at.to(first.value), depth - 1)
        case tree.Call():
            yield at.to(at.node)
        case _:
            return


def _outlives(generator: At[tree.Function]) -> bool:
    """Whether a generator catches its cancellation within its loop and goes on."""
    for node in own_nodes(generator):
        if not isinstance(node, tree.Handler):
            continue
        stops = not node.types or any(last_name(each) in _STOPPED for each in node.types)
        if stops and not may_leave(node.body) and _loop_around(generator, node) is not None:
            return True
    return False


# --- what cancels it ------------------------------------------------------------------------------------


def _cancelled_for_message(
    code: EndpointCode, step: At[tree.Node], loop: tree.Loop
) -> tuple[_By, Evidence] | None:
    """A task for the step is among those that the loop cancels when another one was done first."""
    task = next(
        (
            step.to(each)
            for each in step.index.ancestors(step.node)
            if isinstance(each, tree.Call) and each.arguments and spawns(code.program, step.to(each))
        ),
        None,
    )
    if task is None:
        return None
    names = {each.text for each in aliases(code.program, task)} | _left_over(code, step, loop)
    for node in tree.walk(loop.body, tree.same_function):
        match node:
            case tree.Call(callee=tree.Member(object=tree.Name(id=name), name="cancel")) if name in names:
                return "message", Evidence(
                    step.to(node).span, "this cancels the step, and with it the generator"
                )
            case _:
                pass
    return None


def _left_over(code: EndpointCode, step: At[tree.Node], loop: tree.Loop) -> set[str]:
    """What goes over the tasks that `asyncio.wait` left pending: `for task in pending`."""
    pending: set[str] = set()
    for node in tree.walk(loop.body, tree.same_function):
        if not isinstance(node, tree.Assign) or not isinstance(node.value, tree.Await):
            continue
        call = node.value.value
        if not isinstance(call, tree.Call) or "asyncio.wait" not in qualified(
            code.program, step.to(call.callee)
        ):
            continue
        target = node.targets[0]
        if isinstance(target, tree.Sequence) and len(target.items) == 2:
            pending.add(step.to(target.items[1]).text)
    return {
        step.to(node.target).text
        for node in tree.walk(loop.body, tree.same_function)
        if isinstance(node, tree.Loop)
        and node.kind == "for"
        and node.target is not None
        and node.iterable is not None
        and step.to(node.iterable).text in pending
    }


def _cancelled_by_time(
    code: EndpointCode, step: At[tree.Node], loop: tree.Loop
) -> tuple[_By, Evidence] | None:
    """`wait_for(step, 30)`, where the clause for the timeout goes on with the loop."""
    limited = False
    inner: tree.Node = step.node
    for ancestor in step.index.ancestors(step.node):
        if ancestor is loop:
            return None
        if isinstance(ancestor, tree.Call):
            limited = limited or bool(qualified(code.program, step.to(ancestor.callee)) & _LIMITS)
        if isinstance(ancestor, tree.With):
            contexts = [each.context for each in ancestor.items]
            limited = limited or any(
                isinstance(each, tree.Call) and qualified(code.program, step.to(each.callee)) & _LIMITS
                for each in contexts
            )
        if limited and isinstance(ancestor, tree.Try) and inner is ancestor.body:
            for clause in ancestor.handlers:
                if _takes_timeout(code, step, clause):
                    if may_leave(clause.body):
                        return None
                    return "time", Evidence(
                        step.to(clause).span, "goes on after the time limit cancelled the step"
                    )
        inner = ancestor
    return None


def _takes_timeout(code: EndpointCode, step: At[tree.Node], clause: tree.Handler) -> bool:
    names = {name for each in clause.types for name in qualified(code.program, step.to(each))}
    return bool(names & _TIMEOUTS) or any(last_name(each) == "TimeoutError" for each in clause.types)
