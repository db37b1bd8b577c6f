"""What is said: what a client's code says of it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.client import address_with_credential
from halfopen.connections.client_site import ClientSite
from halfopen.connections.messages.facts import Messages
from halfopen.connections.messages.inbound import inbound_of
from halfopen.connections.messages.logs import (
    logged_addresses,
    logged_contents,
    logged_messages,
    logged_values,
)
from halfopen.connections.messages.payloads import payloads_of_client
from halfopen.connections.messages.received import received_by_client
from halfopen.connections.messages.service_keys import service_keys_sent
from halfopen.connections.messages.types_handled import completeness, rest_of, types_handled
from halfopen.connections.messages.types_sent import types_sent
from halfopen.semantics import tree
from halfopen.semantics.program import At


def messages_of_client(site: ClientSite) -> Messages:
    """The facts of one client."""
    program = site.program
    inbound, journey = inbound_of(
        program, received_by_client(site), lambda _: False, lambda _: True, defaults_suffice=True
    )
    sends = types_sent(program, payloads_of_client(site), peer="python")
    handles = types_handled(program, journey)
    return Messages(
        sent=tuple(sends.types.values()),
        handled=tuple(handles.types.values()),
        sends_only=completeness(sends.complete and bool(sends.types), "what each send is given"),
        handles_only=completeness(
            handles.complete and bool(handles.types), "what the handler compares the type with"
        ),
        handles_rest=rest_of(handles),
        inbound=inbound,
        disclosed=tuple(service_keys_sent(program, payloads_of_client(site))),
        logged=(
            *logged_messages(program, journey),
            *logged_contents(program, journey),
            *logged_values(program, _code_of(site)),
            *logged_addresses(program, _code_of(site), *address_with_credential(site)),
        ),
    )


def _code_of(site: ClientSite) -> Iterator[At[tree.Node]]:
    """The statement that the client is made in: its hook, class, store or function."""
    for statement in site.call.unit.body:
        yield site.call.to(statement)
