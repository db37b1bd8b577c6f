"""Queues that the loop which reads the client fills without waiting: TCP then slows nobody down."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence, Known
from halfopen.connections.handling import Handling
from halfopen.connections.queued import QUEUES
from halfopen.connections.sending.broadcasts import is_end_marker
from halfopen.connections.sending.facts import SendQueue
from halfopen.connections.sending.per_message import receive_loops
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_PUTTING = frozenset({"put", "put_nowait"})
_MEASURING = frozenset({"qsize", "full", "join"})
_FIELDS = frozenset({"dataclasses.field", "attrs.field", "attr.ib"})


def read_ahead(handling: Handling) -> Iterator[SendQueue]:
    """The queues without a maxsize that the reading loop puts the client's messages in, each once."""
    program = handling.program
    told: set[tree.Node] = set()
    for function, loop in receive_loops(handling):
        for put, queue in _puts(program, function, loop):
            if _is_measured(function.to(loop), queue.text):
                continue
            for made in _made(program, queue):
                if made.node in told:
                    continue
                told.add(made.node)
                fed = Evidence(put.span, "the loop that reads the client puts its messages in here")
                without = Evidence(made.span, "is made without a maxsize")
                yield SendQueue(
                    made.span,
                    queue.text,
                    "inbound-queue",
                    Known(None, (without,)),
                    fed_by=(fed,),
                    evidence=(fed,),
                )


def _puts(
    program: Program, function: At[tree.Function], loop: tree.Loop
) -> Iterator[tuple[At[tree.Call], At[tree.Expr]]]:
    for node in tree.walk(loop.body, tree.same_function):
        match node:
            case tree.Call(callee=tree.Member(object=queue, name=name), arguments=(_, *_)) if (
                name in _PUTTING
            ):
                if not is_end_marker(program, function.to(node)):
                    yield function.to(node), function.to(queue)
            case _:
                pass


def _is_measured(loop: At[tree.Loop], queue: str) -> bool:
    """Whether the loop asks how much waits, or waits until it is worked off."""
    return any(
        isinstance(node, tree.Member) and node.name in _MEASURING and loop.to(node.object).text == queue
        for node in tree.walk(loop.node)
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
