"""The environment of the connections, six items: each inferred with evidence, or with what would settle it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from halfopen.connections.conventions import authentication, message_format, state_management
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Line, Unknown
from halfopen.connections.forwarding import Forward
from halfopen.deployment import DeploymentFacts, ServerLaunch, layer_defaults, routes
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.scopes import index_of
from halfopen.source.text import one_line

_LONGEST_TEXT = 80
"""Characters of the code that evidence repeats."""

_ASIDE = re.compile(
    r"(^|/)(tests?|__tests__|_?smoke_tests?|e2e|playwright|node_modules|benchmarks?)/|(^|/)test_[^/]*$|_test\.py$"
)
_EXAMPLES = re.compile(r"(^|/)(examples?|docs?|docs_src|samples?)/")
_RUNS = frozenset({"uvicorn.run", "uvicorn.Config", "uvicorn.config.Config"})
_SERVES = re.compile(
    r"(^|[-_])(back-?end|api|server|app|web|asgi|ws|websocket|django|fastapi)([-_\d]|$)", re.I
)
"""Names of services that run the server, among databases and monitors."""
_PASSES = {True: "passes upgrades", False: "passes no upgrade", None: "may pass upgrades"}
_MOST_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Environment:
    """What the connections live in. `endpoints` holds full paths; the rest is in words."""

    endpoints: Fact[tuple[str, ...]]
    message_format: Fact[str]
    authentication: Fact[str]
    state_management: Fact[str]
    deployment: Fact[str]
    reverse_proxy: Fact[str]


def environment_of(
    program: Program,
    dossiers: Sequence[Dossier],
    deployment: DeploymentFacts,
    forwards: Sequence[Forward] = (),
) -> Environment:
    """The environment of a repository; tests of the repository's own count for nothing."""
    shipped = [each for each in dossiers if not _ASIDE.search(each.connection.site.path)] or list(dossiers)
    return Environment(
        endpoints=_endpoints(shipped),
        message_format=message_format(program, shipped),
        authentication=authentication(program, shipped),
        state_management=state_management(program, shipped),
        deployment=_deployment(program, shipped, deployment),
        reverse_proxy=_reverse_proxy(shipped, deployment, forwards),
    )


# --- endpoints ---------------------------------------------------------------------------------


def _endpoints(dossiers: Sequence[Dossier]) -> Fact[tuple[str, ...]]:
    """The paths that are served; those that clients ask for where no server is in the repository."""
    paths: dict[str, Evidence] = {}
    open_ends: list[Unknown] = []
    for dossier in dossiers:
        if dossier.connection.side != "server":
            continue
        if isinstance(dossier.url, Known):
            for path in dossier.url.value.split(" or "):
                paths.setdefault(
                    path, Evidence(dossier.connection.site, f"{dossier.connection.name} serves {path}")
                )
        else:
            open_ends.append(dossier.url)
    if paths:
        confidence = Confidence.MEDIUM if open_ends else Confidence.HIGH
        return Known(tuple(sorted(paths)), tuple(paths.values()), confidence)
    if open_ends:
        evidence = tuple(each for fact in open_ends for each in fact.evidence[:1])
        return Unknown("; ".join(dict.fromkeys(each.settled_by for each in open_ends)), evidence)
    for dossier in dossiers:
        for url in dossier.urls.urls if dossier.urls is not None else ():
            if any(each.fixed for each in url.path):
                said = f"{dossier.connection.name} asks for it; the server is not in the repository"
                paths.setdefault(url.path_text, Evidence(dossier.connection.site, said))
    if paths:
        return Known(tuple(sorted(paths)), tuple(paths.values()), Confidence.MEDIUM)
    return Unknown("the server's code, or the value of the client's URL")


# --- deployment --------------------------------------------------------------------------------


def _deployment(program: Program, dossiers: Sequence[Dossier], deployment: DeploymentFacts) -> Fact[str]:
    """Which server runs, in how many processes."""
    described: dict[str, Evidence] = {}
    several = False
    files: dict[str, dict[str, None]] = {}
    for launch in _launches(deployment):
        text = _launch_text(launch)
        files.setdefault(text, {})[launch.path] = None
        said = f"starts here: {one_line(launch.command, _LONGEST_TEXT) or text}"
        described.setdefault(text, Evidence(Line(launch.path, launch.line), said))
        several = several or (launch.workers or 1) > 1
    described = {f"{text} ({', '.join([*files[text]][:3])})": said for text, said in described.items()}
    for service in deployment.services:
        serves = bool(service.launches) or _SERVES.search(service.name) is not None
        if (service.replicas or 1) > 1 and serves and not _ASIDE.search(service.path):
            several = True
            text = f"{service.replicas} replicas of {service.name}"
            line = service.replicas_line or service.line
            described.setdefault(text, Evidence(Line(service.path, line), text))
    if not any(_launches(deployment)):
        for at in _runs_in_code(program):
            reload = " with --reload" if "reload" in at.text else ""
            text = f"uvicorn, started in code{reload} ({at.path})"
            described.setdefault(text, Evidence(at.span, f"starts here: {one_line(at.text, _LONGEST_TEXT)}"))
    for platform in deployment.platforms:
        text = f"on {_title(platform.layer)}"
        described.setdefault(text, Evidence(Line(platform.path, platform.line), text))
    if not described:
        if not any(each.connection.side == "server" for each in dossiers):
            return Unknown("how and where the server runs: its code is not in the repository")
        return Unknown("how the server is started: a Dockerfile, compose file, Procfile, unit file or script")
    texts = list(described)
    more = f"; and in {len(texts) - _MOST_SHOWN} more" if len(texts) > _MOST_SHOWN else ""
    lead = "several processes: " if several else ""
    return Known(lead + "; ".join(texts[:_MOST_SHOWN]) + more, tuple(described.values()), Confidence.HIGH)


