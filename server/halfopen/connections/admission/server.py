"""Who is let in: what an endpoint's code says of it."""

from __future__ import annotations

import re

from halfopen.connections.admission.adapted import adapted_view
from halfopen.connections.admission.anonymous import taken_in_anyway
from halfopen.connections.admission.authentication import authentication_of
from halfopen.connections.admission.capability import capability
from halfopen.connections.admission.checks import check_of, own_checks, trusted_check
from halfopen.connections.admission.deadline import message_deadline
from halfopen.connections.admission.entering import (
    entered_functions,
    functions_of,
    refusing_functions,
    sockets_of,
    sockets_of_guard,
)
from halfopen.connections.admission.events import admission_of_events
from halfopen.connections.admission.exposure import exposure
from halfopen.connections.admission.facts import Admission, Authentication, Check, Exposed, Ignored
from halfopen.connections.admission.guard import Guard
from halfopen.connections.admission.guarded_beside import guarded_beside
from halfopen.connections.admission.guards import guards_of
from halfopen.connections.admission.lifetime import lifetime_of
from halfopen.connections.admission.limits import connection_limits
from halfopen.connections.admission.optional import optional_checks
from halfopen.connections.admission.origin import origin_check
from halfopen.connections.admission.pooled import pooled_resources
from halfopen.connections.admission.refusals import ignored_refusals
from halfopen.connections.admission.relaying import walks_over_clients
from halfopen.connections.admission.same_site import same_site
from halfopen.connections.admission.showing import credentials_shown
from halfopen.connections.admission.timeline import Event, Reader
from halfopen.connections.admission.told_id import sent_to_drawn_ids, told_id
from halfopen.connections.admission.unheeded import unheeded_checks
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.unit import Span

_PRIVILEGED = re.compile(r"^(is_?(admin|superuser|staff)|require_admin\w*|admin_required)$", re.IGNORECASE)
_NOT_ONE_FUNCTION: Fact[bool] = Unknown("what the methods of the class do with the connection")


def admission_of_endpoint(site: ServerSite) -> Admission:
    """The facts of one endpoint."""
    if site.events is not None:
        return admission_of_events(site, site.events)
    runs = functions_of(site)
    if not runs:
        return Admission()
    program = site.program
    sockets = sockets_of(site)
    guards = guards_of(site)
    before: list[tuple[Guard, Event]] = []
    for guard in guards:
        if guard.function is not None:
            found = Reader(program, sockets_of_guard(program, guard.function, sockets)).events(guard.function)
            before += [(guard, event) for event in found]
    unheeded = unheeded_checks(program, site.handling.root, before) if site.handling is not None else {}
    before = [(guard, event) for guard, event in before if guard.function not in unheeded]
    asked_before = [event for _, event in before]
    reader = Reader(program, sockets)
    events = [event for function in runs for event in reader.events(function)]
    anonymous = taken_in_anyway(runs[0], events)
    events = [event for event in events if event.at.node not in anonymous]
    checks = (
        *(trusted_check(guard) for guard in guards if guard.trusted is not None),
        *(check_of(program, guard.place, event, False) for guard, event in before if event.kind == "check"),
        *own_checks(program, events),
    )
    credentials = tuple(credentials_shown(program, site, runs, guards))
    entered = entered_functions(program, runs, guards, events)
    accept = next((each for each in events if each.kind == "accept"), None)
    authentication: Fact[Authentication] = (
        Known("unheeded", tuple(unheeded.values()))
        if unheeded and not checks
        else Known("optional", tuple(anonymous.values()))
        if anonymous and not checks
        else authentication_of(site, checks, [*asked_before, *events], credentials, guards)
    )
    return Admission(
        credentials=credentials,
        authentication=authentication,
        checks=checks,
        accepted=_accepted(site, accept),
        first_message_deadline_seconds=message_deadline(checks, events, guards),
        ignored_refusals=ignored_refusals(program, runs[0], sockets) if site.handling is not None else (),
        optional_checks=_optional(site, before, events),
        origin_check=origin_check(program, entered, site.library == "channels"),
        same_site_cookie=_same_site(site, checks),
        lifetime=lifetime_of(program, checks, asked_before, events) if checks else None,
        privileged=any(_asks_privilege(function) for function in entered),
        connection_limits=connection_limits(program, refusing_functions(runs, events, guards)),
        exposes=_exposes(site),
        pooled=pooled_resources(site.handling) if site.handling is not None else (),
        guarded_beside=guarded_beside(program, runs[0].path),
        capability=capability(program, refusing_functions(runs, events, guards))
        or (told_id(site.handling) if site.handling is not None else ()),
        sent_by_id=sent_to_drawn_ids(site.handling) if site.handling is not None else (),
        walked_over=walks_over_clients(site.handling) if site.handling is not None else _NOT_ONE_FUNCTION,
        name=_name(site),
    )


def _exposes(site: ServerSite) -> Fact[Exposed]:
    if site.handling is None:
        return Known("data")
    view = adapted_view(site)
    if view is not None:
        return Unknown(
            f"what each {view.text} gives its clients", (Evidence(view.span, "serves the client"),)
        )
    return exposure(site.handling)


def _optional(
    site: ServerSite, before: list[tuple[Guard, Event]], events: list[Event]
) -> tuple[Ignored, ...]:
    """Nothing where a guard has asked before."""
    if site.handling is None or any(event.kind == "check" for _, event in before):
        return ()
    return optional_checks(site.handling.root, events)


def _accepted(site: ServerSite, accept: Event | None) -> Evidence | None:
    if accept is None:
        return None
    return Evidence(accept.at.span, "accepted here")


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
