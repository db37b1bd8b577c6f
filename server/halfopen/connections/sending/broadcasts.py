"""The places that send to every client of a registry, and what one slow or failing client does to the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.handler_flow import SENDERS
from halfopen.connections.queued import QUEUES
from halfopen.connections.registries import removals_in
from halfopen.connections.sending.calling import described
from halfopen.connections.sending.facts import Broadcast, Dispatch, Failure
from halfopen.connections.sending.live import live_iteration
from halfopen.connections.sending.made_good import made_good
from halfopen.connections.sending.members import Loop, Member, members_of
from halfopen.connections.sending.one_key import goes_to_one_key
from halfopen.connections.sending.periodic import is_periodic
from halfopen.connections.sending.registered import Entered
from halfopen.connections.sending.stored_first import follows_a_write
from halfopen.connections.sending.waiting import failure_of, lock_around, time_limit
from halfopen.connections.sending.workers import runs_here
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.names import last_name, method_call
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Span
from halfopen.semantics.values import origins

SENDING = SENDERS | {"send_str", "send_message"}
PUTTING = frozenset({"put", "put_nowait", "send_nowait"})
_SPAWNERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_STARTING = frozenset(
    {
        "create_task",
        "ensure_future",
        "run_coroutine_threadsafe",
        "start_soon",
        "add_task",
        "run",
        "run_until_complete",
    }
)
_GATHERS = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed"})
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Delivery:
    """One send in a loop through a registry. `outer` is the call in the loop that leads to it, itself where it stands there."""

    send: At[tree.Call]
    outer: At[tree.Call]
    loop: Loop
    is_copied: bool


def deliveries(program: Program, registry: Entered) -> Iterator[Delivery]:
    """Every send to each client of a registry."""
    names = PUTTING if registry.held == "queues" else SENDING
    for member in members_of(program, registry.container):
        if member.loop is None:
            continue
        call = call_on(member)
        if call is None or not isinstance(call.node.callee, tree.Member):
            continue
        if is_end_marker(program, call):
            continue
        if call.node.callee.name in names or _sends_inside(program, call):
            outer = next((each for each in member.handed_on if _is_within(each, member.loop)), call)
            if _is_within(outer, member.loop):
                yield Delivery(call, outer, member.loop, member.is_copied)


def is_end_marker(program: Program, call: At[tree.Call]) -> bool:
    """Whether what is put is not a message but the sign to end: `None`, or `object()` in a constant."""
    if not call.node.arguments:
        return True
    for origin in origins(program, call.to(call.node.arguments[0].value)):
        if isinstance(origin, At) and (
            (isinstance(origin.node, tree.Literal) and origin.node.value is None)
            or (
                isinstance(origin.node, tree.Call)
                and "object" in qualified(program, origin.to(origin.node.callee))
            )
        ):
            return True
    return False


def call_on(member: Member) -> At[tree.Call] | None:
    """The call of a method of a registered connection."""
    called = method_call(member.at)
    return called[1] if called is not None else None


def _sends_inside(program: Program, call: At[tree.Call]) -> bool:
    """Whether a method of the object around a socket sends on it, or puts the message in the object's queue."""
    return _calls_inside(program, call, SENDING | PUTTING)


def _calls_inside(program: Program, call: At[tree.Call], names: frozenset[str]) -> bool:
    return any(
        isinstance(node, tree.Call) and isinstance(node.callee, tree.Member) and node.callee.name in names
        for function in functions(program, call.to(call.node.callee))
        for node in own_nodes(function)
    )


def _is_within(at: At[tree.Call], loop: Loop) -> bool:
    return at.unit is loop.unit and loop.node.start <= at.node.start and at.node.end <= loop.node.end


def broadcasts_of(program: Program, registry: Entered) -> Iterator[Broadcast]:
    """The broadcasts over one registry, each send once."""
    seen: set[tree.Node] = set()
    for delivery in deliveries(program, registry):
        if delivery.outer.node not in seen:
            found = program.queries.get(
                ("broadcast", delivery, registry),
                lambda delivery=delivery: _broadcast(program, registry, delivery),
            )
            if found is not None:
                seen.add(delivery.outer.node)
                yield found


