"""What a client that connects, or comes back, is given: the state, what it missed, or only what follows."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.handler_flow import SENDERS, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.sending.broadcasts import PUTTING
from halfopen.connections.sending.calling import described
from halfopen.connections.sending.carried_state import carries_state, varies
from halfopen.connections.sending.registered import Entered
from halfopen.connections.sending.when_sent import EACH_TIME, when_sent
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.program import At, own_nodes

_CURSORS = frozenset(
    {
        "since", "last_id", "last_event_id", "last_seq", "last_sequence", "cursor", "resume_from", "from_seq",
        "last_message_id", "after", "after_id", "since_id", "from_id", "lastId", "lastEventId", "lastSeq", "last_timestamp",
    }
)  # fmt: skip
"""What parameters that say how far a client has come are called."""


def snapshot_on_connect(handling: Handling, registries: tuple[Entered, ...]) -> Fact[bool]:
    """Whether the endpoint sends state by itself: on connect, on a subscription, or the whole of it each time."""
    if not handling.sockets.nodes:
        return Unknown("the endpoint's function")
    for send, payload, function in _sends(handling):
        when = when_sent(handling, function, send)
        tells = varies(payload.node) if when == EACH_TIME else carries_state(handling, registries, payload, 0)
        if when is not None and tells:
            return Known(True, (Evidence(function.to(send).span, when),), Confidence.MEDIUM)
    told = next(_told_by_key(handling, registries), None)
    if told is not None:
        return Unknown(
            "to whom it goes",
            (Evidence(told.span, "sends what it has read before live messages, to one by its key"),),
        )
    return Known(
        False, (Evidence(handling.root.span, "sends no state before live messages"),), Confidence.MEDIUM
    )


def _sends(handling: Handling) -> Iterator[tuple[tree.Call, At[tree.Expr], At[tree.Function]]]:
    """The sends to the endpoint's own client with what they send, or the calls that hand it to a sending function."""
    for function in handling.reachable:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call):
                continue
            if node.arguments and (
                socket_method(handling.sockets, node) in SENDERS or _puts_in_own_queue(handling, node)
            ):
                payload = function.to(node.arguments[0].value)
                given = list(_given(handling, function, payload))
                yield from given or [(node, payload, function)]


def _told_by_key(handling: Handling, registries: tuple[Entered, ...]) -> Iterator[At[tree.Call]]:
    """The calls before live messages that give a function state and the key of one client:
    `await manager.send_to(user_id, {"type": "state", "data": await load(user_id)})`."""
    root = handling.root
    for node in own_nodes(root):
        if not isinstance(node, tree.Call) or not any(_is_message(each.value) for each in node.arguments):
            continue
        if (
            when_sent(handling, root, node) is not None
            and any(_looks_up(each) for each in functions(handling.program, root.to(node.callee)))
            and any(
                carries_state(handling, registries, root.to(each.value), 0)
                for each in node.arguments
                if _is_message(each.value)
            )
        ):
            yield root.to(node)


def _is_message(value: tree.Expr) -> bool:
    return isinstance(value, tree.Object) and bool(value.entries)


def _looks_up(function: At[tree.Function]) -> bool:
    """Whether a function takes one entry out of a field of its object by what it is given, and goes over none."""
    given = {each.target.id for each in function.node.parameters if isinstance(each.target, tree.Name)}
    nodes = list(own_nodes(function))
    if any(isinstance(each, tree.Loop) for each in nodes):
        return False
    for node in nodes:
        match node:
            case tree.Index(object=tree.Member(), key=tree.Name(id=name)) if name in given:
                return True
            case tree.Call(callee=tree.Member(name="get", object=tree.Member()), arguments=(first, *_)) if (
                isinstance(first.value, tree.Name) and first.value.id in given
            ):
                return True
            case _:
                pass
    return False


def _puts_in_own_queue(handling: Handling, call: tree.Call) -> bool:
    return (
        isinstance(call.callee, tree.Member)
        and call.callee.name in PUTTING
        and call.callee.object in handling.queues()
    )


def _given(
    handling: Handling, function: At[tree.Function], payload: At[tree.Expr]
) -> Iterator[tuple[tree.Call, At[tree.Expr], At[tree.Function]]]:
    """Where a helper sends its parameter: the calls of the helper that run for the connection."""
    names = {each.id for each in tree.walk(payload.node) if isinstance(each, tree.Name)}
    for parameter in function.node.parameters:
        if not isinstance(parameter.target, tree.Name) or parameter.target.id not in names:
            continue
        for call in callers(handling.program, function):
            inside = call.index.function_of(call.node)
            argument = argument_of(call.node, function.node, parameter)
            if argument is not None and inside is not None and handling.function_at(inside) is not None:
                yield call.node, call.to(argument), call.to(inside)


def resume_parameter(handling: Handling) -> Fact[str]:
    """A parameter or field by which a client says what it has seen."""
    for parameter in handling.root.node.parameters:
        if (
            isinstance(parameter.target, tree.Name)
            and parameter.target.id in _CURSORS
            and handling.program.reads(handling.program.variable(handling.root.to(parameter.target)))
        ):
            place = handling.root.to(parameter.target)
            return Known(parameter.target.id, (Evidence(place.span, f"{described(handling.root)} takes it"),))
    for function in handling.reachable:
        for node in own_nodes(function):
            value = _read_field(node)
            if value in _CURSORS:
                return Known(
                    str(value), (Evidence(function.to(node).span, "is read from what the client sends"),)
                )
    return Unknown("a parameter or first message that names what the client has seen")


def _read_field(node: tree.Node) -> object:
    match node:
        case tree.Index(key=tree.Literal(value=value)):
            return value
        case tree.Call(
            callee=tree.Member(name="get"), arguments=(tree.Argument(value=tree.Literal(value=value)), *_)
        ):
            return value
        case _:
            return None
