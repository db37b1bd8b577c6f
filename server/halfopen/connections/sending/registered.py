"""The registries of an endpoint: the containers of its process that it enters its connection in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfopen.connections.handling import Handling, handling_for
from halfopen.connections.registration_entries import entered
from halfopen.connections.registries import Container as Place
from halfopen.connections.registries import Registration, registrations_in, removals_in
from halfopen.connections.sending.facts import Container, Held
from halfopen.connections.sending.members import uses_of
from halfopen.connections.server_site import ServerSite
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program


@dataclass(frozen=True, slots=True)
class Entered:
    """A registry with what the code does to its container."""

    container: Place
    handling: Handling
    registrations: tuple[Registration, ...]
    """Where this endpoint's connection enters it."""
    held: Held

    @property
    def name(self) -> str:
        return str(self.container)

    @property
    def kind(self) -> Container:
        """What the clients stand in: the innermost container."""
        for each in self.registrations:
            node = each.node.node
            if isinstance(node, tree.Call) and isinstance(node.callee, tree.Member):
                return "set" if node.callee.name == "add" else "list"
        return "dict" if self.registrations else "unknown"


def handlings_of(site: ServerSite) -> tuple[Handling, ...]:
    """The functions that run for a connection: the handler's, or each method of a class of handlers."""
    if site.handling is not None:
        return (site.handling,)
    return tuple(handling_for(site.program, method, site.name) for _, method in site.methods)


def entered_by(site: ServerSite) -> tuple[Entered, ...]:
    """The registries that an endpoint enters its connection in, each once."""
    found: dict[Place, Entered] = {}
    for handling in handlings_of(site):
        registrations = entered(handling)
        for container in dict.fromkeys(each.container for each in registrations):
            mine = tuple(each for each in registrations if each.container == container)
            queues = handling.queues()
            held: Held = "queues" if any(each.value.node in queues for each in mine) else "sockets"
            found.setdefault(container, Entered(container, handling, mine, held))
    return tuple(found.values())


def functions_using(program: Program, container: Place) -> tuple[At[tree.Function], ...]:
    """The functions that name a container."""
    found: dict[tree.Node, At[tree.Function]] = {}
    for use in uses_of(program, container):
        function = use.index.function_of(use.node)
        if function is not None:
            found[function] = use.to(function)
    return tuple(found.values())


def changes_of(program: Program, container: Place) -> Iterator[tuple[At[tree.Node], bool]]:
    """Every statement that changes a container, and whether it takes something out."""
    for function in functions_using(program, container):
        for registration in registrations_in(program, function):
            if registration.container == container:
                yield registration.node, False
        for removal in removals_in(program, function):
            if removal.container == container:
                yield removal.node, True
