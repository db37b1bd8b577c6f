"""How an endpoint sends: what an endpoint's code says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from halfopen.connections.endpoint_code import endpoint_code
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.handling import Handling
from halfopen.connections.sending.announcing import early_announcements
from halfopen.connections.sending.broadcasts import broadcasts_of
from halfopen.connections.sending.departing import dropped_subscribers, swallowed_departures
from halfopen.connections.sending.draining import drained_queues
from halfopen.connections.sending.facts import Registry, ReplayOverlap, Sending, SendQueue
from halfopen.connections.sending.foreign import foreign_sends
from halfopen.connections.sending.forwarding import forwards
from halfopen.connections.sending.per_message import inbound_buffers, tasks_per_message
from halfopen.connections.sending.processes import bridged, reached_from
from halfopen.connections.sending.queues import send_queues
from halfopen.connections.sending.read_ahead import read_ahead
from halfopen.connections.sending.registered import Entered, entered_by, handlings_of
from halfopen.connections.sending.replay import replay_overlaps, replays
from halfopen.connections.sending.resuming import resume_parameter, snapshot_on_connect
from halfopen.connections.sending.threads import loopless_sends
from halfopen.connections.sending.unsaved import unsaved_results
from halfopen.connections.sending.unwritten import unwritten_announcements
from halfopen.connections.server_site import ServerSite
from halfopen.semantics.program import Program

Value = TypeVar("Value")


def sending_of_endpoint(site: ServerSite) -> Sending:
    """The facts of one endpoint."""
    program = site.program
    registries = entered_by(site)
    handlings = handlings_of(site)
    code = endpoint_code(site)
    overlaps = tuple(replay_overlaps(program, registries))
    return Sending(
        registries=tuple(_registry(program, each) for each in registries),
        bridged=bridged(program, registries),
        broadcasts=tuple(
            dict.fromkeys(found for each in registries for found in broadcasts_of(program, each))
        ),
        foreign_sends=tuple(
            found
            for each in registries
            for found in (*foreign_sends(program, each), *loopless_sends(program, each))
        ),
        dropped_subscribers=tuple(
            found for each in registries for found in dropped_subscribers(program, each)
        ),
        queues=tuple(found for handling in handlings for found in _queues(handling, registries)),
        tasks_per_message=tuple(found for handling in handlings for found in tasks_per_message(handling)),
        drained=tuple(found for handling in handlings for found in drained_queues(handling)),
        unsaved=tuple(unsaved_results(code)) if code is not None else (),
        forwards=tuple(forwards(program, handlings, registries)),
        snapshot_on_connect=_snapshot(
            overlaps, [snapshot_on_connect(each, registries) for each in handlings]
        ),
        resume_parameter=_first(resume_parameter(each) for each in handlings),
        replays=tuple(dict.fromkeys(found for each in handlings for found in replays(each, registries))),
        replay_overlaps=overlaps,
        early_announcements=(
            *early_announcements(program, registries),
            *unwritten_announcements(program, registries),
        ),
        swallowed_departures=tuple(
            found for handling in handlings for found in swallowed_departures(handling)
        ),
    )


def _queues(handling: Handling, registries: tuple[Entered, ...]) -> Iterator[SendQueue]:
    """What is kept of messages for or from the connection."""
    outgoing = tuple(send_queues(handling, registries))
    yield from outgoing
    yield from inbound_buffers(handling)
    yield from read_ahead(handling, {each.span for each in outgoing})


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


def _snapshot(overlaps: tuple[ReplayOverlap, ...], facts: list[Fact[bool]]) -> Fact[bool]:
    """A history that is replayed is what a client that comes back needs, even where it overlaps."""
    if overlaps:
        return Known(True, overlaps[0].evidence)
    return _first(facts)


def _first(facts: Iterable[Fact[Value]]) -> Fact[Value]:
    """The first fact that is known to hold, else the first that is known at all: one for each function of a class."""
    given = list(facts)
    known = [each for each in given if isinstance(each, Known)]
    if known:
        return next((each for each in known if each.value), known[0])
    return given[0] if given else Unknown("the endpoint's function")
