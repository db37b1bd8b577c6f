"""Connections and their facts as surfaces show them: in plain values, at their current places."""

from __future__ import annotations

from collections.abc import Iterable

from halfopen.audit.places import Places
from halfopen.audit.plain import facts_of, plain
from halfopen.audit.views import ConnectionView, FactView, LinkView, ResourceView
from halfopen.connections.dossier import Dossier, Resource
from halfopen.connections.facts import Evidence, Known, Unknown
from halfopen.connections.links import Link
from halfopen.workspace.workspace import Workspace


def connection_views(
    workspace: Workspace, places: Places, dossiers: Iterable[Dossier], links: Iterable[Link]
) -> tuple[ConnectionView, ...]:
    """The connections in the order of paths and lines; those whose code is gone are left out."""
    by_id: dict[str, list[LinkView]] = {}
    for link in links:
        evidence = places.evidence(link.evidence)
        by_id.setdefault(link.client, []).append(LinkView(link.endpoint, link.strength, evidence))
        by_id.setdefault(link.endpoint, []).append(LinkView(link.client, link.strength, evidence))
    views = (_view(workspace, places, each, tuple(by_id.get(each.connection.id, ()))) for each in dossiers)
    found = [view for view in views if view is not None]
    return tuple(sorted(found, key=lambda each: (each.path, each.start, each.id)))


def fact_view(places: Places, fact: Known[object] | Unknown) -> FactView:
    """A fact in plain values, or what would settle it."""
    evidence = places.evidence(fact.evidence)
    if isinstance(fact, Unknown):
        return FactView(False, settled_by=fact.settled_by, evidence=evidence)
    return FactView(True, plain(fact.value), fact.confidence.word, None, evidence)


def _view(
    workspace: Workspace, places: Places, dossier: Dossier, links: tuple[LinkView, ...]
) -> ConnectionView | None:
    connection = dossier.connection
    place = workspace.locate(connection.extent) or workspace.locate(connection.site)
    if place is None:
        return None
    facts = {name: fact_view(places, fact) for name, fact in facts_of(dossier)}
    questions = [each.settled_by for each in facts.values() if each.settled_by]
    questions += dossier.urls.settled_by if dossier.urls is not None else ()
    return ConnectionView(
        connection.id,
        connection.side,
        connection.extent.path,
        place[0],
        place[1],
        connection.name,
        connection.library,
        tuple(dict.fromkeys(each.other for each in links)),
        facts,
        links,
        tuple(view for each in dossier.resources if (view := _resource_view(places, each)) is not None),
        tuple(dict.fromkeys(questions)),
        next(iter(places.evidence((Evidence(connection.site, ""),))), None),
    )


def _resource_view(places: Places, resource: Resource) -> ResourceView | None:
    acquired = places.evidence((Evidence(resource.acquired, "acquired here"),))
    if not acquired:
        return None
    leaks = tuple((leak.kind, places.evidence(leak.evidence)) for leak in resource.leaks)
    released = places.evidence(resource.released_by)
    return ResourceView(resource.kind, resource.what, resource.owner, acquired[0], released, leaks)
