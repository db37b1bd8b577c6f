"""A status that is set once the promise of connecting is kept, and that no end of the connection takes back."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from halfopen.connections.client_release import closers, closure_of
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.presentation.display import Reach, reach_of_target
from halfopen.connections.presentation.facts import PromisedStatus
from halfopen.connections.presentation.set_states import target_of_hook
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.writes import Site, writes_everywhere, writes_in
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes

_OF_CONNECTION = re.compile(r"connect|online|live|socket|(^|_)ws", re.IGNORECASE)
"""What a state is called, or set to, that says that there is a connection."""


def promised_status(view: View) -> tuple[PromisedStatus, ...]:
    """The shown states that are set where connecting is waited for, and else only where that fails or is let go of."""
    found: dict[tree.Node, PromisedStatus] = {}
    released = {each.node for each in view.released}
    for function in view.reach.functions.values():
        if not is_shipped(function.path):
            continue
        for call in _connects(view, function):
            for site in _set_then(view, function, call):
                target = target_of_hook(site.slot.home)
                if (
                    not _says_connected(site)
                    or target is None
                    or any(not _is_about(view, each, released) for each in _others(view, site))
                    or reach_of_target(view.program, target).reach is not Reach.SHOWN
                ):
                    continue
                found.setdefault(
                    site.slot.home.node,
                    PromisedStatus(
                        site.slot.key,
                        site.call.span,
                        (Evidence(call.span, "waits for the connection"),),
                    ),
                )
    return tuple(found.values())


def _connects(view: View, function: At[tree.Function]) -> Iterator[At[tree.Call]]:
    """The calls in a function that lead to the socket."""
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and any(
            each.node in view.reach.functions for each in functions(view.program, function.to(node.callee))
        ):
            yield function.to(node)


def _set_then(view: View, function: At[tree.Function], call: At[tree.Call]) -> Iterator[Site]:
    """The states of React set after `await connect()`, or in `connect().then(...)`."""
    parent = call.parent
    if isinstance(parent, tree.Await):
        for site in writes_in(view.program, function):
            if not site.slot.is_store and site.call.node.start > parent.end and not _is_caught(site):
                yield site
    user = call.index.parents.get(parent) if isinstance(parent, tree.Member) else None
    if isinstance(parent, tree.Member) and parent.name == "then" and isinstance(user, tree.Call):
        for argument in user.arguments[:1]:
            for then in functions(view.program, call.to(argument.value)):
                yield from (each for each in writes_in(view.program, then) if not each.slot.is_store)


def _is_caught(site: Site) -> bool:
    return any(isinstance(each, tree.Handler) for each in site.call.index.ancestors(site.call.node))


def _says_connected(site: Site) -> bool:
    """`setConnected(true)`, `setStatus("connected")`."""
    value = site.value.node.value if isinstance(site.value.node, tree.Literal) else None
    return (value is True and _OF_CONNECTION.search(site.slot.key) is not None) or (
        isinstance(value, str) and _OF_CONNECTION.search(value) is not None
    )


def _others(view: View, site: Site) -> list[Site]:
    return [
        each
        for each in writes_everywhere(view.program, site.slot)
        if each.call.node is not site.call.node and not _says_connected(each)
    ]


def _is_about(view: View, site: Site, released: Container[tree.Node]) -> bool:
    """Whether a write tells that connecting has failed, or that the page itself has let go: no end that comes by itself."""
    if not isinstance(site.value.node, tree.Literal):
        return False
    if _is_caught(site):
        return True
    for ancestor in site.call.index.ancestors(site.call.node):
        if not isinstance(ancestor, tree.Function):
            continue
        if ancestor in released or closers(view.socket, closure_of(view.program, [site.call.to(ancestor)])):
            return True
        argument = site.call.index.parents.get(ancestor)
        call = site.call.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
        return isinstance(call, tree.Call) and last_name(call.callee) == "catch"
    return False
