"""What is said: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.client_release import closure_of
from halfopen.connections.event_handlers import EventServer
from halfopen.connections.handler_flow import SENDERS, Sockets, socket_method
from halfopen.connections.handling import Handling
from halfopen.connections.messages.caught import survives
from halfopen.connections.messages.disclosures import disclosed_credentials, disclosed_errors
from halfopen.connections.messages.facts import Messages
from halfopen.connections.messages.inbound import inbound_of
from halfopen.connections.messages.logs import logged_messages, logged_values
from halfopen.connections.messages.payloads import payloads_of_endpoint
from halfopen.connections.messages.published_errors import published_errors
from halfopen.connections.messages.reaching import Reaching
from halfopen.connections.messages.received import received_by_endpoint
from halfopen.connections.messages.shared_helpers import is_of_another
from halfopen.connections.messages.types_handled import completeness, rest_of, types_handled
from halfopen.connections.messages.types_sent import types_sent
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.scopes import Binding


def messages_of_endpoint(site: ServerSite) -> Messages:
    """The facts of one endpoint."""
    program, handling = site.program, site.handling
    sockets = handling.sockets if handling is not None else Sockets(frozenset())

    own_keys = _own_keys(handling) if handling is not None else frozenset[Binding]()

    def echoes(call: At[tree.Call]) -> bool:
        return (
            socket_method(sockets, call.node) in SENDERS
            or _answers(program, call, own_keys)
            or _only_sends(program, sockets, call)
        )

    inbound, journey = inbound_of(
        program,
        received_by_endpoint(site),
        echoes,
        # The library runs a handler for each event by itself: what one raises ends no connection.
        lambda at: site.events is not None or survives(program, handling, at),
        elsewhere=lambda at: handling is not None and is_of_another(handling, at),
    )
    running = _running(site)
    reaching = Reaching(
        program,
        sockets,
        frozenset(each.node for each in running) if handling is None and site.events is None else frozenset(),
        _emits(site.events, running) if site.events is not None else frozenset(),
    )
    sends = types_sent(program, payloads_of_endpoint(site), peer="typescript")
    handles = types_handled(program, journey)
    return Messages(
        sent=tuple(sends.types.values()),
        handled=tuple(handles.types.values()),
        sends_only=completeness(sends.complete and bool(sends.types), "what each send is given"),
        handles_only=completeness(
            handles.complete and bool(handles.types), "what the handler compares the type with"
        ),
        handles_rest=rest_of(handles),
        inbound=inbound,
        logged=(*logged_messages(program, journey), *logged_values(program, running)),
        disclosed=(
            *disclosed_errors(program, running, reaching),
            *published_errors(site, running, sockets),
            *(disclosed_credentials(program, handling.root, reaching) if handling is not None else ()),
        ),
    )


def _emits(events: EventServer, running: tuple[At[tree.Function], ...]) -> frozenset[tree.Node]:
    """The calls that have an event sent."""
    return frozenset(
        node
        for each in running
        for node in own_nodes(each)
        if events.method(node) in ("emit", "send", "call")
    )


def _own_keys(handling: Handling) -> frozenset[Binding]:
    """The variables of the endpoint that a call is given beside the socket: `manager.connect(websocket, client_id)`."""
    found: set[Binding] = set()
    for node in own_nodes(handling.root):
        if not isinstance(node, tree.Call):
            continue
        given = [each.value for each in node.arguments]
        if any(handling.sockets.is_socket(each) for each in given):
            for each in given:
                binding = handling.root.index.bindings.get(each) if isinstance(each, tree.Name) else None
                if binding is not None and not handling.sockets.is_socket(each):
                    found.add(binding)
    return frozenset(found)


def _answers(program: Program, call: At[tree.Call], own_keys: frozenset[Binding]) -> bool:
    """Whether a call sends to the one connection that is kept under the endpoint's own key."""
    if not any(
        isinstance(each.value, tree.Name) and call.index.bindings.get(each.value) in own_keys
        for each in call.node.arguments
    ):
        return False
    found = functions(program, call.to(call.node.callee))
    return bool(found) and all(_sends_once(program, each) for each in found)


def _only_sends(program: Program, sockets: Sockets, call: At[tree.Call]) -> bool:
    """Whether a call hands the endpoint's socket and a message to a function that does nothing but send it there."""
    if not any(sockets.is_socket(each.value) for each in call.node.arguments):
        return False
    found = functions(program, call.to(call.node.callee))
    return bool(found) and all(_is_sent_only(program, sockets, call, each) for each in found)


def _is_sent_only(
    program: Program, sockets: Sockets, call: At[tree.Call], function: At[tree.Function]
) -> bool:
    program.queries.note(function.unit)
    for parameter in function.node.parameters:
        value = argument_of(call.node, function.node, parameter)
        if value is None or sockets.is_socket(value) or not isinstance(parameter.target, tree.Name):
            continue
        reads = program.reads(program.variable(function.to(parameter.target)))
        if not reads or not all(_stands_in_a_send(sockets, each) for each in reads):
            return False
    return True


def _stands_in_a_send(sockets: Sockets, at: At[tree.Expr]) -> bool:
    for ancestor in at.index.ancestors(at.node):
        if isinstance(ancestor, tree.Function):
            return False
        if isinstance(ancestor, tree.Call) and socket_method(sockets, ancestor) in SENDERS:
            return True
    return False


def _sends_once(program: Program, function: At[tree.Function]) -> bool:
    program.queries.note(function.unit)
    nodes = own_nodes(function)
    sends = any(isinstance(each, tree.Call) and last_name(each.callee) in SENDERS for each in nodes)
    return sends and not any(isinstance(each, tree.Loop | tree.Comprehension) for each in nodes)


def _running(site: ServerSite) -> tuple[At[tree.Function], ...]:
    """The functions that run for the connection."""
    if site.handling is not None:
        return site.handling.reachable
    roots = [each for _, each in site.methods]
    if site.events is not None:
        roots += [each.function for each in site.events.handlers]
    return tuple(closure_of(site.program, roots))
