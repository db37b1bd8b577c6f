"""Makes the dossiers of the connections that libraries and frameworks of the tables make."""

from __future__ import annotations

from halfopen.connections.assembly import client_facts, server_facts
from halfopen.connections.client_site import client_site
from halfopen.connections.clients import client_resources, owner_of_client
from halfopen.connections.consumer_resources import consumer_resources
from halfopen.connections.dossier import Connection, Dossier, Owner, Resource
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.framework_endpoints import FrameworkEndpoint, framework_endpoints_in
from halfopen.connections.library_clients import LibraryClient, library_clients_in
from halfopen.connections.paths import segments_of
from halfopen.connections.python_clients import owner_of_python_client
from halfopen.connections.route_patterns import path_of_pattern
from halfopen.connections.routes import Route, route_fact
from halfopen.connections.server_site import server_site
from halfopen.connections.strings import texts_of
from halfopen.connections.urls import client_urls
from halfopen.semantics import tree
from halfopen.semantics.program import Program
from halfopen.semantics.unit import Unit


def library_dossiers_in(
    program: Program, path: str, unit: Unit, words: frozenset[bytes]
) -> tuple[Dossier, ...]:
    """The dossiers of the connections that a unit makes with libraries.

    `words` are those of `library_words` for the unit's file; a unit with none of them uses no library.
    """
    if words.isdisjoint(unit.words):
        return ()
    # The words are part of the key: they decide which calls were looked at.
    endpoints = program.queries.get(
        ("framework endpoints", path, unit, words), lambda: framework_endpoints_in(program, path, unit)
    )
    clients = program.queries.get(
        ("library clients", path, unit, words), lambda: library_clients_in(program, path, unit)
    )
    return (
        *(
            program.queries.get(("library dossier", each), lambda each=each: _endpoint_dossier(program, each))
            for each in endpoints
        ),
        *(
            program.queries.get(("library dossier", each), lambda each=each: _client_dossier(program, each))
            for each in clients
        ),
    )


def _endpoint_dossier(program: Program, endpoint: FrameworkEndpoint) -> Dossier:
    handler = endpoint.handler
    program.queries.note(handler.unit)
    connection = Connection(
        id=f"{handler.span.path}:{endpoint.name}",
        side="server",
        name=endpoint.name,
        library=endpoint.library,
        site=handler.span,
        extent=handler.span,
    )
    said = (
        "takes every connection" if isinstance(handler.node, tree.Call) else "runs once for each connection"
    )
    owner = Owner("endpoint", endpoint.name, "call", handler.span)
    routes = _routes(program, endpoint)
    return Dossier(
        connection,
        Known(owner, (Evidence(handler.span, said),)),
        route_fact(routes),
        consumer_resources(program, endpoint),
        routes=routes,
        **server_facts(server_site(program, endpoint)),
    )


def _routes(program: Program, endpoint: FrameworkEndpoint) -> tuple[Route, ...]:
    """The paths that its route may be, as far as one expression gives them."""
    if endpoint.route is None:
        return ()
    evidence = (Evidence(endpoint.route.span, f"the route of {endpoint.name}: {endpoint.route.text}"),)
    found: list[Route] = []
    for text in texts_of(program, endpoint.route).texts:
        shown = "".join(piece if isinstance(piece, str) else f"{{{piece.name}}}" for piece in text)
        path = path_of_pattern(shown)
        slash_at_end = path.endswith("/") and len(path) > 1
        found.append(Route(segments_of(path), slash_at_end, True, None, evidence))
    return tuple(dict.fromkeys(found))


def _client_dossier(program: Program, found: LibraryClient) -> Dossier:
    client = found.client
    call = client.call
    program.queries.note(call.unit)
    is_python = call.unit.language == "python"
    owner = owner_of_python_client(client) if is_python else owner_of_client(program, client)
    name = owner.value.name if isinstance(owner, Known) else client.library
    connection = Connection(
        id=f"{call.span.path}:{name}",
        side="client",
        name=name,
        library=client.library,
        site=call.span,
        extent=owner.value.span if isinstance(owner, Known) else call.span,
    )
    resources: tuple[Resource, ...] = ()
    if not is_python and not found.closes_itself(program):
        resources = client_resources(program, client)
    urls = client_urls(program, found.url)
    facts = client_facts(client_site(program, client, found))
    return Dossier(connection, owner, urls.fact(), resources, urls=urls, **facts)
