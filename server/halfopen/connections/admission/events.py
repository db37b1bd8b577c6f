"""Who is let in by a server that a library runs: what its connect handlers ask, and what its events give.

The handler of `connect` refuses by `return False` or an exception (python-socketio 5.18.1, `_handle_connect`); where
there is none, or it does neither, everybody is in.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.checks import CHECKS_NOTHING, check_of
from halfopen.connections.admission.credentials import credential_in
from halfopen.connections.admission.facts import (
    Admission,
    Authentication,
    Check,
    ConnectionLimit,
    Exposed,
    OriginCheck,
)
from halfopen.connections.admission.lifetime import lifetime_of
from halfopen.connections.admission.limits import connection_limits
from halfopen.connections.admission.timeline import Event, Reader
from halfopen.connections.endpoint_code import EndpointCode, endpoint_code
from halfopen.connections.event_handlers import EventHandler, EventServer
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.handler_flow import Sockets
from halfopen.connections.messages.parsing import is_log
from halfopen.connections.receiving.running import per_message
from halfopen.connections.receiving.work import work
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Span

_ORIGINS = "cors_allowed_origins"


def admission_of_events(site: ServerSite, events: EventServer) -> Admission:
    """The facts of one server. One that nothing is given to (`ASGIApp(sio)`, `sio.attach(app)`) serves nobody."""
    program, code = site.program, endpoint_code(site)
    if code is None or not events.is_served:
        return Admission()
    entries = events.of("connect")
    asked = [(each, event) for each in entries for event in _happens(program, each)]
    checks = tuple(check_of(program, "handler", event, False) for _, event in asked if event.kind == "check")
    later = [
        event
        for handler in events.handlers
        if handler.is_of_message
        for event in _happens(program, handler)
        if event.kind == "check"
    ]
    refusing = [each.function for each in entries]
    refusing += [event.function for _, event in asked if event.function is not None]
    return Admission(
        authentication=_authentication(program, events, entries, refusing, checks, later),
        checks=checks,
        accepted=next((Evidence(_name(each.function), "everybody passes here") for each in entries), None),
        origin_check=_origin(site),
        lifetime=lifetime_of(program, checks, [], [event for _, event in asked])
        if checks and not later
        else None,
        connection_limits=(*connection_limits(program, refusing), *_replaced(events, refusing)),
        exposes=_exposes(code, events),
        name=next((_name(each.function) for each in entries), None),
    )


def _happens(program: Program, handler: EventHandler) -> list[Event]:
    """What happens when a handler runs. What `connect` is given stands for the client; in any other event only a
    credential does."""
    shown = frozenset(
        place.node
        for parameter in handler.values
        if not handler.is_of_message
        for place in aliases_of_target(program, handler.function.to(parameter.target))
    )
    return Reader(program, Sockets(shown)).events(handler.function)


def _name(function: At[tree.Function]) -> Span:
    node = function.node
    start = node.name_start
    return Span(function.span.path, function.unit, start, start + len((node.name or "").encode()))


def _authentication(
    program: Program,
    events: EventServer,
    entries: tuple[EventHandler, ...],
    refusing: list[At[tree.Function]],
    checks: tuple[Check, ...],
    later: list[Event],
) -> Fact[Authentication]:
    verified = [each for each in checks if each.strength != "unverified"]
    if verified:
        sure = any(each.strength != "named" for each in verified)
        return Known("verified", verified[0].evidence, Confidence.HIGH if sure else Confidence.MEDIUM)
    if later:
        said = (Evidence(later[0].at.span, "an event of the client is checked here"),)
        return Unknown("whether each event asks who the client is", said)
    if checks:
        return Known("unverified", checks[0].evidence)
    outside = next(_asked_outside(program, events, entries), None)
    if outside is not None:
        return Unknown(
            f"what {outside.text.split('(')[0]} asks of a client",
            (Evidence(outside.span, "given what the client shows"),),
        )
    refusal = next(_refusals(events, refusing), None)
    if refusal is not None:
        return Unknown("whom the connect handler refuses", (Evidence(refusal.span, "refuses here"),))
    return Known("none")


def _asked_outside(
    program: Program, events: EventServer, entries: tuple[EventHandler, ...]
) -> Iterator[At[tree.Call]]:
    """Calls of code that cannot be read here which are given a credential, or all that the client shows."""
    for entry in entries:
        shown = {
            place.node
            for parameter in entry.values
            for place in aliases_of_target(program, entry.function.to(parameter.target))
        }
        for node in own_nodes(entry.function):
            if not isinstance(node, tree.Call) or events.method(node) is not None:
                continue
            if is_log(program, entry.function.to(node)):
                continue
            given = any(each.value in shown or credential_in(each.value) for each in node.arguments)
            names = qualified(program, entry.function.to(node.callee))
            own = functions(program, entry.function.to(node.callee))
            known = bool(names) and all("." not in each or each.startswith(CHECKS_NOTHING) for each in names)
            if given and not own and not known:
                yield entry.function.to(node)


def _refusals(events: EventServer, refusing: list[At[tree.Function]]) -> Iterator[At[tree.Node]]:
    for function in refusing:
        for node in own_nodes(function):
            refused = (
                isinstance(node, tree.Return)
                and isinstance(node.value, tree.Literal)
                and node.value.value is False
            )
            if refused or isinstance(node, tree.Raise) or events.method(node) == "disconnect":
                yield function.to(node)


def _replaced(events: EventServer, refusing: list[At[tree.Function]]) -> Iterator[ConnectionLimit]:
    """`await sio.disconnect(old_sid)`: a user's earlier connection makes room for the new one."""
    for function in refusing:
        for node in own_nodes(function):
            if events.method(node) == "disconnect":
                at = function.to(node)
                yield ConnectionLimit(at.text, at.span, (Evidence(at.span, "closes a connection"),), "slot")