def _broadcast(program: Program, registry: Entered, delivery: Delivery) -> Broadcast | None:
    outer = delivery.outer
    function = outer.index.function_of(outer.node)
    if function is None:
        return None
    here = outer.to(function)
    program.queries.note(outer.unit)
    dispatch = "queues" if _never_waits(program, registry, delivery) else _dispatch(program, delivery, here)
    if dispatch is None:
        return None
    lock = lock_around(program, outer)
    removes = _removes(program, registry, here) or _removes(program, registry, _function(delivery.send))
    calls = sorted(
        (call for call in callers(program, here) if is_shipped(call.path)),
        key=lambda each: follows_a_write(program, each),
    )
    live = (
        "copied"
        if delivery.is_copied
        else live_iteration(program, registry, delivery.loop, dispatch == "sequential", lock)
    )
    return Broadcast(
        span=outer.span,
        name=described(here),
        registry=registry.name,
        dispatch=dispatch,
        timeout=_timeout(program, delivery, here),
        failure=_failure(program, delivery, dispatch, here),
        failure_is_seen=removes or _is_seen(program, delivery, here, dispatch),
        removes_failed=removes,
        live_iteration=live,
        iterated=_iterated(delivery) if live in ("skips", "raises") else None,
        lock=lock,
        is_called=runs_here(program, here),
        is_periodic=is_periodic(program, here, live == "raises"),
        made_good=made_good(program, delivery.send) if live in ("skips", "raises") else None,
        called_in=tuple(
            Evidence(call.span, f"{described(call.to(inside))} {_joins(call)} it")
            for call in calls[:3]
            if (inside := call.index.function_of(call.node)) is not None
        ),
        evidence=(Evidence(outer.span, f"{described(here)} sends to each client of {registry.name}"),),
        of_one_key=goes_to_one_key(program, registry, delivery.loop),
    )


def _joins(call: At[tree.Call]) -> str:
    """What a caller does with a broadcast: it waits for it, or lets it run by itself (`create_task(broadcast(...))`)."""
    child: tree.Node = call.node
    for ancestor in call.index.ancestors(call.node):
        match ancestor:
            case tree.Await():
                return "waits for"
            case tree.Argument():
                child = ancestor
            case tree.Call(callee=callee) if callee is not child and last_name(callee) not in _STARTING:
                continue
            case _:
                break
    return "starts"


def _function(call: At[tree.Call]) -> At[tree.Function] | None:
    function = call.index.function_of(call.node)
    return call.to(function) if function is not None else None


# --- how the sends are waited for --------------------------------------------------------------


def _never_waits(program: Program, registry: Entered, delivery: Delivery) -> bool:
    """Whether a message goes into queues without a bound: `await queue.put()` returns at once there."""
    callee = delivery.send.node.callee
    if registry.held != "queues" or not isinstance(callee, tree.Member) or callee.name not in PUTTING:
        return False
    made = [
        origin.to(origin.node)
        for registration in registry.registrations
        for origin in origins(program, registration.value)
        if isinstance(origin, At) and isinstance(origin.node, tree.Call)
    ]
    queues = [call for call in made if qualified(program, call.to(call.node.callee)) & QUEUES]
    return bool(queues) and not any(call.node.arguments for call in queues)


def _dispatch(program: Program, delivery: Delivery, function: At[tree.Function]) -> Dispatch | None:
    outer = delivery.outer
    child: tree.Node = outer.node
    for ancestor in outer.index.ancestors(outer.node):
        if isinstance(ancestor, tree.Await):
            return "sequential"
        if isinstance(ancestor, tree.Call) and ancestor.callee is not child:
            names = qualified(program, outer.to(ancestor.callee))
            if names & _SPAWNERS or (
                isinstance(ancestor.callee, tree.Member)
                and ancestor.callee.name in ("create_task", "start_soon")
            ):
                return "gather" if _gathers(program, function) else "tasks"
        if isinstance(ancestor, tree.Do | tree.Assign | tree.Return | tree.Comprehension | tree.Block):
            break
        child = ancestor
    if _gathers(program, function):
        return "gather"
    name = delivery.send.node.callee.name if isinstance(delivery.send.node.callee, tree.Member) else ""
    return "queues" if name in PUTTING or _calls_inside(program, delivery.send, PUTTING) else None


