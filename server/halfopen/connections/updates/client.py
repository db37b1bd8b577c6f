"""What messages do to state: what a client's code says of it."""

from __future__ import annotations

from halfopen.connections.client_site import ClientSite
from halfopen.connections.delivery.sends import senders_of
from halfopen.connections.updates.collected import Collected
from halfopen.connections.updates.controls import uncorrected_controls
from halfopen.connections.updates.dispatched_drafts import dispatched_drafts
from halfopen.connections.updates.drafts import lost_drafts
from halfopen.connections.updates.effects import other_effects
from halfopen.connections.updates.facts import Updates
from halfopen.connections.updates.mutations import mutations_in
from halfopen.connections.updates.overtaken import overtaken
from halfopen.connections.updates.requested import echoes, refetches
from halfopen.connections.updates.snapshots import merged_snapshots


def updates_of_client(site: ClientSite) -> Updates:
    """The facts of one client."""
    if site.view is None:
        return Updates()
    collected = Collected(site.view)
    senders = senders_of(site.view)
    functions = dict.fromkeys((*collected.on_message, *collected.on_open, *collected.on_close))
    return Updates(
        writes=tuple(collected.writes(senders)),
        mutations=tuple(
            mutation for function in functions for mutation in mutations_in(site.program, function)
        ),
        pending=tuple(collected.pending(senders)),
        echoes=tuple(echoes(site.program, collected.message_roots, collected.on_message)),
        overtaken=tuple(overtaken(site.program, collected.message_sites.items())),
        merged_snapshots=tuple(merged_snapshots(site.program, collected.on_message, collected.on_open)),
        lost_drafts=(
            *lost_drafts(site.view, collected.received_sites.items()),
            *dispatched_drafts(site.view, collected.on_message, senders),
        ),
        uncorrected_controls=tuple(
            uncorrected_controls(
                site.program,
                senders,
                collected.closed | collected.received_sites.keys(),
                collected.on_open,
            )
        ),
        refetches=tuple(refetches(site.program, collected.message_roots, collected.on_message)),
        other_effects=other_effects(collected.on_message),
    )
