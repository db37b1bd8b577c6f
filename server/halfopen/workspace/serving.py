"""Finds what serves a connection on its way, from code and deployment files together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal as OneOf

from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Line, Unknown
from halfopen.connections.launches import HandlerStart, Start, handler_starts, starts_in_code, starts_in_files
from halfopen.connections.server_keepalive import Served, served_by, served_by_requirements
from halfopen.connections.serving import Limit, Processes, ProxyHop, Serving
from halfopen.connections.tables import catalogue_of
from halfopen.deployment import DeploymentFacts, IdleLimit, Service, layer_defaults, routes
from halfopen.libraries import Catalogue, Default
from halfopen.workspace.workspace import Workspace

_ASIDE = re.compile(
    r"(^|/)(tests?|__tests__|_?smoke_tests?|e2e|playwright|node_modules|benchmarks?|examples?|docs?|docs_src|samples?)/"
    r"|(^|/)test_[^/]*$|_test\.py$"
)
_SERVES = re.compile(
    r"(^|[-_])(back-?end|api|server|app|web|asgi|ws|websocket|django|fastapi)([-_\d]|$)", re.IGNORECASE
)
"""Names of services that run the server, among databases and monitors."""
_ASGI = frozenset({"fastapi", "starlette", "channels", "litestar", "quart"})
"""Frameworks that leave the connection to a server program; the others bring their own."""


def starts_of(workspace: Workspace) -> tuple[Start, ...]:
    """Each place that starts a server, in deployment files and in code."""
    return (*starts_in_files(workspace.deployment.serving()), *starts_in_code(workspace.program))


def serving_of(workspace: Workspace, dossier: Dossier, others: Sequence[Other]) -> Serving:
    """What serves one connection; a client is served by what serves its other side."""
    endpoint, clients = dossier, [each.dossier for each in others]
    if dossier.connection.side == "client":
        if not others:
            return Serving()
        endpoint, clients = others[0].dossier, [dossier]
    key = (
        "serving",
        endpoint.connection.site.path,
        endpoint.connection.library,
        tuple(sorted({each.application or "" for each in endpoint.routes})),
        tuple(_paths(endpoint, clients)),
    )
    starts = starts_in_code(workspace.program)
    own = tuple(
        each for each in handler_starts(workspace.program) if endpoint.connection.site in each.handlers
    )
    catalogue = catalogue_of(workspace.program)
    return workspace.deployment.derived(
        (*key, starts, own),
        lambda: _serving(catalogue, workspace.deployment.facts(), starts, own, endpoint, clients),
    )


def _serving(
    catalogue: Catalogue,
    facts: DeploymentFacts,
    starts: tuple[Start, ...],
    own: tuple[HandlerStart, ...],
    endpoint: Dossier,
    clients: Sequence[Dossier],
) -> Serving:
    near = endpoint.connection.site.path
    hops = tuple(_hops(facts, _paths(endpoint, clients)))
    limits = [*(each for each in facts.limits if not _ASIDE.search(each.path or ""))]
    serving = Serving(
        proxies=hops,
        idle_limit=_smallest(_idle(hops, limits), Serving().idle_limit),
        max_age=_smallest((_limit(each) for each in limits if each.kind == "max_age"), Serving().max_age),
    )
    if endpoint.connection.library not in _ASGI:
        return replace(
            serving,
            code_on_return=_code_on_return(catalogue, endpoint),
            listens_on=_listens_alone(facts, own, hops),
        )
    chosen = _starts_of(facts, starts, endpoint)
    served: Served | None
    if chosen:
        served = served_by(catalogue, chosen[0], facts.requirements, near)
        others = [served_by(catalogue, each, facts.requirements, near) for each in chosen[1:6]]
        if any(_differs(each, served) for each in others):
            served = _doubtful(served)
    else:
        served = served_by_requirements(catalogue, facts.requirements, near)
    serving = replace(
        serving, processes=_processes(facts, chosen), listens_on=_listens_on(facts, chosen, hops)
    )
    if served is None:
        return serving
    return replace(
        serving,
        server=served.server,
        keepalive=served.keepalive,
        max_message_bytes=served.max_message_bytes,
        max_connections=served.max_connections,
        access_log_has_query=served.access_log_has_query,
        reading_pauses_while_unread=served.reading_pauses_while_unread,
        code_on_return=served.code_on_return,
    )


def _code_on_return(catalogue: Catalogue, endpoint: Dossier) -> Fact[int | None]:
    """Of a library that serves its connections itself."""
    library = endpoint.connection.library
    setting = catalogue.model(library).closing.code_on_return
    if not isinstance(setting, Default):
        return Unknown(f"what {library} does when a handler returns")
    return Known(
        setting.value, (Evidence(endpoint.connection.site, f"{library} serves it ({setting.source})"),)
    )


def _differs(one: Served, other: Served) -> bool:
    return isinstance(one.keepalive, Known) and (
        not isinstance(other.keepalive, Known) or one.keepalive.value != other.keepalive.value
    )


def _doubtful(served: Served) -> Served:
    """The facts of the likeliest start, where others would give other ones."""
    keepalive = served.keepalive
    if not isinstance(keepalive, Known):
        return served
    return replace(served, keepalive=Known(keepalive.value, keepalive.evidence, Confidence.LOW))


# --- the server --------------------------------------------------------------------------------


def _starts_of(facts: DeploymentFacts, in_code: Iterable[Start], endpoint: Dossier) -> list[Start]:
    """The starts that may run the endpoint, the likeliest for production first.

    Those of its own application count before those of none that is named; a start with `--reload`, and a
    start in code beside one of a deployment file, are for development.
    """
    found = [each for each in (*starts_in_files(facts), *in_code) if not _ASIDE.search(each.launch.path)]
    own = [each for each in found if _runs(each, endpoint)]
    found = own or [each for each in found if not _names_module(each)] or _of_one_application(found, endpoint)
    return sorted(
        dict.fromkeys(found),
        key=lambda each: (
            each.launch.reload,
            each.launch.launcher == "python",
            -_common_folders(each.launch.path, endpoint.connection.site.path),
            -(each.launch.workers or 1),
            each.launch.path,
            each.launch.line,
        ),
    )


def _listens_on(
    facts: DeploymentFacts, starts: Sequence[Start], hops: Sequence[ProxyHop]
) -> Fact[OneOf["this machine"]]:
    """This machine alone, where each start says so and nothing in front of it leads in from elsewhere."""
    if (
        not starts
        or hops
        or facts.nginx
        or facts.proxies
        or any(_serves(each, starts) for each in facts.services)
    ):
        return Serving().listens_on
    if not all(each.stays_on_machine for each in starts):
        return Serving().listens_on
    said = Evidence(
        starts[0].place_of("host"),
        f"it listens on this machine alone, unless told otherwise: {starts[0].said}",
    )
    return Known("this machine", (said,))


def _listens_alone(
    facts: DeploymentFacts, own: Sequence[HandlerStart], hops: Sequence[ProxyHop]
) -> Fact[OneOf["this machine"]]:
    """The same of a handler that calls of its own library serve."""
    if not own or hops or facts.nginx or facts.proxies or not all(each.stays_on_machine for each in own):
        return Serving().listens_on
    said = f"it listens on this machine alone, unless told otherwise: {own[0].said}"
    return Known("this machine", (Evidence(own[0].place, said),))


def _names_module(start: Start) -> bool:
    return ":" in (start.launch.app or "")


def _of_one_application(found: list[Start], endpoint: Dossier) -> list[Start]:
    """All of them, where they name one application and the endpoint's routes name none: it is that one's."""
    if any(each.application for each in endpoint.routes):
        return []
    return found if len({each.launch.app for each in found}) == 1 else []


def _runs(start: Start, endpoint: Dossier) -> bool:
    """Whether a start names the application that one of the endpoint's routes belongs to, or stands in its file."""
    module = (start.launch.app or "").partition(":")[0].replace(".", "/")
    for route in endpoint.routes:
        file = (route.application or "").partition(":")[0]
        stem = "/" + file.removesuffix(".py").removesuffix("/__init__")
        if file and ((module and stem.endswith("/" + module)) or file == start.launch.path):
            return True
    return start.launch.path == endpoint.connection.site.path and start.launch.launcher == "python"


