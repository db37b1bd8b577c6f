"""What WS1B says of one resource: how many of it pile up, and when."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier, Resource
from halfopen_rules.estimates import (
    OPEN_FILES,
    delay_of,
    notices_after,
    outside_react,
    seconds,
    server_name,
    share,
)

_RARE = frozenset(
    {"on-send", "on-error", "uncovered", "only-when-open", "after-await", "successor", "flag-set-anew"}
)


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what leaks and on which side."""
    leaking = [each for each in dossier.resources if each.leaks]
    resource = next((each for each in leaking if each.acquired == finding.span), None)
    resource = resource or next(iter(leaking), None)
    if dossier.connection.side == "server":
        return _server(dossier, resource)
    return _client(dossier, resource, targets)


def _client(dossier: Dossier, resource: Resource | None, targets: Targets) -> Assessment:
    kind = resource.kind if resource is not None else "socket"
    leak = resource.leaks[0].kind if resource is not None else "never"
    limit = targets.connections_per_client
    if leak == "each-render":
        return Assessment(
            "A component's body runs on every render, and each run opens a connection that nothing refers to.",
            f"One socket for each render: with 1 render a second {60} connections a minute from one tab; browsers stop "
            "at 200 to 255 for one host, and the page can then open none.",
        )
    if kind == "socket":
        return Assessment(
            "The socket is referred to by its own handlers, so the browser neither collects nor closes it when its "
            "owner is gone: a zombie connection.",
            f"One live connection more for each unmount: after {limit + 1} visits one tab is above the target of {limit}, "
            f"after 20 it holds 20, and the server sends each message 20 times.",
            example=int(outside_react(dossier)),
        )
    if leak in ("rearmed", "rearmed-connecting", "flag-set-anew"):
        delay = delay_of(dossier)
        after = (
            f"{seconds(delay.initial_ms / 1000)} after"
            if delay is not None and delay.initial_ms
            else "soon after"
        )
        when = (
            "each release in the first 100 to 500 ms of a connection, seconds on a slow line"
            if leak == "rearmed-connecting"
            else "each release"
        )
        return Assessment(
            "The close event that the release causes arrives when the release is over, and takes it for a lost "
            "connection: what comes back then has no owner that could close it.",
            f"One zombie connection {after} {when}; it also survives each further drop. {limit} of them are enough to pass "
            f"the target of {limit} connections for one client.",
            example=int(outside_react(dossier)),
        )
    return Assessment(
        f"The {kind} keeps its function, and with it the state of the component that is gone, alive and running.",
        "One more for each mount: after 20 visits to the page the same work is done 20 times at each tick or event, "
        "and memory grows by what each of them holds.",
    )


def _server(dossier: Dossier, resource: Resource | None) -> Assessment:
    kind = resource.kind if resource is not None else "registration"
    leak = resource.leaks[0].kind if resource is not None else "never"
    found = notices_after(dossier)
    pings = (
        f"; the pings of {server_name(dossier)} find the dead socket after {seconds(found)}, the entry stays"
        if found
        else ""
    )
    how = (
        "if 1 connection in 100 ends this way, 10,000 of them leave 100"
        if leak in _RARE
        else "every connection leaves one, 1,000 visits a day leave 1,000"
    )
    if kind == "handler":
        return Assessment(
            "Without a receive, and without a send that fails, nothing in the handler learns of the close: a zombie "
            "connection on the server's side.",
            f"Each client that leaves keeps its task, its subscription and its memory{share(dossier)} until the process "
            f"restarts; at 1,000 visits a day that is 1,000 of each a day, and the limit of open files ({OPEN_FILES} by "
            "default) ends it for everybody.",
        )
    if leak == "one-key":
        return Assessment(
            "A function is given as the key instead of the id that it makes, and its text is the same in every call.",
            "With two clients one receives 0 % of the messages, with a hundred 99 do; 100 % of the departures remove the entry of "
            "the client that came last.",
        )
    if leak == "successor":
        return Assessment(
            "The old connection's cleanup runs after the new one has taken its slot, and removes by key instead of by socket.",
            "On each reconnect that is faster than the end of the old connection (the rule for a page reload), the client "
            "is connected and receives 0 % of the messages until it reconnects again.",
        )
    if leak == "closed-under":
        return Assessment(
            "A session that is closed opens a transaction anew when it is used again, but the objects that it had loaded are no "
            "more its own: what changes on them is not written, and what they have not loaded yet raises.",
            "Each run whose client leaves before its end, be it 1 in 10, stops being stored there: its state stays what it was, "
            "and the connection that it takes from the pool (15 with SQLAlchemy's defaults) is given back by nobody.",
        )
    if kind == "registration":
        return Assessment(
            "The entry outlives its socket: the registry grows, and each broadcast tries the dead sockets first to last.",
            f"{how[0].upper()}{how[1:]}{share(dossier)}{pings}. One failing send in a loop that does not guard each "
            "send keeps the message from all clients after it.",
        )
    return Assessment(
        f"The {kind} runs on and holds its socket, its memory and what it is subscribed to.",
        f"{how[0].upper()}{how[1:]}{share(dossier)}: it goes on working for nobody until the process restarts.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """What is acquired is released."""
    for each in dossier.resources:
        if each.released_by and not each.leaks:
            yield Mitigation(
                f"the {each.kind} `{each.what}` is released with its owner", each.released_by[:2]
            )


ACCOUNT = Account(assess, mitigations)
