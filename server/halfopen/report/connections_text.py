"""The connections of a repository as cards for a person, with the map of clients and endpoints at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from rich.console import Console
from rich.text import Text

from halfopen.audit.plain import words_of
from halfopen.report.page import Page, page_for
from halfopen.report.printable import one_line
from halfopen.report.result import (
    AuditResult,
    Place,
    ReportedConnection,
    ReportedEvidence,
    ReportedFact,
    ReportedLink,
    ReportedResource,
)

_LABEL_CELLS = 14
_EVIDENCE_SHOWN = 4
_VALUE_CHARACTERS = 160
_LIFETIMES = {
    "mount": "as long as it is mounted",
    "instance": "as long as the object",
    "page": "as long as the page",
    "call": "one run for each connection",
}
_LEAKS = {
    "never": "nothing releases it",
    "no-cleanup": "the effect returns no cleanup",
    "not-in-cleanup": "the cleanup does not release it",
    "each-render": "made anew by each render",
    "only-when-open": "released only in one state of the socket",
    "first-alone": "only the first one is released, not those that a reconnect makes",
    "previous": "the cleanup releases what was there before it",
    "after-await": "made after a pause in which its owner may have gone",
    "rearmed": "its release sets off a handler that makes it anew",
    "rearmed-connecting": "its release while it is connecting sets off a handler that makes it anew",
    "flag-set-anew": "its release makes it anew, for the flag against that is set back too early",
    "uncleared": "the release leaves it running",
    "on-disconnect": "a disconnect skips its release",
    "on-send": "a client that leaves during a send skips its release",
    "on-error": "an exception skips its release",
    "uncovered": "an exception that no clause takes skips its release",
    "unreached": "the handler ends without its release",
    "shadowed": "a broader except clause stands before the one that releases it",
    "successor": "its release may remove another connection's entry",
    "one-key": "all connections share one key, and its release removes the newest entry",
    "unread": "nothing notices that the client left",
    "awaited": "the failure of a task that the cleanup awaits skips its end",
    "gathered": "the end of what it is gathered with does not end it",
    "overwritten": "another one takes its only place",
    "reopened": "another one takes its only place when an effect runs again",
    "left": "left to its users, none of whose cleanups releases it",
}
_ITEMS = {
    "endpoints": "Endpoints",
    "message_format": "Messages",
    "authentication": "Sign-in",
    "state_management": "State",
    "deployment": "Deployment",
    "reverse_proxy": "Proxy",
}


def write_connections(result: AuditResult, console: Console) -> None:
    """Write a card for each connection, the environment, and the map."""
    page = page_for(console)
    by_id = {each.id: each for each in result.connections}
    for connection in result.connections:
        _write_card(page, connection, by_id)
    if not result.connections:
        page.write(Text("There is no WebSocket endpoint or client here."))
        return
    _write_environment(page, result.environment)
    _write_map(page, result.connections, by_id)


# --- a card ------------------------------------------------------------------------------------


def _write_card(page: Page, connection: ReportedConnection, by_id: Mapping[str, ReportedConnection]) -> None:
    page.heading(who(connection), where(connection.place))
    _write_address(page, connection)
    _write_owner(page, connection)
    _write_resources(page, connection.resources, connection.place.path)
    _write_links(page, connection.links, by_id)
    _write_groups(page, connection)
    page.blank()


def _write_groups(page: Page, connection: ReportedConnection) -> None:
    """The groups of facts, a line for each fact: its value and where that is said, or what would settle it."""
    said = {each.settled_by for each in connection.facts.values() if isinstance(each, ReportedFact)}
    for position, question in enumerate(each for each in connection.open_questions if each not in said):
        _row(page, "unknown" if position == 0 else "", Text(one_line(question), "yellow"))
    before = ""
    for name, fact in connection.facts.items():
        group, dot, entry = name.partition(".")
        if not dot or not isinstance(fact, ReportedFact):
            continue
        label = "" if group == before else group
        before = group
        title = f"{entry.replace('_', ' ')}: "
        if fact.known:
            value = _short(one_line(words_of(fact.value))) or "yes"
            place = _near(fact.evidence[0].place, connection.place.path) if fact.evidence else ""
            _row(page, label, Text.assemble((title, "dim"), value, (f"  {place}", "cyan")))
        else:
            text = f"unknown; settled by {one_line(fact.settled_by or '')}"
            _row(page, label, Text.assemble((title, "dim"), (text, "yellow")))


def _short(text: str) -> str:
    return text if len(text) <= _VALUE_CHARACTERS else f"{text[: _VALUE_CHARACTERS - 1]}…"


def _write_address(page: Page, connection: ReportedConnection) -> None:
    label = "route" if connection.side == "server" else "address"
    fact = connection.facts.get("url")
    if not isinstance(fact, ReportedFact):
        return
    if not fact.known:
        _row(page, label, Text("not known", "yellow"))
        _write_evidence(page, fact.evidence)
        return
    for position, address in enumerate(str(fact.value).split(" or ")):
        _row(page, label if position == 0 else "or", Text(one_line(address), "bold"))
    _write_evidence(page, fact.evidence)


def _write_owner(page: Page, connection: ReportedConnection) -> None:
    fact = connection.facts.get("owner")
    if not isinstance(fact, ReportedFact) or not fact.known or not hasattr(fact.value, "get"):
        return
    owner = cast(Mapping[str, object], fact.value)
    lifetime = _LIFETIMES.get(str(owner.get("lifetime")), "")
    if connection.side == "client" and owner.get("lifetime") == "call":
        lifetime = "as long as one call"
    kind, name = str(owner.get("kind")), one_line(str(owner.get("name")))
    text = f"{kind} {name}" if kind != "endpoint" else "the endpoint"
    _row(page, "owner", Text(f"{text}; {lifetime}" if lifetime else text))


def _write_resources(page: Page, resources: Iterable[ReportedResource], path: str) -> None:
    for position, resource in enumerate(resources):
        title = Text.assemble(
            f"{resource.kind} ",
            (one_line(resource.what), "bold"),
            "  ",
            (_near(resource.place, path), "cyan"),
        )
        _row(page, "holds" if position == 0 else "", title)
        for leak in resource.leaks:
            said = _LEAKS.get(leak.kind, leak.kind)
            places = ", ".join(_near(each.place, path) for each in leak.evidence[:2])
            _row(page, "", Text.assemble((f"leaks: {said}", "red"), (f"  {places}", "cyan")), 2)
        released = list(dict.fromkeys(_near(each.place, path) for each in resource.released_by))
        if released:
            _row(page, "", Text.assemble("released  ", (", ".join(released[:3]), "cyan")), 2)
        elif not resource.leaks:
            _row(page, "", Text("no leak found", "dim"), 2)


def _write_links(page: Page, links: Iterable[ReportedLink], by_id: Mapping[str, ReportedConnection]) -> None:
    shown = [(by_id[each.other], each) for each in links if each.other in by_id]
    for position, (other, link) in enumerate(shown):
        sure = "" if link.strength == "certain" else " (likely)"
        text = Text.assemble(
            page.both_ways, " ", who(other), (sure, "yellow"), "  ", (where(other.place), "cyan")
        )
        _row(page, "other side" if position == 0 else "", text)
    if not shown:
        _row(page, "other side", Text("none found in this repository", "dim"))


def _write_evidence(page: Page, evidence: Sequence[ReportedEvidence]) -> None:
    for each in list(dict.fromkeys(evidence))[:_EVIDENCE_SHOWN]:
        _row(page, "", Text.assemble((where(each.place), "cyan"), "  ", (one_line(each.text), "dim")))


def _row(page: Page, label: str, text: Text, more: int = 0) -> None:
    """A labelled line of a card."""
    page.labelled(Text(f"{label:<{_LABEL_CELLS + more}}", "dim"), text, 2)


# --- all of them -------------------------------------------------------------------------------


def _write_environment(page: Page, environment: Mapping[str, ReportedFact]) -> None:
    if not environment:
        return
    page.heading(Text("Environment", "bold"), "")
    for name, fact in environment.items():
        label = _ITEMS.get(name, name)
        if fact.known:
            _row(page, label, Text(one_line(fact_text(name, fact))))
        else:
            _row(page, label, Text(f"needs confirmation: {one_line(fact.settled_by or '')}", "yellow"))
    page.blank()


def fact_text(name: str, fact: ReportedFact) -> str:
    """A known item of the environment in words."""
    value = fact.value
    if name == "endpoints" and not isinstance(value, str):
        paths = [str(each) for each in cast(Sequence[object], value)]
        return f"single: {paths[0]}" if len(paths) == 1 else f"{len(paths)}: {', '.join(paths)}"
    return str(value)


def _write_map(
    page: Page, connections: Sequence[ReportedConnection], by_id: Mapping[str, ReportedConnection]
) -> None:
    page.heading(Text("Map", "bold"), "")
    for endpoint in (each for each in connections if each.side == "server"):
        path = _address(endpoint) or "(path not known)"
        page.write(
            Text.assemble((path, "bold"), f"  {one_line(endpoint.name)}  ", (where(endpoint.place), "cyan")),
            2,
            2,
        )
        links = [each for each in endpoint.links if each.other in by_id]
        for link in links:
            client = by_id[link.other]
            sure = "" if link.strength == "certain" else " (likely)"
            text = Text.assemble(
                page.both_ways,
                f" {one_line(client.name)}",
                (sure, "yellow"),
                "  ",
                (where(client.place), "cyan"),
            )
            page.write(text, 4, 2)
        if not links:
            page.write(Text("no client in this repository", "dim"), 4)
    alone = [each for each in connections if each.side == "client" and not each.links]
    if alone:
        page.write(Text("Clients without an endpoint in this repository"), 2)
        for client in alone:
            address = _address(client) or "address not known"
            text = Text.assemble(f"{one_line(client.name)}  ", (where(client.place), "cyan"), f"  {address}")
            page.write(text, 4, 2)


def _address(connection: ReportedConnection) -> str:
    fact = connection.facts.get("url")
    return one_line(str(fact.value)) if isinstance(fact, ReportedFact) and fact.known else ""


def who(connection: ReportedConnection) -> Text:
    """A connection by its side, name and library."""
    side = "client" if connection.side == "client" else "endpoint"
    return Text.assemble(
        (f"{side} {one_line(connection.name)}", "bold"), (f" ({one_line(connection.library)})", "dim")
    )


def where(place: Place) -> str:
    return f"{one_line(place.path)}:{place.line}"


def _near(place: Place, path: str) -> str:
    """A place, by its line alone where the file is the card's own."""
    return f"line {place.line}" if place.path == path else where(place)
