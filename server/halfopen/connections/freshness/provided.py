"""Functions that a context's provider makes anew on each render, where each message makes it render."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_owner import references
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.facts import Churn
from halfopen.connections.updates.applied import handlers_of, runs
from halfopen.connections.updates.requests import requests_in
from halfopen.connections.updates.writes import Site, writes_in
from halfopen.semantics import tree
from halfopen.semantics.function_shape import name_of_function
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.react import effect_of, kind_of_name


def provided_anew(view: View) -> Iterator[Churn]:
    """The effects elsewhere that depend on such a function and ask the server for something each time they run."""
    rendered: dict[tree.Node, tuple[At[tree.Function], Site]] = {}
    for function in runs(view.program, handlers_of(view, "message")):
        for site in writes_in(view.program, function):
            owner = site.slot.home.index.function_of(site.slot.home.node)
            if owner is not None and not site.slot.is_store:
                rendered.setdefault(owner, (site.slot.home.to(owner), site))
    for component, site in rendered.values():
        if kind_of_name(name_of_function(component)[0]) != "component":
            continue
        for made in _made_in(component):
            yield from _asking(view, component, made, site)


def _made_in(component: At[tree.Function]) -> Iterator[At[tree.Function]]:
    """The functions that a component's own body gives a name, none of them memoised."""
    for node in own_nodes(component):
        if isinstance(node, tree.Function):
            parent = component.index.parents.get(node)
            if isinstance(parent, tree.Assign) and parent.value is node:
                yield component.to(node)


def _asking(view: View, component: At[tree.Function], made: At[tree.Function], site: Site) -> Iterator[Churn]:
    for reference in references(view.program, made):
        items = reference.parent
        argument = reference.index.parents.get(items) if isinstance(items, tree.Sequence) else None
        call = reference.index.parents.get(argument) if isinstance(argument, tree.Argument) else None
        if not isinstance(call, tree.Call) or reference.index.function_of(call) is component.node:
            continue
        effect = effect_of(view.program, reference.to(call))
        if effect is None or items not in [each.value for each in call.arguments[1:2]]:
            continue
        asked = [
            each
            for each in requests_in(view.program, runs(view.program, [effect.callback]))
            if not each.changes
        ]
        if asked:
            name = name_of_function(component)[0] or "the provider"
            yield Churn(
                "request",
                "own-message",
                reference.text,
                reference.text,
                reference.span,
                (
                    Evidence(made.span, f"is made anew on each render of {name}"),
                    Evidence(site.call.span, f"each message sets {site.slot.key}, and {name} renders"),
                    Evidence(asked[0].at.span, "is asked for each time the effect runs"),
                ),
            )