def _gathers(program: Program, function: At[tree.Function]) -> tree.Call | None:
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and qualified(program, function.to(node.callee)) & _GATHERS:
            return node
    return None


def _timeout(program: Program, delivery: Delivery, function: At[tree.Function]) -> Fact[float | None]:
    """The limit for one client, or for all of them together."""
    places: list[At[tree.Node]] = [delivery.outer, delivery.send]
    gather = _gathers(program, function)
    if gather is not None:
        places.append(function.to(gather))
    places += [
        each.to(node)
        for each in functions(program, delivery.send.to(delivery.send.node.callee))
        for node in own_nodes(each)
        if isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.name in SENDING
    ]
    for place in places:
        limit = time_limit(program, place)
        if limit is None and place.node is gather and isinstance(place.node, tree.Call):
            limit = next((0.0 for each in place.node.arguments if each.name == "timeout"), None)
        if limit is not None:
            return Known(limit, (Evidence(place.span, "waits no longer than this for it"),))
    return Known(None, (Evidence(delivery.send.span, "is waited for without a time limit"),))


# --- what a failing client does to the others --------------------------------------------------


def _failure(
    program: Program, delivery: Delivery, dispatch: Dispatch, function: At[tree.Function]
) -> Failure:
    if dispatch == "tasks":
        return "caught"
    failure = failure_of(program, delivery.outer, delivery.loop.node)
    inside = _function(delivery.send)
    if failure != "caught" and delivery.send.node is not delivery.outer.node and inside is not None:
        failure = _surer(failure, failure_of(program, delivery.send, inside.node))
    for each in functions(program, delivery.send.to(delivery.send.node.callee)):
        for node in own_nodes(each):
            if (
                failure != "caught"
                and isinstance(node, tree.Call)
                and isinstance(node.callee, tree.Member)
                and node.callee.name in SENDING
            ):
                failure = _surer(failure, failure_of(program, each.to(node), each.node))
    gather = _gathers(program, function)
    if dispatch == "gather" and gather is not None:
        # Without return_exceptions the first failure ends the wait, but the other sends go on by themselves.
        return "caught"
    return failure


def _is_seen(program: Program, delivery: Delivery, function: At[tree.Function], dispatch: Dispatch) -> bool:
    """Whether a failing send is told of anywhere on its way out of the broadcast."""
    for place in (delivery.outer, delivery.send):
        for ancestor in place.index.ancestors(place.node):
            if isinstance(ancestor, tree.Function):
                break
            if isinstance(ancestor, tree.Try) and ancestor.body.start <= place.node.start < ancestor.body.end:
                return any(
                    isinstance(node, tree.Call | tree.Raise | tree.Assign)
                    for handler in ancestor.handlers
                    for node in tree.walk(handler.body)
                )
    gather = _gathers(program, function)
    if dispatch != "gather" or gather is None:
        return True
    returns = any(each.name == "return_exceptions" for each in gather.arguments)
    awaited = function.index.parents.get(gather)
    while isinstance(awaited, tree.Argument | tree.Call | tree.Await):
        awaited = function.index.parents.get(awaited)
    return not (returns and isinstance(awaited, tree.Do))


def _surer(one: Failure, other: Failure) -> Failure:
    order: tuple[Failure, ...] = ("propagates", "disconnect-only", "caught")
    return order[max(order.index(one), order.index(other))]


def _removes(program: Program, registry: Entered, function: At[tree.Function] | None, depth: int = 0) -> bool:
    if function is None:
        return False
    if any(each.container == registry.container for each in removals_in(program, function)):
        return True
    return depth < _DEPTH and any(
        _removes(program, registry, callee, depth + 1)
        for node in own_nodes(function)
        if isinstance(node, tree.Call)
        for callee in functions(program, function.to(node.callee))
    )


def _iterated(delivery: Delivery) -> Span | None:
    loop = delivery.loop.node
    if not isinstance(loop, tree.Loop) or loop.iterable is None or loop.is_async:
        return None
    return delivery.loop.to(loop.iterable).span
