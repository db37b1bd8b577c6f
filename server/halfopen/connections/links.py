"""Which client talks to which endpoint: addresses met with routes, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known, Line
from halfopen.connections.forwarding import Forward, arrivals, is_forwarded
from halfopen.connections.paths import (
    Meeting,
    Segments,
    Shape,
    may_meet,
    meet,
    path_text,
    segments_of,
    shape_of,
)
from halfopen.connections.routes import Route, route_of_text
from halfopen.connections.urls import Url, with_settings
from halfopen.deployment import DeploymentFacts

Strength: TypeAlias = OneOf["certain", "likely"]
Settings: TypeAlias = Callable[[str, str], Iterable[tuple[str, Line]]]
"""For a file's path and a variable's name: the values that `.env` files near it give, with their places."""

_LOCAL = re.compile(
    r"^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|10\.[\d.]+|192\.168\.[\d.]+|[^.:]+|[\w-]+\.(local|internal|localhost))(:\d+)?$"
)
_ADDRESS = re.compile(r"$|/|[^/]*[.:]|localhost\b")
"""What an address may begin with: a path, a scheme, or a host with a dot or a port."""
_TEST = re.compile(r"(^|/)(tests?|__tests__|e2e)/|(^|/)test_[^/]*\.py$|_test\.py$")


@dataclass(frozen=True, slots=True)
class Link:
    """A client and an endpoint that it talks to, by their ids.

    `certain`: the address leaves no doubt. `likely`: one part is not fixed by the code, or several
    endpoints answer the path.
    """

    client: str
    endpoint: str
    strength: Strength
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One address of a client against one route of an endpoint. The order of `rank` is that of likelihood."""

    endpoint: Dossier
    url: Url
    route: Route
    meeting: Meeting
    shared: int
    extra: int
    evidence: tuple[Evidence, ...]
    rank: tuple[bool | int, ...]