def _common_folders(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count


def _processes(facts: DeploymentFacts, starts: Sequence[Start]) -> Fact[Processes]:
    """Workers of the likeliest start times the replicas of the service that runs it."""
    workers: int | None = 1
    evidence: list[Evidence] = []
    for start in starts:
        launch = start.launch
        if launch.reload:
            continue
        if (launch.workers or 1) > 1:
            workers = max(workers or 1, launch.workers or 1)
            evidence.append(Evidence(start.place_of("workers"), f"{launch.workers} workers: {start.said}"))
        elif "workers" in launch.unresolved and not evidence:
            workers = None
            evidence.append(
                Evidence(start.place_of("workers"), f"a variable gives the number of workers: {start.said}")
            )
    replicas, autoscaled = 1, False
    for service in facts.services:
        if _ASIDE.search(service.path) or not _serves(service, starts):
            continue
        if (service.replicas or 1) > 1 or service.autoscaled:
            replicas = max(replicas, service.replicas or 1)
            autoscaled = autoscaled or service.autoscaled
            text = f"{service.replicas or 'several'} replicas of {service.name}"
            evidence.append(Evidence(Line(service.path, service.replicas_line or service.line), text))
    if not starts and not evidence:
        return Unknown("how the server is started: a Dockerfile, compose file, Procfile, unit file or script")
    if workers is None and not (replicas > 1 or autoscaled):
        return Unknown("the number of workers, which a variable gives", tuple(evidence))
    if not evidence:
        evidence = [Evidence(starts[0].place, f"one process: {starts[0].said}")]
    sure = (
        Confidence.HIGH
        if len({(each.launch.workers or 1) for each in starts if not each.launch.reload}) < 2
        else Confidence.MEDIUM
    )
    return Known(Processes(workers, replicas, autoscaled), tuple(evidence), sure)


def _serves(service: Service, starts: Sequence[Start]) -> bool:
    """Whether a service runs the server: by a start of its own, or by its name."""
    own = {(each.path, each.line) for each in service.launches}
    return any((each.launch.path, each.launch.line) in own for each in starts) or (
        _SERVES.search(service.name) is not None
    )


# --- the way -----------------------------------------------------------------------------------


def _paths(endpoint: Dossier, clients: Sequence[Dossier]) -> list[str]:
    """The paths that are asked for on the way: those of the page's clients, else the endpoint's own."""
    asked = {
        each.path_text
        for client in clients
        for each in (client.urls.urls if client.urls is not None else ())
        if each.host_kind == "page" and each.path and not any(part.many for part in each.path)
    }
    if not asked and isinstance(endpoint.url, Known):
        asked = set(endpoint.url.value.split(" or "))
    return sorted(re.sub(r"\{[^{}]*\}", "x", each) for each in asked)


def _hops(facts: DeploymentFacts, paths: Sequence[str]) -> Iterator[ProxyHop]:
    for path in paths:
        for route in routes(facts.nginx, path):
            location = route.location
            if _ASIDE.search(location.path):
                continue
            rule = f"location {location.modifier} {location.pattern}".replace("  ", " ")
            line = Line(location.path, location.upgrade_lost_line or location.line)
            yield ProxyHop(
                "nginx",
                rule,
                path,
                location.passes_upgrade,
                location.read_timeout.seconds,
                (
                    Evidence(line, f"`{rule}` answers {path}"),
                    *(
                        (
                            Evidence(
                                Line(location.path, location.proxy_pass_line),
                                f"hands on to {location.proxy_pass}",
                            ),
                        )
                        if location.proxy_pass_line is not None
                        else ()
                    ),
                ),
                route.certain,
                route.redirects_to_slash,
            )
    for proxy in facts.proxies:
        if proxy.layer == "create-react-app" or _ASIDE.search(proxy.path) or not _answers(proxy.match, paths):
            continue
        title = _title(proxy.layer)
        yield ProxyHop(
            proxy.layer,
            proxy.match or "every path",
            paths[0] if paths else "",
            proxy.upgrades,
            proxy.idle_timeout_seconds,
            (Evidence(Line(proxy.path, proxy.line), f"{title} in front of the server"),),
        )


def _answers(match: str | None, paths: Sequence[str]) -> bool:
    """Whether a rule's path, where it is one, is in front of what is asked for."""
    prefix = (match or "/").rstrip("*/")
    return not prefix.startswith("/") or any(f"{path}/".startswith(f"{prefix}/") for path in paths)


def _idle(hops: Iterable[ProxyHop], limits: Iterable[IdleLimit]) -> Iterator[Known[Limit]]:
    for hop in hops:
        if hop.layer == "nginx" and hop.idle_limit_seconds is not None:
            said = Evidence(
                hop.evidence[0].place, f"nginx cuts what is silent for {hop.idle_limit_seconds:g} s"
            )
            yield Known(Limit("nginx", hop.idle_limit_seconds, hop.idle_limit_seconds == 60.0), (said,))
    for limit in limits:
        if limit.kind == "idle":
            yield _limit(limit)


def _limit(limit: IdleLimit) -> Known[Limit]:
    said = (
        (Evidence(Line(limit.path, limit.line), f"{_title(limit.layer)}: {limit.seconds:g} s"),)
        if limit.path is not None and limit.line is not None
        else ()
    )
    confidence = Confidence.HIGH if limit.confidence == "high" else Confidence.MEDIUM
    return Known(Limit(_title(limit.layer), limit.seconds, not limit.set_here), said, confidence)


def _smallest(limits: Iterable[Known[Limit]], otherwise: Fact[Limit]) -> Fact[Limit]:
    found = sorted(limits, key=lambda each: each.value.seconds)
    return found[0] if found else otherwise


def _title(layer: str) -> str:
    known = layer_defaults().get(layer)
    return known.title if known is not None else layer
