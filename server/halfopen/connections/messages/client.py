"""What is said: what a client's code says of it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_site import ClientSite
from halfopen.connections.messages.facts import Messages
from halfopen.connections.messages.inbound import inbound_of
from halfopen.connections.messages.logs import logged_messages, logged_values
from halfopen.connections.messages.received import received_by_client
from halfopen.semantics import tree
from halfopen.semantics.program import At


def messages_of_client(site: ClientSite) -> Messages:
    """The facts of one client."""
    program = site.program
    inbound, journey = inbound_of(
        program, received_by_client(site), lambda _: False, lambda _: True, defaults_suffice=True
    )
    return Messages(
        inbound=inbound,
        logged=(*logged_messages(program, journey), *logged_values(program, _code_of(site))),
    )


def _code_of(site: ClientSite) -> Iterator[At[tree.Node]]:
    """The statement that the client is made in: its hook, class, store or function."""
    for statement in site.call.unit.body:
        yield site.call.to(statement)
