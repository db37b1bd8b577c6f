"""How an endpoint sends: what an endpoint's code says of it."""

from __future__ import annotations

from halfopen.connections.facts import Evidence
from halfopen.connections.sending.announcing import early_announcements
from halfopen.connections.sending.broadcasts import broadcasts_of
from halfopen.connections.sending.departing import dropped_subscribers, swallowed_departures
from halfopen.connections.sending.facts import Registry, Sending
from halfopen.connections.sending.foreign import foreign_sends
from halfopen.connections.sending.per_message import inbound_buffers, tasks_per_message
from halfopen.connections.sending.processes import bridged, reached_from
from halfopen.connections.sending.queues import send_queues
from halfopen.connections.sending.registered import Entered, entered_by, handlings_of
from halfopen.connections.sending.replay import replay_overlaps
from halfopen.connections.server_site import ServerSite
from halfopen.semantics.program import Program


def sending_of_endpoint(site: ServerSite) -> Sending:
    """The facts of one endpoint."""
    program = site.program
    registries = entered_by(site)
    handlings = handlings_of(site)
    return Sending(
        registries=tuple(_registry(program, each) for each in registries),
        bridged=bridged(program, registries),
        broadcasts=tuple(
            dict.fromkeys(found for each in registries for found in broadcasts_of(program, each))
        ),
        foreign_sends=tuple(found for each in registries for found in foreign_sends(program, each)),
        dropped_subscribers=tuple(
            found for each in registries for found in dropped_subscribers(program, each)
        ),
        queues=tuple(
            found
            for handling in handlings
            for found in (*send_queues(handling, registries), *inbound_buffers(handling))
        ),
        tasks_per_message=tuple(found for handling in handlings for found in tasks_per_message(handling)),
        replay_overlaps=tuple(replay_overlaps(program, registries)),
        early_announcements=tuple(early_announcements(program, registries)),
        swallowed_departures=tuple(
            found for handling in handlings for found in swallowed_departures(handling)
        ),
    )


def _registry(program: Program, entered: Entered) -> Registry:
    first = entered.registrations[0].node
    what = "a queue of the connection" if entered.held == "queues" else "the connection"
    return Registry(
        entered.name,
        entered.held,
        first.span,
        reached_from(program, entered),
        (Evidence(first.span, f"{what} enters {entered.name} here"),),
    )
