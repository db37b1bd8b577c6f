"""Makes the dossiers of a unit's connections."""

from __future__ import annotations

from halfopen.connections.clients import MARKERS as CLIENT_MARKERS
from halfopen.connections.clients import Client, client_resources, clients_in, owner_of_client
from halfopen.connections.dossier import Connection, Dossier, Owner
from halfopen.connections.endpoints import MARKERS as ENDPOINT_MARKERS
from halfopen.connections.endpoints import Endpoint, endpoints_in
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.server_resources import server_resources
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.unit import Unit
from halfopen.semantics.values import origins

MARKERS = tuple(dict.fromkeys((*ENDPOINT_MARKERS, *CLIENT_MARKERS)))
"""A file without any of these words makes no connection."""


def dossiers_in(program: Program, path: str, unit: Unit) -> tuple[Dossier, ...]:
    """The dossiers of the connections that a unit makes."""
    if unit.language == "python":
        endpoints = program.queries.get(("endpoints", path, unit), lambda: endpoints_in(program, path, unit))
        return tuple(
            program.queries.get(
                ("dossier", each.handler.node), lambda each=each: _endpoint_dossier(program, each)
            )
            for each in endpoints
        )
    clients = program.queries.get(("clients", path, unit), lambda: clients_in(program, path, unit))
    return tuple(
        program.queries.get(("dossier", each.call.node), lambda each=each: _client_dossier(program, each))
        for each in clients
    )


def _endpoint_dossier(program: Program, endpoint: Endpoint) -> Dossier:
    handler = endpoint.handler
    program.queries.note(handler.unit)
    connection = Connection(
        id=f"{handler.path}:{endpoint.name}",
        side="server",
        name=endpoint.name,
        library=endpoint.library,
        site=handler.span,
        extent=handler.span,
    )
    owner = Owner("endpoint", endpoint.name, "call", handler.span)
    return Dossier(
        connection,
        Known(owner, (Evidence(handler.span, "runs once for each connection"),)),
        _text_of(program, endpoint.route, "the path given where the route is registered"),
        server_resources(program, endpoint),
    )


def _client_dossier(program: Program, client: Client) -> Dossier:
    program.queries.note(client.call.unit)
    owner = owner_of_client(program, client)
    name = owner.value.name if isinstance(owner, Known) else "WebSocket"
    connection = Connection(
        id=f"{client.call.path}:{name}",
        side="client",
        name=name,
        library=client.library,
        site=client.call.span,
        extent=owner.value.span if isinstance(owner, Known) else client.call.span,
    )
    url = client.call.to(client.call.node.arguments[0].value) if client.call.node.arguments else None
    return Dossier(
        connection,
        owner,
        _text_of(program, url, "the value of the URL expression"),
        client_resources(program, client),
    )


def _text_of(program: Program, at: At[tree.Expr] | None, settled_by: str) -> Fact[str]:
    """A string that the code fixes: a literal, or a template with its gaps as `{}`."""
    if at is None:
        return Unknown(settled_by)
    for origin in origins(program, at):
        if isinstance(origin, At):
            text = literal_text(origin)
            if text is not None:
                return Known(text, (Evidence(origin.span, f"given here: {origin.text}"),))
    return Unknown(settled_by, (Evidence(at.span, f"{at.text} is not a constant"),))


def literal_text(at: At[tree.Expr]) -> str | None:
    """The text of a string literal or template; expressions in it become `{}`."""
    match at.node:
        case tree.Literal(value=str() as value):
            return value
        case tree.Template(parts=parts):
            return "".join(part if isinstance(part, str) else "{}" for part in parts)
        case tree.Operation(operator="+", operands=operands):
            pieces = [literal_text(at.to(each)) for each in operands]
            return "".join(each if each is not None else "{}" for each in pieces) if any(pieces) else None
        case _:
            return None
