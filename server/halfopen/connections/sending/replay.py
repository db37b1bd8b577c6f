"""Stored messages that a connection is given, and whether live ones can come twice or before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.sending.broadcasts import PUTTING
from halfopen.connections.sending.facts import Replay, ReplayOverlap
from halfopen.connections.sending.histories import History, history_of, is_numbered
from halfopen.connections.sending.interleaving import between, pauses
from halfopen.connections.sending.registered import Entered
from halfopen.connections.sending.storing import is_told_at_once
from halfopen.connections.sending.when_sent import when_sent
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes

_DEPTH = 2
_COMPARING = ("<", "<=", ">", ">=")


def replays(handling: Handling, registries: tuple[Entered, ...]) -> Iterator[Replay]:
    """The stored messages that each new connection is given one by one, whatever it has seen."""
    for function in handling.reachable:
        for given in _given_in(handling, function, registries):
            if when_sent(handling, function, given.loop.node) is not None:
                place = given.loop.to(given.loop.node.iterable or given.loop.node)
                yield Replay(
                    str(given.history.container),
                    given.loop.span,
                    (Evidence(place.span, f"{given.history.container} is given to each new connection"),),
                )


def replay_overlaps(program: Program, registries: tuple[Entered, ...]) -> Iterator[ReplayOverlap]:
    """Histories that are sent to a connection which is registered for live messages already."""
    for registry in registries:
        for function in registry.handling.reachable:
            entering = _entering(program, registry, function)
            if entering is None:
                continue
            for given in _after(registry, function, entering, registries):
                if is_numbered(program, given.history.container) or not _may_come_between(
                    program, registry, function, entering, given
                ):
                    continue
                store = str(given.history.container)
                yield ReplayOverlap(
                    function.to(entering).span,
                    registry.name,
                    store,
                    (Evidence(given.loop.span, f"{store} is copied to the client only afterwards"),),
                )
                return


@dataclass(frozen=True, slots=True)
class _Given:
    """A loop that gives stored messages to the connection. `chain` are the calls that lead to it, outermost first."""

    loop: At[tree.Loop]
    history: History
    chain: tuple[At[tree.Call], ...] = ()


def _given_in(
    handling: Handling, function: At[tree.Function], registries: tuple[Entered, ...]
) -> Iterator[_Given]:
    """The loops of a function that give stored messages to the connection."""
    own = frozenset(each.container for each in registries)
    for node in own_nodes(function):
        if not isinstance(node, tree.Loop) or node.iterable is None or _skips_known(node):
            continue
        history = history_of(handling.program, function.to(node.iterable), own)
        if history is not None and _delivers(handling, function.to(node)):
            yield _Given(function.to(node), history)


def _after(
    registry: Entered,
    function: At[tree.Function],
    entering: tree.Node,
    registries: tuple[Entered, ...],
) -> Iterator[_Given]:
    """What is given after the connection entered, in a function or in those that it then calls."""
    handling = registry.handling
    for given in _given_in(handling, function, registries):
        if given.loop.node.start >= entering.end:
            yield given
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and node.start >= entering.end:
            yield from _given_by(handling, function.to(node), registries, ())


def _given_by(
    handling: Handling,
    call: At[tree.Call],
    registries: tuple[Entered, ...],
    chain: tuple[At[tree.Call], ...],
) -> Iterator[_Given]:
    """What the functions behind a call give, those of other objects too."""
    if len(chain) >= _DEPTH:
        return
    leading = (*chain, call)
    for callee in functions(handling.program, call.to(call.node.callee)):
        if handling.function_at(callee.node) is None:
            continue
        for given in _given_in(handling, callee, registries):
            yield _Given(given.loop, given.history, leading)
        for node in own_nodes(callee):
            if isinstance(node, tree.Call):
                yield from _given_by(handling, callee.to(node), registries, leading)


def _entering(program: Program, registry: Entered, function: At[tree.Function]) -> tree.Node | None:
    """The statement of a function with which the connection enters the registry."""
    for each in registry.registrations:
        inside = each.node.index.function_of(each.node.node)
        if inside is function.node:
            return each.node.node
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and any(
                callee.node is inside for callee in functions(program, function.to(node.callee))
            ):
                return node
    return None


def _may_come_between(
    program: Program, registry: Entered, function: At[tree.Function], entering: tree.Node, given: _Given
) -> bool:
    """Whether another task may store and tell a message after the connection entered and before the copy is made."""
    if given.history.is_live and any(pauses(program, each) for each in _inside(given.loop)):
        return True
    here, since = function, entering
    for entered in _callees_with(program, registry, function.to(entering)):
        if between(program, entered[0], entered[1], None):
            return True
    for call in given.chain:
        if between(program, here, since, call.node):
            return True
        home = next(iter(functions(program, call.to(call.node.callee))), None)
        if home is None:
            return True
        here, since = home, None
    loop = given.loop.node
    if between(program, here, since, loop) or any(
        pauses(program, given.loop.to(node)) for node in tree.walk(loop.iterable or loop)
    ):
        return True
    return not is_told_at_once(program, registry, given.history.container)


def _callees_with(
    program: Program, registry: Entered, entering: At[tree.Node]
) -> Iterator[tuple[At[tree.Function], tree.Node]]:
    """The function behind the entering call, with the registration in it."""
    if not isinstance(entering.node, tree.Call):
        return
    for callee in functions(program, entering.to(entering.node.callee)):
        for each in registry.registrations:
            if each.node.index.function_of(each.node.node) is callee.node:
                yield callee, each.node.node


def _inside(loop: At[tree.Loop]) -> Iterator[At[tree.Node]]:
    for node in tree.walk(loop.node.body, tree.same_function):
        yield loop.to(node)


def _delivers(handling: Handling, loop: At[tree.Loop]) -> bool:
    """Whether the loop's body sends to the connection or puts in its queue, or calls what does."""
    return any(
        isinstance(each.node, tree.Call) and _sends_to_it(handling, each.to(each.node), _DEPTH)
        for each in _inside(loop)
    )


def _sends_to_it(handling: Handling, call: At[tree.Call], depth: int) -> bool:
    if socket_method(handling.sockets, call.node) in SENDERS:
        return True
    callee = call.node.callee
    if isinstance(callee, tree.Member) and callee.name in PUTTING and callee.object in handling.queues():
        return True
    return depth > 0 and any(
        handling.function_at(function.node) is not None
        and any(
            isinstance(node, tree.Call)
            and not _is_in_loop(function.to(node))
            and _sends_to_it(handling, function.to(node), depth - 1)
            for node in own_nodes(function)
        )
        for function in functions(handling.program, call.to(callee))
    )


def _is_in_loop(at: At[tree.Node]) -> bool:
    """Whether a send stands in a loop: one over all clients is none to this one."""
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Loop):
            return True
    return False


def _skips_known(loop: tree.Loop) -> bool:
    """Whether what the client has seen is left out by a comparison of ids or times."""
    return any(
        isinstance(node, tree.Operation) and node.operator in _COMPARING
        for node in tree.walk(loop.body, tree.same_function)
    )
