"""What sends are given: the argument of every send of an endpoint or a client, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_site import ClientSite
from halfopen.connections.endpoints import socket_parameter
from halfopen.connections.framework_endpoints import FrameworkEndpoint
from halfopen.connections.handler_flow import SENDERS
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.names import method_call
from halfopen.semantics.program import At, own_nodes


def payloads_of_endpoint(site: ServerSite) -> tuple[At[tree.Expr], ...]:
    """The arguments of an endpoint's sends, those of broadcasts included."""
    found = [*_through_sockets(site), *_of_consumer(site)]
    return tuple(dict.fromkeys(found))


def _through_sockets(site: ServerSite) -> Iterator[At[tree.Expr]]:
    if site.handling is None:
        return
    for alias in _sockets(site):
        yield from _given_to(alias, SENDERS)


def _sockets(site: ServerSite) -> list[At[tree.Expr]]:
    assert site.handling is not None
    if isinstance(site.endpoint, FrameworkEndpoint):
        return list(site.endpoint.sockets)
    root = site.handling.root
    parameter = socket_parameter(site.program, root)
    return aliases_of_target(site.program, root.to(parameter.target)) if parameter is not None else []


def _given_to(alias: At[tree.Expr], methods: frozenset[str]) -> Iterator[At[tree.Expr]]:
    called = method_call(alias)
    if called is not None and called[0] in methods and called[1].node.arguments:
        yield called[1].to(called[1].node.arguments[0].value)


def _of_consumer(site: ServerSite) -> Iterator[At[tree.Expr]]:
    """`self.send(text_data=…)`, `self.send_json({…})` in a class of handlers."""
    for klass in dict.fromkeys(
        function.to(owner)
        for _, function in site.methods
        if (owner := function.index.class_of(function.node)) is not None
    ):
        site.program.queries.note(klass.unit)
        for function in klass.index.functions:
            if klass.index.class_of(function) is not klass.node:
                continue
            for node in own_nodes(klass.to(function)):
                match node:
                    case tree.Call(
                        callee=tree.Member(
                            name="send" | "send_json" | "write_message", object=tree.Name(id=name)
                        ),
                        arguments=(first, *_),
                    ) if name == function.receiver:
                        yield klass.to(first.value)
                    case _:
                        pass


def payloads_of_client(site: ClientSite) -> tuple[At[tree.Expr], ...]:
    """The arguments of a client's sends."""
    view = site.view
    if view is None:
        return ()
    methods = frozenset(view.socket.interface.send)
    return tuple(dict.fromkeys(each for alias in view.held for each in _given_to(alias, methods)))