class LinkFinder:
    """Finds the links of all clients. It keeps those of a client until a route changes that the client's addresses may meet."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._around: object = None

    def links(
        self,
        dossiers: Sequence[Dossier],
        forwards: Sequence[Forward],
        deployment: DeploymentFacts,
        settings: Settings,
        around: object,
    ) -> tuple[Link, ...]:
        """The links of all clients, in their order; several for a client with several likely endpoints.

        `around` is another one where forwards, the deployment or the settings changed.
        """
        targets = _Targets(
            (each, route, shape_of(route.path))
            for each in dossiers
            if each.connection.side == "server"
            for route in _routes(each)
        )
        before = self._known if self._around == around else {}
        self._known, self._around = {}, around
        found: dict[tuple[str, str], Link] = {}
        for client in dossiers:
            if client.connection.side != "client" or client.urls is None:
                continue
            known = before.get(id(client))
            if known is None or not known.holds(targets):
                asked = _Asked(targets)
                links = tuple(_links_of_client(client, asked, forwards, deployment, settings))
                known = _Known(client, tuple(asked.answers.items()), links)
            self._known[id(client)] = known
            for link in known.links:
                key = (link.client, link.endpoint)
                if key not in found or link.strength == "certain":
                    found[key] = link
        return tuple(found.values())


def _links_of_client(
    client: Dossier,
    endpoints: _Asked,
    forwards: Sequence[Forward],
    deployment: DeploymentFacts,
    settings: Settings,
) -> Iterator[Link]:
    """The links by the addresses that are written out; by open ones only where those lead nowhere."""
    written: list[tuple[Url, tuple[Evidence, ...]]] = []
    for_open: list[tuple[Url, tuple[Evidence, ...]]] = []
    assert client.urls is not None
    for url in client.urls.urls:
        for settled, said in _settled(url, client.connection.site.path, settings):
            kind = written if settled.host_kind in ("page", "known") else for_open
            kind.append((settled, (*client.urls.evidence[:1], *said)))
    linked = False
    for group in (written, for_open):
        for url, said in group:
            candidates = _candidates(client, url, endpoints, forwards, deployment)
            for link in _decided(client, candidates, said):
                linked = True
                yield link
        if linked:
            return
    for url, said in written:
        if not is_forwarded(url.path_text, forwards, deployment):
            yield from _behind_a_prefix(client, url, endpoints, said)


def _behind_a_prefix(
    client: Dossier, url: Url, endpoints: _Asked, said: tuple[Evidence, ...]
) -> Iterator[Link]:
    """`/api/ws` where the one endpoint is `/ws`: what stands in front takes such a prefix off, wherever it says so."""
    if len(url.path) < 2 or not url.path[0].fixed or client.connection.site.path.endswith(".py"):
        return
    found = _candidates(client, replace(url, path=url.path[1:]), endpoints, (), DeploymentFacts())
    same = [each for each in found if each.meeting is Meeting.EXACT and each.route.reached and each.shared]
    if len({each.endpoint.connection.id for each in same}) == 1:
        note = f"the paths are the same once something in front takes /{url.path[0].text} off"
        evidence = (*said, *same[0].evidence)
        evidence = (replace(evidence[0], text=note), *evidence[1:])
        yield Link(client.connection.id, same[0].endpoint.connection.id, "likely", evidence)


def _settled(url: Url, path: str, settings: Settings) -> Iterator[tuple[Url, tuple[Evidence, ...]]]:
    """An address with the values that `.env` files give; as it is where they give none."""
    names = url.settings
    values = list(settings(path, names[0]))[:4] if names else []
    if _starts_with_setting(url):
        # `WS_URL=APP_WS_URL`, `__WS_URL__`: the image's start puts the address in its place.
        values = [each for each in values if _ADDRESS.match(each[0])]
    if not values:
        yield url, ()
        return
    for value, line in values:
        for settled in with_settings(url, lambda _, value=value: (value,)):
            yield settled, (Evidence(line, f"{names[0]} is {value} here"),)


def _starts_with_setting(url: Url) -> bool:
    first = url.pieces[0] if url.pieces else ""
    return not isinstance(first, str) and first.kind == "setting"


def _candidates(
    client: Dossier,
    url: Url,
    endpoints: _Asked,
    forwards: Sequence[Forward],
    deployment: DeploymentFacts,
) -> list[_Candidate]:
    if url.host_kind == "known" and not _LOCAL.match(url.host) and len([*filter(_is_fixed, url.path)]) < 2:
        # A short path at a public host is as likely someone else's service.
        return []
    found: list[_Candidate] = []
    for path, said in _paths(url, forwards, deployment):
        for endpoint, route in endpoints.that_may_meet(shape_of(path)):
            match = meet(path, route.path)
            nothing_said = match.shared == 0 and bool(path or route.path)
            if match.meeting is Meeting.NONE or (nothing_said and not _only_parameters(path, route)):
                continue
            evidence = (*said, *route.evidence)
            extra = sum(_is_fixed(each) for each in route.path) - match.shared
            rank = (
                match.meeting,
                not _TEST.search(endpoint.connection.site.path),
                route.reached,
                match.shared,
                -extra,
                _common_folders(client.connection.site.path, endpoint.connection.site.path),
                _is_launched(route, deployment),
            )
            found.append(_Candidate(endpoint, url, route, match.meeting, match.shared, extra, evidence, rank))
    return found


_Target: TypeAlias = tuple[int, Dossier, Route, Shape]
"""A place in the order of all, an endpoint, and one of its routes."""


class _Targets:
    """The routes of all endpoints, by what tells most of them apart: every client asks for its own at each change."""

    def __init__(self, targets: Iterable[tuple[Dossier, Route, Shape]]) -> None:
        self._every: list[_Target] = [(place, *each) for place, each in enumerate(targets)]
        self._by_last: dict[str | None, list[_Target]] = {}
        for each in self._every:
            self._by_last.setdefault(_last(each[3]), []).append(each)

    def that_may_meet(self, shape: Shape) -> list[tuple[Dossier, Route]]:
        """The routes with their endpoints that a path of this shape may meet, in the order of all."""
        last = _last(shape)
        near = (
            self._every
            if last is None
            else sorted(
                [*self._by_last.get(last, ()), *self._by_last.get(None, ())], key=lambda each: each[0]
            )
        )
        return [(endpoint, route) for _, endpoint, route, other in near if may_meet(shape, other)]


class _Asked:
    """The routes of all endpoints, with what was asked of them."""

    def __init__(self, targets: _Targets) -> None:
        self._targets = targets
        self.answers: dict[Shape, list[tuple[Dossier, Route]]] = {}

    def that_may_meet(self, shape: Shape) -> list[tuple[Dossier, Route]]:
        return self.answers.setdefault(shape, self._targets.that_may_meet(shape))


@dataclass(frozen=True, slots=True)
class _Known:
    """The links of a client, and the routes that they were chosen from."""

    client: Dossier
    asked: tuple[tuple[Shape, list[tuple[Dossier, Route]]], ...]
    links: tuple[Link, ...]

    def holds(self, targets: _Targets) -> bool:
        """Whether the same routes would be found again: those of the very same endpoints."""
        return all(
            len(now := targets.that_may_meet(shape)) == len(before)
            and all(one is other for (one, _), (other, _) in zip(now, before, strict=True))
            for shape, before in self.asked
        )


def _last(shape: Shape) -> str | None:
    """The fixed text at the end of a path; None where anything may stand there."""
    return shape.ending[0] if shape.ending else None


def _routes(endpoint: Dossier) -> tuple[Route, ...]:
    if endpoint.routes or not isinstance(endpoint.url, Known):
        return endpoint.routes
    return (route_of_text(endpoint.url.value, endpoint.url.evidence),)


def _only_parameters(path: Segments, route: Route) -> bool:
    """`/{room}` asked for by a literal segment: exact, although nothing fixed is shared."""
    return (
        len(path) == len(route.path) and not any(each.many for each in (*path, *route.path)) and route.reached
    )


def _is_fixed(segment: object) -> bool:
    return bool(getattr(segment, "fixed", False))


def _paths(
    url: Url, forwards: Sequence[Forward], deployment: DeploymentFacts
) -> Iterator[tuple[Segments, tuple[Evidence, ...]]]:
    if url.host_kind not in ("page", "known") or any(each.many for each in url.path):
        yield url.path, ()
        return
    for arrival in arrivals(path_text(url.path, url.slash_at_end), forwards, deployment):
        yield segments_of(arrival.path), arrival.evidence


def _decided(client: Dossier, candidates: list[_Candidate], said: tuple[Evidence, ...]) -> Iterator[Link]:
    """The best candidates: one alone may be certain, several of one rank are likely."""
    if not candidates:
        return
    top = max(each.rank for each in candidates)
    best = {each.endpoint.connection.id: each for each in candidates if each.rank == top}
    for identity, each in best.items():
        certain = len(best) == 1 and _is_certain(each)
        evidence = (*said, *each.evidence)
        if each.url.slash_at_end != each.route.slash_at_end and each.route.path:
            note = f"the client asks for {each.url.path_text}, the endpoint is {each.route.text}"
            evidence = (*evidence, replace(evidence[0], text=note)) if evidence else ()
            certain = False
        yield Link(client.connection.id, identity, "certain" if certain else "likely", evidence)


def _is_certain(candidate: _Candidate) -> bool:
    url, route = candidate.url, candidate.route
    return (
        candidate.meeting is Meeting.EXACT
        and route.reached
        and not any(each.many for each in (*url.path, *route.path))
        and (url.host_kind == "page" or (url.host_kind == "known" and _LOCAL.match(url.host) is not None))
    )


def _common_folders(one: str, other: str) -> int:
    """How near two files are: the folders they share from the root; the same file is nearest."""
    if one == other:
        return 1000
    count = 0
    for a, b in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count


def _is_launched(route: Route, deployment: DeploymentFacts) -> bool:
    """Whether a deployment file starts the application that a route belongs to."""
    if route.application is None:
        return False
    file = "/" + route.application.partition(":")[0].removesuffix(".py").removesuffix("/__init__")
    launches = (*deployment.launches, *(each for service in deployment.services for each in service.launches))
    modules = {(launch.app or "").partition(":")[0].replace(".", "/") for launch in launches}
    return any(module and file.endswith("/" + module) for module in modules)
