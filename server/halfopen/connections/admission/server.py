"""Who is let in: what an endpoint's code says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from halfopen.connections.admission.anonymous import taken_in_anyway
from halfopen.connections.admission.capability import capability
from halfopen.connections.admission.credentials import (
    carrier_of,
    credential_in,
    credential_name,
    injected_carrier,
    is_credential_name,
)
from halfopen.connections.admission.exposure import exposure, guarded_beside
from halfopen.connections.admission.facts import (
    Admission,
    Authentication,
    Check,
    CheckPlace,
    Credential,
    Exposed,
    Ignored,
)
from halfopen.connections.admission.guard import Guard
from halfopen.connections.admission.guards import guards_of
from halfopen.connections.admission.lifetime import lifetime_of
from halfopen.connections.admission.limits import connection_limits
from halfopen.connections.admission.optional import optional_checks
from halfopen.connections.admission.origin import origin_check
from halfopen.connections.admission.pooled import pooled_resources
from halfopen.connections.admission.refusals import ignored_refusals, refuses_by
from halfopen.connections.admission.relaying import walks_over_clients
from halfopen.connections.admission.same_site import same_site
from halfopen.connections.admission.timeline import Event, Reader, carriers_of_event, fills_cookie
from halfopen.connections.admission.told_id import sent_to_drawn_ids, told_id
from halfopen.connections.admission.unheeded import unheeded_checks
from halfopen.connections.admission.verification import is_check_name
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.handler_flow import Sockets
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.function_shape import is_receiver
from halfopen.semantics.injection import dependency_calls
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.unit import Span

_PRIVILEGED = re.compile(r"^(is_?(admin|superuser|staff)|require_admin\w*|admin_required)$", re.IGNORECASE)
_RESOURCE = re.compile(
    r"db|database|session|redis|settings|config|manager|service|client|logger|pool|cache|queue|engine|store|repo|hub|bus"
    r"|lang|locale|pagination|storage|factory|container|provider",
    re.IGNORECASE,
)
"""What a dependency is called that hands something to the handler, and asks nobody anything."""
_LANGUAGE = (
    "logging.",
    "json.",
    "asyncio.",
    "uuid.",
    "time.",
    "loguru.",
    "structlog.",
    "fastapi.",
    "starlette.",
)
_NOT_ONE_FUNCTION: Fact[bool] = Unknown("what the methods of the class do with the connection")
_ENTRY_METHODS = ("connect", "websocket_connect", "open", "on_accept", "on_connect")


def admission_of_endpoint(site: ServerSite) -> Admission:
    """The facts of one endpoint."""
    runs = _runs(site)
    if not runs:
        return Admission()
    program = site.program
    sockets = _sockets(site)
    guards = guards_of(site)
    before: list[tuple[Guard, Event]] = []
    for guard in guards:
        if guard.function is not None:
            found = Reader(program, _sockets_of_guard(program, guard.function, sockets)).events(
                guard.function
            )
            before += [(guard, event) for event in found]
    unheeded = unheeded_checks(program, site.handling.root, before) if site.handling is not None else {}
    before = [(guard, event) for guard, event in before if guard.function not in unheeded]
    reader = Reader(program, sockets)
    events = [event for function in runs for event in reader.events(function)]
    anonymous = taken_in_anyway(runs[0], events)
    events = [event for event in events if event.at.node not in anonymous]
    checks = (
        *(_trusted_check(guard) for guard in guards if guard.trusted is not None),
        *(_check(program, guard.place, event, False) for guard, event in before if event.kind == "check"),
        *_own_checks(program, events),
    )
    credentials = tuple(_credentials(program, site, runs, guards))
    entered = _entered(program, runs, guards, events)
    accept = next((each for each in events if each.kind == "accept"), None)
    authentication: Fact[Authentication] = (
        Known("unheeded", tuple(unheeded.values()))
        if unheeded and not checks
        else Known("optional", tuple(anonymous.values()))
        if anonymous and not checks
        else _authentication(site, checks, [*before_events(before), *events], credentials, guards)
    )
    return Admission(
        credentials=credentials,
        authentication=authentication,
        checks=checks,
        accepted=_accepted(site, accept),
        first_message_deadline_seconds=_deadline(checks, events, guards),
        ignored_refusals=ignored_refusals(program, runs[0], sockets) if site.handling is not None else (),
        optional_checks=_optional(site, before, events),
        origin_check=origin_check(program, entered, site.library == "channels"),
        same_site_cookie=_same_site(site, checks),
        lifetime=lifetime_of(program, checks, [event for _, event in before], events) if checks else None,
        privileged=any(_asks_privilege(function) for function in entered),
        connection_limits=connection_limits(program, _until_loop(runs, events, guards)),
        exposes=_exposes(site),
        pooled=pooled_resources(site.handling) if site.handling is not None else (),
        guarded_beside=guarded_beside(program, runs[0].path),
        capability=capability(program, _until_loop(runs, events, guards))
        or (told_id(site.handling) if site.handling is not None else ()),
        sent_by_id=sent_to_drawn_ids(site.handling) if site.handling is not None else (),
        walked_over=walks_over_clients(site.handling) if site.handling is not None else _NOT_ONE_FUNCTION,
        name=_name(site),
    )


def before_events(before: Iterable[tuple[Guard, Event]]) -> list[Event]:
    return [event for _, event in before]


# --- what runs -----------------------------------------------------------------------------------


def _runs(site: ServerSite) -> list[At[tree.Function]]:
    """The handler, or the methods of a class of handlers, the one that lets in first."""
    if site.handling is not None:
        return [site.handling.root]
    methods = [each for _, each in site.methods]
    entries = [each for name, each in site.methods if name in _ENTRY_METHODS]
    return [*entries, *(each for each in methods if each not in entries)]


def _sockets(site: ServerSite) -> Sockets:
    """The expressions that are the socket; in a class of handlers the instance speaks for it."""
    if site.handling is not None:
        return site.handling.sockets
    nodes: set[tree.Node] = set()
    for _, method in site.methods:
        klass = method.index.class_of(method.node)
        for node in tree.walk(klass if klass is not None else method.node):
            if isinstance(node, tree.Name) and (
                is_receiver(method.to(node), node.id) or node.id in ("websocket", "ws")
            ):
                nodes.add(node)
    return Sockets(frozenset(nodes))


def _sockets_of_guard(program: Program, function: At[tree.Function], sockets: Sockets) -> Sockets:
    from halfopen.connections.endpoints import socket_parameter
    from halfopen.semantics.flow import aliases_of_target

    parameter = socket_parameter(program, function)
    if parameter is None:
        return sockets
    nodes = {each.node for each in aliases_of_target(program, function.to(parameter.target))}
    return Sockets(sockets.nodes | nodes)


def _entered(
    program: Program, runs: list[At[tree.Function]], guards: list[Guard], events: list[Event]
) -> list[At[tree.Function]]:
    """Every function that runs on the way in, the guards first."""
    found: dict[tree.Node, At[tree.Function]] = {}
    for function in (*(each.function for each in guards), *runs, *(each.function for each in events)):
        if function is not None:
            found.setdefault(function.node, function)
    for guard in guards:
        if guard.function is None:
            continue
        for event in Reader(program, Sockets(frozenset())).events(guard.function):
            if event.function is not None:
                found.setdefault(event.function.node, event.function)
    return list(found.values())


def _until_loop(
    runs: list[At[tree.Function]], events: list[Event], guards: list[Guard]
) -> list[At[tree.Function]]:
    """The functions that may refuse a client: the handler itself, and what it calls outside its loops."""
    found: dict[tree.Node, At[tree.Function]] = {}
    for function in (*(each.function for each in guards), *runs):
        if function is not None:
            found.setdefault(function.node, function)
    for event in events:
        if event.function is not None and not event.in_loop:
            found.setdefault(event.function.node, event.function)
    return list(found.values())


# --- checks --------------------------------------------------------------------------------------


def _own_checks(program: Program, events: list[Event]) -> Iterator[Check]:
    accepted = False
    for event in events:
        accepted = accepted or event.kind == "accept"
        if event.kind == "check":
            yield _check(program, "handler", event, accepted)


def _trusted_check(guard: Guard) -> Check:
    """A guard that the settings trust to authenticate, whatever its code shows."""
    return Check(
        guard.place,
        guard.name,
        "parameter",
        next(each.place for each in guard.evidence if isinstance(each.place, Span)),
        evidence=(*guard.evidence, *(guard.trusted or ())),
    )


def _check(program: Program, place: CheckPlace, event: Event, accepted: bool) -> Check:
    verification = event.verification
    assert verification is not None
    carriers = carriers_of_event(program, event)
    said = [Evidence(event.at.span, f"{verification.by} checks it here")]
    if event.callers:
        said.insert(0, Evidence(event.outermost.span, f"leads to {verification.by}"))
    said += verification.said
    return Check(
        place,
        verification.by,
        carriers[0] if carriers else "parameter",
        event.at.span,
        verification.expires,
        accepted,
        event.in_loop,
        tuple(said),
        verification.strength,
        verification.hands_on,
        carriers[1:],
    )


def _authentication(
    site: ServerSite,
    checks: tuple[Check, ...],
    events: list[Event],
    credentials: tuple[Credential, ...],
    guards: list[Guard],
) -> Fact[Authentication]:
    sure = [each for each in checks if each.strength in ("known", "compared")]
    named = [each for each in checks if each.strength == "named"]
    if sure:
        return Known("verified", sure[0].evidence)
    if named:
        return Known("verified", named[0].evidence, Confidence.MEDIUM)
    outside = [each for each in guards if each.function is None and not _RESOURCE.search(each.name)]
    asking = [each for each in outside if each.asks or is_check_name(each.name)]
    if asking:
        return Known("verified", asking[0].evidence, Confidence.MEDIUM)
    if outside:
        return Unknown(f"what the dependency {outside[0].name} asks of a client", outside[0].evidence)
    unverified = [each for each in checks if each.strength == "unverified"]
    if unverified:
        return Known("unverified", unverified[0].evidence)
    if credentials:
        presence = _presence(site, guards, events)
        if presence is not None:
            return Known("presence", (presence,))
        said = tuple(evidence for each in credentials for evidence in each.evidence)
        return Known("not read", said)
    away = _handed_away(site, events) or _asked_elsewhere(site)
    if away is not None:
        return Unknown(
            f"what {away.text.split('(')[0]} does with the connection",
            (Evidence(away.span, "given the socket"),),
        )
    view = _adapted(site)
    if view is not None:
        return Unknown(f"what each {view.text} asks of a client", (Evidence(view.span, "serves the client"),))
    return Known("none")


def _presence(site: ServerSite, guards: list[Guard], events: list[Event]) -> Evidence | None:
    """`if not token: close` is all that is asked."""
    functions = [each.function for each in guards if each.function is not None]
    functions += _runs(site)
    functions += [each.function for each in events if each.function is not None]
    for function in dict.fromkeys(functions):
        for node in own_nodes(function):
            if isinstance(node, tree.If):
                for each in tree.walk(node.test):
                    if isinstance(each, tree.Name | tree.Member | tree.Index | tree.Call) and credential_name(
                        each
                    ):
                        return Evidence(function.to(node.test).span, "only asks whether it is there")
    return None


def _handed_away(site: ServerSite, events: list[Event]) -> At[tree.Call] | None:
    """A call that gives the socket to code outside the workspace, before anything accepts it here."""
    from halfopen.semantics.call_graph import functions
    from halfopen.semantics.qualified_names import qualified

    if site.handling is None or any(each.kind == "accept" for each in events):
        return None
    for function in site.handling.reachable:
        for node in own_nodes(function):
            if (
                isinstance(node, tree.Call)
                and any(site.handling.sockets.is_socket(each.value) for each in node.arguments)
                and not functions(site.program, function.to(node.callee))
                and qualified(site.program, function.to(node.callee))
            ):
                return function.to(node)
    return None


def _asked_elsewhere(site: ServerSite) -> At[tree.Call] | None:
    """A call outside the workspace that is given the socket, or a credential, and whose answer refuses the client."""
    from halfopen.semantics.call_graph import functions
    from halfopen.semantics.qualified_names import qualified

    if site.handling is None:
        return None
    root, sockets = site.handling.root, site.handling.sockets
    for node in own_nodes(root):
        if not isinstance(node, tree.Call) or not isinstance(node.callee, tree.Name | tree.Member):
            continue
        shown = any(
            sockets.is_socket(each.value) or credential_in(each.value) is not None for each in node.arguments
        )
        if not shown or sockets.is_socket(node.callee) or functions(site.program, root.to(node.callee)):
            continue
        names = qualified(site.program, root.to(node.callee))
        if any("." in each and not each.startswith(_LANGUAGE) for each in names) and refuses_by(root, node):
            return root.to(node)
    return None


def _adapted(site: ServerSite) -> At[tree.Name] | None:
    """The view that a handler made by a registrar serves: a function that the registrar was given, of any kind.

    `def websocket(self, path): def decorator(view): async def handler(ws): await call(ws, view)`
    """
    from halfopen.semantics.call_graph import callers
    from halfopen.semantics.origin import ParameterOf
    from halfopen.semantics.values import origins

    if site.handling is None:
        return None
    root = site.handling.root
    around = {each for each in root.index.ancestors(root.node) if isinstance(each, tree.Function)}
    for node in own_nodes(root) if around else ():
        if not isinstance(node, tree.Name):
            continue
        for origin in origins(site.program, root.to(node)):
            if (
                isinstance(origin, ParameterOf)
                and origin.function.node in around
                and _is_used_as_function(root.to(node))
                and not callers(site.program, origin.function)
            ):
                return root.to(node)
    return None


def _exposes(site: ServerSite) -> Fact[Exposed]:
    if site.handling is None:
        return Known("data")
    view = _adapted(site)
    if view is not None:
        return Unknown(
            f"what each {view.text} gives its clients", (Evidence(view.span, "serves the client"),)
        )
    return exposure(site.handling)


def _is_used_as_function(name: At[tree.Name]) -> bool:
    """Whether a name is called, or handed to what is awaited."""
    parent = name.parent
    if isinstance(parent, tree.Call):
        return parent.callee is name.node
    call = name.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    return isinstance(call, tree.Call) and isinstance(name.index.parents.get(call), tree.Await)


def _optional(
    site: ServerSite, before: list[tuple[Guard, Event]], events: list[Event]
) -> tuple[Ignored, ...]:
    """Nothing where a guard has asked before."""
    if site.handling is None or any(event.kind == "check" for _, event in before):
        return ()
    return optional_checks(site.handling.root, events)


# --- credentials ---------------------------------------------------------------------------------


def _credentials(
    program: Program, site: ServerSite, runs: list[At[tree.Function]], guards: list[Guard]
) -> Iterator[Credential]:
    """What a client may show: parameters that the framework fills, and what is read of the handshake."""
    seen: set[tuple[str, str]] = set()
    injected = [each.function for each in guards if each.function is not None and each.place != "middleware"]
    filled = [*(runs if site.handling is not None else []), *injected]
    for function in filled:
        for parameter in function.node.parameters:
            if not isinstance(parameter.target, tree.Name) or dependency_calls(program, function, parameter):
                continue
            name = parameter.target.id
            is_shown = is_credential_name(name) and f"{{{name}" not in _route_text(site)
            if is_shown or fills_cookie(parameter):
                carrier = injected_carrier(program, function, parameter)
                if (carrier, name) not in seen:
                    seen.add((carrier, name))
                    said = f"the client shows it in the {carrier}: {name}"
                    yield Credential(carrier, name, (Evidence(function.to(parameter).span, said),))
    for function in filled:
        for node in own_nodes(function):
            if not isinstance(node, tree.Call | tree.Index):
                continue
            found = credential_name(node)
            carrier = carrier_of(program, function.to(node)) if found is not None else "parameter"
            if found is None or carrier in ("parameter", "transport") or (carrier, found) in seen:
                continue
            seen.add((carrier, found))
            yield Credential(carrier, found, (Evidence(function.to(node).span, f"read from the {carrier}"),))


def _route_text(site: ServerSite) -> str:
    route = site.endpoint.route
    return route.text if route is not None else ""


# --- accept, deadline, cookie --------------------------------------------------------------------


def _accepted(site: ServerSite, accept: Event | None) -> Evidence | None:
    if accept is None:
        return None
    return Evidence(accept.at.span, "accepted here")


def _deadline(
    checks: tuple[Check, ...], events: list[Event], guards: list[Guard]
) -> Fact[float | None] | None:
    """How long a handler waits for the message that carries the credential."""
    in_message = [each for each in checks if "message" in each.carriers and each.after_accept]
    if not in_message:
        return None
    if any(each.asks for each in guards) or any(
        not each.after_accept and each.strength in ("known", "compared") for each in checks
    ):
        return None  # Whoever waits here was asked before.
    receives = [each for each in events if each.kind == "receive"]
    for event in receives:
        if event.limited:
            said = (Evidence(event.at.span, "a time limit stands around it"),)
            if event.deadline_seconds is None:
                return Unknown("the number of seconds of the time limit", said)
            return Known(event.deadline_seconds, said)
    timer = _timer(events)
    if timer is not None:
        return timer
    said = tuple(Evidence(each.at.span, "waits for the message without a limit") for each in receives[:1])
    return Known(None, said)


def _timer(events: list[Event]) -> Fact[float | None] | None:
    """A task beside the handler that sleeps, and closes the socket of whoever has not signed in."""
    for sleep in events:
        if sleep.kind != "sleep" or sleep.in_loop or not sleep.callers:
            continue
        for close in events:
            if close.kind == "close" and close.callers[: len(sleep.callers)] == sleep.callers:
                said = (Evidence(close.at.span, "closes the connection when the time is over"),)
                if sleep.deadline_seconds is None:
                    return Unknown("the number of seconds of the time limit", said)
                return Known(sleep.deadline_seconds, said)
    return None


def _same_site(site: ServerSite, checks: tuple[Check, ...]) -> Fact[str] | None:
    """The SameSite attribute of the cookies that are set, where a cookie lets in."""
    asked = any("cookie" in each.carriers for each in checks)
    return same_site(site.program, site.library) if asked else None


def _asks_privilege(function: At[tree.Function]) -> bool:
    for node in own_nodes(function):
        if isinstance(node, tree.Member | tree.Name):
            name = node.name if isinstance(node, tree.Member) else node.id
            if _PRIVILEGED.match(name):
                return True
    return False


def _name(site: ServerSite) -> Span | None:
    handler = site.endpoint.handler
    node = handler.node
    if isinstance(node, tree.Function | tree.Class) and node.name:
        return Span(
            handler.span.path, handler.unit, node.name_start, node.name_start + len(node.name.encode())
        )
    return None
