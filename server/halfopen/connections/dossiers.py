"""Makes the dossiers of a unit's connections."""

from __future__ import annotations

from halfopen.connections.assembly import client_facts, server_facts
from halfopen.connections.client_site import client_site
from halfopen.connections.client_use import used
from halfopen.connections.client_view import Client
from halfopen.connections.clients import MARKERS as CLIENT_MARKERS
from halfopen.connections.clients import client_resources, clients_in, owner_of_client
from halfopen.connections.dossier import Connection, Dossier, Owner
from halfopen.connections.endpoints import MARKERS as ENDPOINT_MARKERS
from halfopen.connections.endpoints import Endpoint, endpoints_in
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.library_calls import library_words
from halfopen.connections.library_dossiers import library_dossiers_in
from halfopen.connections.mounted_routes import mounted
from halfopen.connections.routes import route_fact, routes_of
from halfopen.connections.server_resources import server_resources
from halfopen.connections.server_site import server_site
from halfopen.connections.tables import Tables, tables_of
from halfopen.connections.urls import client_urls
from halfopen.semantics.module import Module
from halfopen.semantics.program import Program
from halfopen.semantics.unit import Unit

MARKERS = tuple(dict.fromkeys((*ENDPOINT_MARKERS, *CLIENT_MARKERS)))
"""A unit without any of these words makes no connection by itself, without a library of the tables."""


def markers(program: Program) -> tuple[bytes, ...]:
    """A file without any of these words makes no connection."""
    return (*MARKERS, *tables_of(program).markers)


def may_connect(
    tables: Tables, module: Module, unit: Unit, handed_on: frozenset[bytes] = frozenset()
) -> bool:
    """Whether a unit has a word that a connection needs; `handed_on` as `library_barrels` has them for the file."""
    if any(marker in unit.text for marker in MARKERS):
        return True
    words = library_words(tables, module) | handed_on
    return bool(words) and not words.isdisjoint(unit.words)


def dossiers_in(
    program: Program, path: str, unit: Unit, handed_on: frozenset[bytes] = frozenset()
) -> tuple[Dossier, ...]:
    """The dossiers of the connections that a unit makes, each site once."""
    module = program.module(path)
    words = handed_on
    if module is not None:
        words |= library_words(tables_of(program), module)
    found: dict[tuple[Unit, int], Dossier] = {}
    for dossier in (*library_dossiers_in(program, path, unit, words), *_own_dossiers(program, path, unit)):
        site = dossier.connection.site
        found.setdefault((site.unit, site.start), dossier)
    return tuple(found.values())


def _own_dossiers(program: Program, path: str, unit: Unit) -> tuple[Dossier, ...]:
    """Those of FastAPI and Starlette, and of the browser's own WebSocket."""
    if unit.language == "python":
        endpoints = program.queries.get(("endpoints", path, unit), lambda: endpoints_in(program, path, unit))
        return tuple(
            program.queries.get(("dossier", each), lambda each=each: _endpoint_dossier(program, each))
            for each in endpoints
        )
    clients = program.queries.get(("clients", path, unit), lambda: clients_in(program, path, unit))
    return tuple(
        program.queries.get(("dossier", each), lambda each=each: _client_dossier(program, each))
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
    routes = routes_of(program, endpoint)
    # An answer of its own: routes rest on every use of a router, resources on the handler's own code.
    resources = program.queries.get(
        ("server resources", endpoint), lambda: server_resources(program, endpoint)
    )
    return Dossier(
        connection,
        Known(owner, (Evidence(handler.span, "runs once for each connection"),)),
        route_fact(routes),
        resources,
        routes=routes,
        reachable=mounted(program, endpoint, routes),
        **server_facts(server_site(program, endpoint)),
    )


def _client_dossier(program: Program, client: Client) -> Dossier:
    program.queries.note(client.call.unit)
    owner = owner_of_client(program, client)
    name = owner.value.name if isinstance(owner, Known) else "WebSocket"
    connection = Connection(
        id=f"{client.call.span.path}:{name}",
        side="client",
        name=name,
        library=client.library,
        site=client.call.span,
        extent=owner.value.span if isinstance(owner, Known) else client.call.span,
    )
    url = client.call.to(client.call.node.arguments[0].value) if client.call.node.arguments else None
    urls = client_urls(program, url)
    return Dossier(
        connection,
        owner,
        urls.fact(),
        client_resources(program, client),
        urls=urls,
        reachable=used(program, client.call, owner),
        **client_facts(client_site(program, client)),
    )