def _launches(deployment: DeploymentFacts) -> Iterator[ServerLaunch]:
    """What starts a server; a service's launches with those of files, tests aside."""
    everything = (
        *deployment.launches,
        *(each for service in deployment.services for each in service.launches),
    )
    for launch in sorted(
        everything, key=lambda each: (each.reload, -(each.workers or 1), each.path, each.line)
    ):
        if not _ASIDE.search(launch.path) and not _EXAMPLES.search(launch.path):
            yield launch


def _launch_text(launch: ServerLaunch) -> str:
    workers = launch.workers or 1
    count = f"{workers} workers" if workers > 1 else "one process"
    if "workers" in launch.unresolved:
        count = "a number of workers that a variable gives"
    return f"{launch.server}, {count}" + (" with --reload" if launch.reload else "")


def _runs_in_code(program: Program) -> Iterator[At[tree.Expr]]:
    """`uvicorn.run(...)`, `uvicorn.Config(...)`, and command lines in lists: `["-m", "uvicorn", ...]`."""
    for module, unit in program.units_with("uvicorn", "python"):
        if _ASIDE.search(module.path) or _EXAMPLES.search(module.path):
            continue
        for node in index_of(unit).parents:
            at = At(module.path, unit, node)
            match node:
                case tree.Call(callee=tree.Name() | tree.Member() as callee):
                    if qualified(program, at.to(callee)) & _RUNS:
                        yield at.to(node)
                case tree.Sequence(items=items):
                    if any(isinstance(each, tree.Literal) and each.value == "uvicorn" for each in items):
                        yield at.to(node)
                case _:
                    pass


# --- reverse proxy -----------------------------------------------------------------------------


def _reverse_proxy(
    dossiers: Sequence[Dossier], deployment: DeploymentFacts, forwards: Sequence[Forward]
) -> Fact[str]:
    """What stands in front of the server, and whether it passes WebSocket handshakes."""
    paths = sorted(
        {
            path
            for each in dossiers
            if each.connection.side == "server" and isinstance(each.url, Known)
            for path in each.url.value.split(" or ")
        }
    )
    found: list[tuple[str, Evidence]] = [*_nginx(paths, deployment)]
    for proxy in deployment.proxies:
        if proxy.layer == "create-react-app":
            continue
        text = _title(proxy.layer) + ("" if proxy.upgrades else ", which does not pass upgrades")
        if proxy.idle_timeout_seconds is not None:
            text += f", idle limit {proxy.idle_timeout_seconds:g} s"
        found.append((text, Evidence(Line(proxy.path, proxy.line), f"{text}: {proxy.match or 'every path'}")))
    if found:
        texts = list(dict.fromkeys(text for text, _ in found))
        return Known("; ".join(texts[:_MOST_SHOWN]), tuple(said for _, said in found), Confidence.HIGH)
    development = [forward for forward in forwards if forward.tool == "vite" and forward.upgrades]
    note = "; only Vite's development proxy is there" if development else ""
    return Unknown(
        f"what stands in front of the server in production: an nginx, Traefik, Caddy or ingress file{note}",
        tuple(each.evidence for each in development),
    )


def _nginx(paths: Sequence[str], deployment: DeploymentFacts) -> Iterator[tuple[str, Evidence]]:
    """What nginx does to the endpoints, those with the same answer together."""
    answers: dict[str, list[str]] = {}
    evidence: dict[str, list[Evidence]] = {}
    for path in paths:
        for route in routes(deployment.nginx, re.sub(r"\{[^{}]*\}", "x", path)):
            location = route.location
            answer = f"{_PASSES[location.passes_upgrade]}, idle limit {location.read_timeout.seconds:g} s"
            answers.setdefault(answer, []).append(path)
            said = f"location {location.pattern} answers {path}"
            evidence.setdefault(answer, []).append(Evidence(Line(location.path, location.line), said))
    for answer, answered in answers.items():
        shown = ", ".join(dict.fromkeys(answered))
        for each in evidence[answer]:
            yield f"nginx: {shown} {answer}", each
    if not answers:
        said = "an nginx server; no location of it was found to answer an endpoint"
        for config in deployment.nginx:
            for server in config.servers:
                yield "nginx", Evidence(Line(config.path, server.line), said)


def _title(layer: str) -> str:
    known = layer_defaults().get(layer)
    return known.title if known is not None else layer
