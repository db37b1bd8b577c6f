"""What messages do to state: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.updates.applied import handlers_of, runs
from halfopen.connections.updates.facts import Mutation, Updates
from halfopen.connections.updates.mutations import mutations_in


def updates_of_client(site: ClientSite) -> Updates:
    """The facts of one client."""
    if site.view is None:
        return Updates()
    return Updates(mutations=_mutations(site.view))


def _mutations(view: View) -> tuple[Mutation, ...]:
    """The changes in place by all that runs because of the socket's events."""
    roots = [each for event in ("message", "open", "close", "error") for each in handlers_of(view, event)]
    return tuple(
        mutation
        for function in runs(view.program, list(dict.fromkeys(roots)))
        for mutation in mutations_in(view.program, function)
    )
