"""What a client may show to be let in: parameters that the framework fills, and what is read of the handshake."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.credentials import (
    carrier_of,
    credential_name,
    injected_carrier,
    is_credential_name,
)
from halfopen.connections.admission.facts import Credential
from halfopen.connections.admission.guard import Guard
from halfopen.connections.admission.timeline import fills_cookie
from halfopen.connections.facts import Evidence
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.injection import dependency_calls
from halfopen.semantics.program import At, Program, own_nodes


def credentials_shown(
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
