"""How an endpoint comes to know who the client is: what its checks, its guards and its code say of it."""

from __future__ import annotations

import re

from halfopen.connections.admission.adapted import adapted_view
from halfopen.connections.admission.checks import CHECKS_NOTHING
from halfopen.connections.admission.credentials import credential_in, credential_name
from halfopen.connections.admission.entering import functions_of
from halfopen.connections.admission.facts import Authentication, Check, Credential
from halfopen.connections.admission.guard import Guard
from halfopen.connections.admission.refusals import refuses_by
from halfopen.connections.admission.timeline import Event
from halfopen.connections.admission.verification import is_check_name
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Unknown
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.qualified_names import qualified

_RESOURCE = re.compile(
    r"db|database|session|redis|settings|config|manager|service|client|logger|pool|cache|queue|engine|store|repo|hub|bus"
    r"|lang|locale|pagination|storage|factory|container|provider",
    re.IGNORECASE,
)
"""What a dependency is called that hands something to the handler, and asks nobody anything."""


def authentication_of(
    site: ServerSite,
    checks: tuple[Check, ...],
    events: list[Event],
    credentials: tuple[Credential, ...],
    guards: list[Guard],
) -> Fact[Authentication]:
    """What is known of who asks, the surest first."""
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
    view = adapted_view(site)
    if view is not None:
        return Unknown(f"what each {view.text} asks of a client", (Evidence(view.span, "serves the client"),))
    return Known("none")


def _presence(site: ServerSite, guards: list[Guard], events: list[Event]) -> Evidence | None:
    """`if not token: close` is all that is asked."""
    asking = [each.function for each in guards if each.function is not None]
    asking += functions_of(site)
    asking += [each.function for each in events if each.function is not None]
    for function in dict.fromkeys(asking):
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
        if any("." in each and not each.startswith(CHECKS_NOTHING) for each in names) and refuses_by(
            root, node
        ):
            return root.to(node)
    return None
