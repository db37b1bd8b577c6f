"""An endpoint as the extractors of its facts see it: who serves, with which socket, and all that runs for it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from halfopen.connections.endpoints import Endpoint
from halfopen.connections.event_handlers import LIBRARY, EventServer, event_server
from halfopen.connections.framework_endpoints import FrameworkEndpoint
from halfopen.connections.handler_flow import Sockets
from halfopen.connections.handling import Handling, handling_for
from halfopen.semantics import tree
from halfopen.semantics.members import members
from halfopen.semantics.program import At, Program

METHODS = (
    "connect", "websocket_connect", "open", "on_accept", "on_connect",
    "receive", "receive_json", "websocket_receive", "on_message", "on_receive",
    "disconnect", "websocket_disconnect", "on_close", "on_disconnect", "close",
)  # fmt: skip
"""What frameworks call on a class of handlers: Channels, Tornado, Starlette's WebSocketEndpoint, Litestar."""


@dataclass(frozen=True, slots=True)
class ServerSite:
    """An endpoint with all that its facts are read from.

    `handling` is there for a handler that is a function (FastAPI, Starlette, aiohttp, `websockets`): its
    socket's expressions and the functions that run for it. `methods` are those of a class of handlers, by
    name. A server that is made by one call (`ws`) has neither; that of python-socketio has `events`, the handlers that
    the workspace registers on it.
    """

    program: Program
    endpoint: Endpoint | FrameworkEndpoint
    handling: Handling | None
    methods: tuple[tuple[str, At[tree.Function]], ...] = ()
    events: EventServer | None = None

    @property
    def name(self) -> str:
        return self.endpoint.name

    @property
    def library(self) -> str:
        return self.endpoint.library


def server_site(program: Program, endpoint: Endpoint | FrameworkEndpoint) -> ServerSite:
    """The site of an endpoint, made once for all of its facts."""
    return program.queries.get(site_key(endpoint), lambda: _make(program, endpoint))


def site_key(endpoint: Endpoint | FrameworkEndpoint) -> Hashable:
    """The key of the answer that an endpoint's site is."""
    return ("server site", endpoint)


def _make(program: Program, endpoint: Endpoint | FrameworkEndpoint) -> ServerSite:
    handler = endpoint.handler
    program.queries.note(handler.unit)
    match handler.node:
        case tree.Function() as function:
            handling = handling_for(program, handler.to(function), endpoint.name)
            if isinstance(endpoint, FrameworkEndpoint) and endpoint.sockets:
                sockets = Sockets(frozenset(each.node for each in endpoint.sockets))
                handling = Handling(program, handling.root, sockets, handling.reachable, endpoint.name)
            return ServerSite(program, endpoint, handling)
        case tree.Class() as klass:
            found = tuple(
                (name, value.to(value.node))
                for name in METHODS
                for value in members(program, handler.to(klass), name)
                if isinstance(value.node, tree.Function)
            )
            return ServerSite(program, endpoint, None, found)
        case tree.Call() as call if endpoint.library == LIBRARY:
            return ServerSite(program, endpoint, None, events=event_server(program, handler.to(call)))
        case _:
            return ServerSite(program, endpoint, None)
