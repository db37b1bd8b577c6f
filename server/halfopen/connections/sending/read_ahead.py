"""Queues that the loop which reads the client fills without waiting: TCP then slows nobody down."""

from __future__ import annotations

from collections.abc import Iterator, Set

from halfopen.connections.facts import Confidence, Evidence, Known
from halfopen.connections.handling import Handling
from halfopen.connections.queued import QUEUES
from halfopen.connections.sending.broadcasts import is_end_marker
from halfopen.connections.sending.facts import SendQueue
from halfopen.connections.sending.per_message import receive_loops
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Span
from halfopen.semantics.values import origins

_PUTTING = frozenset({"put", "put_nowait"})
_MEASURING = frozenset({"qsize", "full", "join"})
_FIELDS = frozenset({"dataclasses.field", "attrs.field", "attr.ib"})


def read_ahead(handling: Handling, outgoing: Set[Span]) -> Iterator[SendQueue]:
    """The queues without a maxsize that the reading loop puts the client's messages in, each once.

    What a called function puts into one that is sent from (`outgoing`) is an answer; one that is emptied at each turn of
    whoever works it off stays short.
    """
    program = handling.program
    told: set[tree.Node] = set()
    for function, loop in receive_loops(handling):
        own = tuple(_puts(program, function, loop.body))
        for put, queue in (*own, *_puts_of_called(program, function, loop)):
            if _is_measured(function.to(loop), queue.text):
                continue
            for made in _made(program, queue):
                if made.node in told:
                    continue
                if (put, queue) not in own and (made.span in outgoing or _is_emptied(program, made)):
                    continue
                told.add(made.node)
                fed = Evidence(put.span, "the loop that reads the client puts its messages in here")
                without = Evidence(made.span, "is made without a maxsize")
                yield SendQueue(
                    made.span,
                    queue.text,
                    "inbound-queue",
                    Known(None, (without,), Confidence.HIGH if (put, queue) in own else Confidence.MEDIUM),
                    fed_by=(fed,),
                    evidence=(fed,),
                )


def _puts_of_called(
    program: Program, function: At[tree.Function], loop: tree.Loop
) -> Iterator[tuple[At[tree.Call], At[tree.Expr]]]:
    """The one entry that a service makes for a message: `await tables.submit(table, action)`. What it puts into a queue for
    each of several is a broadcast."""
    for node in tree.walk(loop.body, tree.same_function):
        if not isinstance(node, tree.Call):
            continue
        for called in functions(program, function.to(node.callee)):
            program.queries.note(called.unit)
            if any(
                _is_measured(called.to(called.node.body), queue.text)
                for _, queue in _entries(program, called)
            ):
                continue
            yield from _entries(program, called)


def _entries(program: Program, function: At[tree.Function]) -> Iterator[tuple[At[tree.Call], At[tree.Expr]]]:
    for put, queue in _puts(program, function, function.node.body):
        ancestors = function.index.ancestors(put.node)
        if not any(isinstance(each, tree.Loop | tree.Handler) for each in ancestors):
            yield put, queue


def _puts(
    program: Program, function: At[tree.Function], block: tree.Block
) -> Iterator[tuple[At[tree.Call], At[tree.Expr]]]:
    for node in tree.walk(block, tree.same_function):
        match node:
            case tree.Call(callee=tree.Member(object=queue, name=name), arguments=(_, *_)) if (
                name in _PUTTING
            ):
                if not is_end_marker(program, function.to(node)):
                    yield function.to(node), function.to(queue)
            case _:
                pass


def _is_measured(code: At[tree.Loop] | At[tree.Block], queue: str) -> bool:
    """Whether the code asks how much waits, or waits until it is worked off."""
    return any(
        isinstance(node, tree.Member) and node.name in _MEASURING and code.to(node.object).text == queue
        for node in tree.walk(code.node)
    )


def _is_emptied(program: Program, made: At[tree.Call]) -> bool:
    """Whether who works it off takes all of it each time: `while not queue.empty():`."""
    return any(
        isinstance(each.parent, tree.Member) and each.parent.name == "empty"
        for each in aliases(program, made)
    )


def _made(program: Program, queue: At[tree.Expr]) -> Iterator[At[tree.Call]]:
    """`asyncio.Queue()`, or the field of a dataclass that makes one for each instance."""
    for origin in origins(program, queue):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Call):
            continue
        call = origin.to(origin.node)
        names = qualified(program, call.to(call.node.callee))
        made_here = bool(names & QUEUES) and not call.node.arguments
        if made_here or (names & _FIELDS and _makes_a_queue(program, call)):
            yield call


def _makes_a_queue(program: Program, field: At[tree.Call]) -> bool:
    """`field(default_factory=asyncio.Queue)`, which gives it no maxsize."""
    return any(
        each.name in ("default_factory", "factory") and qualified(program, field.to(each.value)) & QUEUES
        for each in field.node.arguments
    )