def _origin(site: ServerSite) -> Fact[OriginCheck]:
    """The library compares the Origin with its own address; "*" lets all in, and [] does not ask."""
    call = site.endpoint.handler
    for argument in call.node.arguments if isinstance(call.node, tree.Call) else ():
        if argument.spread:
            return Unknown(f"whether the options have `{_ORIGINS}`")
        if argument.name != _ORIGINS:
            continue
        said = (Evidence(call.to(argument.value).span, "says which origins may connect"),)
        match argument.value:
            case tree.Literal(value="*") | tree.Sequence(items=()):
                return Known("none", said)
            case tree.Sequence(items=items):
                every = any(isinstance(each, tree.Literal) and each.value == "*" for each in items)
                # The library looks for "*" as a text, and not within a list.
                return (
                    Known("exact", said, Confidence.MEDIUM)
                    if not every
                    else Unknown("what a list with '*' lets in", said)
                )
            case tree.Literal(value=None):
                break
            case tree.Literal():
                return Known("exact", said)
            case _:
                return Unknown(f"the value of `{_ORIGINS}`", said)
    return Known("exact", (Evidence(call.span, "the library lets in pages of its own origin alone"),))


def _exposes(code: EndpointCode, events: EventServer) -> Fact[Exposed]:
    """Acts that a message leads to, or what is sent to all or to a room."""
    done = work(code, per_message(code))
    act = next((each for each in done if each.kind not in ("broadcast", "group")), None)
    if act is not None:
        return Known("actions", act.evidence, Confidence.MEDIUM)
    told = next((each for each in done if each.kind in ("broadcast", "group")), None)
    if told is not None:
        return Known("data", told.evidence, Confidence.MEDIUM)
    if events.emits:
        first = events.emits[0]
        return Known("data", (Evidence(first.span, "sends to clients"),), Confidence.MEDIUM)
    return Known("echo", (Evidence(code.roots[0].span, "nothing is sent to clients"),), Confidence.MEDIUM)
