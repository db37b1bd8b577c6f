"""Finds the native WebSocket clients of a unit, and what each acquires that must end with its owner."""

from __future__ import annotations

from dataclasses import replace

from halfopen.connections.client_reconnect import reconnects
from halfopen.connections.client_socket import socket_resource
from halfopen.connections.client_upkeep import intervals, listeners
from halfopen.connections.client_view import Client, view_of
from halfopen.connections.dossier import Owner, Resource
from halfopen.connections.facts import Evidence, Fact, Known
from halfopen.connections.sending_intervals import sending_intervals
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.unit import Unit

MARKERS = (b"WebSocket",)
"""A file without any of these words makes no native socket."""


def clients_in(program: Program, path: str, unit: Unit) -> list[Client]:
    """The sockets that a unit's code makes; `a ? new WebSocket(x) : new WebSocket(y)` makes one.

    Tests and declarations make none that ship.
    """
    if not any(marker in unit.text for marker in MARKERS) or not is_shipped(path):
        return []
    from halfopen.semantics.scopes import index_of

    program.queries.note(unit)
    index = index_of(unit)
    found: list[Client] = []
    choices: set[tree.Node] = set()
    for call in index.calls:
        if not call.is_new or not isinstance(call.callee, tree.Name | tree.Member):
            continue
        if not _is_browsers(program, At(path, unit, call.callee)):
            continue
        choice = index.parents.get(call)
        if isinstance(choice, tree.Conditional):
            if choice in choices:
                continue
            choices.add(choice)
        found.append(Client(At(path, unit, call), "native"))
    return found


def _is_browsers(program: Program, callee: At[tree.Expr]) -> bool:
    """Whether an expression may be the browser's own class, also as the default of an option that is taken apart."""
    if "WebSocket" in qualified(program, callee):
        return True
    binding = callee.index.bindings.get(callee.node) if isinstance(callee.node, tree.Name) else None
    defaults = [callee.index.parents.get(each.target) for each in binding.definitions] if binding else []
    return any(
        isinstance(each, tree.AssignExpr) and "WebSocket" in qualified(program, callee.to(each.value))
        for each in defaults
    )


def owner_of_client(program: Program, client: Client) -> Fact[Owner]:
    """Who the socket lives and dies with."""
    owner = view_of(program, client).owner
    return Known(owner, (Evidence(owner.span, f"{owner.name} makes the socket"),))


def client_resources(program: Program, client: Client) -> tuple[Resource, ...]:
    """The socket, its reconnect timers, intervals and listeners, with the leaks of each."""
    view = view_of(program, client)
    found = [socket_resource(view)]
    if not found[0].leaks or found[0].leaks[0].kind in (
        "after-await",
        "only-when-open",
        "first-alone",
        "previous",
    ):
        found += reconnects(view)
    if view.roots:
        found += intervals(view)
        found += listeners(view)
    found += sending_intervals(view, frozenset(each.acquired for each in found))
    if client.call.path != client.call.span.path:
        # A fix reads the whole file as code, which the file around a script is not.
        return tuple(replace(each, repair=None) for each in found)
    return tuple(found)
