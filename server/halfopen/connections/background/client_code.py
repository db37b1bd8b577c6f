"""The functions of a client that work with its socket, each with the event it serves."""

from __future__ import annotations

from dataclasses import dataclass

from halfopen.connections.client_release import closure_of
from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View, view_key
from halfopen.connections.library_clients import argument, option
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At
from halfopen.semantics.queries import AnswerToken

EVENTS = ("message", "open", "close", "error")


@dataclass(frozen=True, slots=True)
class ClientCode:
    """A client's own functions.

    `handlers` are what the socket calls, by event. `runs` is all that runs for an event, `connecting` the
    functions that lead to the making of the socket, `touching` those that use it in any other way.
    """

    view: View
    handlers: dict[str, tuple[At[tree.Function], ...]]
    runs: dict[str, tuple[At[tree.Function], ...]]
    connecting: tuple[At[tree.Function], ...]
    touching: tuple[At[tree.Function], ...]

    def event_of(self, function: At[tree.Function]) -> str:
        """The first event that a function runs for, "connect", or ""."""
        for event in EVENTS:
            if function in self.runs[event]:
                return event
        return "connect" if function in self.connecting else ""

    def everything(self) -> list[At[tree.Function]]:
        """Each function once, the message's first."""
        found: dict[At[tree.Function], None] = {}
        for event in EVENTS:
            found.update(dict.fromkeys(self.runs[event]))
        found.update(dict.fromkeys(self.connecting))
        found.update(dict.fromkeys(self.touching))
        return list(found)


def client_code(site: ClientSite, view: View) -> ClientCode:
    """The code of a client, made once for all that asks."""
    key = ("client code", site.client, site.made_with)
    return site.program.queries.get(key, lambda: _gather(site, view))


def _gather(site: ClientSite, view: View) -> ClientCode:
    program = site.program
    program.queries.note(site.call.unit)
    program.queries.note(AnswerToken(view_key(site.client)))
    connecting = tuple(each for each in view.reach.functions.values() if not _is_react_function(view, each))
    makes = {each.node for each in connecting}
    handlers = {event: tuple(_handlers(site, view, event)) for event in EVENTS}
    runs = {
        event: tuple(
            each for each in closure_of(program, list(found)) if each in found or each.node not in makes
        )
        for event, found in handlers.items()
    }
    touching: dict[At[tree.Function], None] = {}
    for alias in view.held:
        function = alias.index.function_of(alias.node)
        if function is not None:
            touching[alias.to(function)] = None
    return ClientCode(view, handlers, runs, connecting, tuple(touching))


def _is_react_function(view: View, function: At[tree.Function]) -> bool:
    """A component or hook itself: its body renders, and leads to the socket only through its effects."""
    owner = view.owner.span
    return view.owner.lifetime == "mount" and (owner.unit, owner.start) == (
        function.unit,
        function.node.start,
    )


def _handlers(site: ClientSite, view: View, event: str) -> list[At[tree.Function]]:
    """The handlers on the socket, and those given to a library as options (`onMessage`)."""
    found = view.socket.handlers(site.program, view.held, event)
    made = site.made_with
    if made is not None and made.constructor.options_argument is not None:
        options = argument(site.call, made.constructor.options_argument)
        given = option(site.program, options, f"on{event.capitalize()}") if options is not None else None
        found += functions(site.program, given) if given is not None else []
    return list(dict.fromkeys(found))
