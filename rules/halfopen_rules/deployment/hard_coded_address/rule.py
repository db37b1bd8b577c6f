"""WS8E: a client's address holds only on the developer's machine, or is not encrypted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence
from halfopen.connections.urls import Url
from halfopen.semantics.unit import Span

CODE = "WS8E"
SLUG = "hard-coded-address"

_LOCAL = re.compile(
    r"^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|host\.docker\.internal)(:\d+)?$"
)
_DOCKER = re.compile(r"^[a-z][\w-]*(:\d+)?$")
_OTHER_RUNTIMES = frozenset({"ws", "websockets", "aiohttp", "python-socketio", "fastapi-websocket-pubsub"})
"""Libraries of clients that are no page: they talk to their own host and to others over private networks."""
_EXAMPLES = re.compile(r"(^|/)(examples?|docs?|docs_src|samples?|scripts|demos?)/")


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for a client all of whose addresses are written out, with no setting and no page's host among them."""
    urls = dossier.urls.urls if dossier.urls is not None else ()
    if not urls or dossier.connection.library in _OTHER_RUNTIMES:
        return
    if any(each.host_kind != "known" for each in urls):
        return
    if all(_LOCAL.match(each.host) for each in urls):
        yield _finding(dossier, _local(dossier, urls[0]), _confidence(dossier, urls[0]))
    elif all(each.scheme == "ws" and not _is_private(each) for each in urls):
        message = (
            f"`{dossier.connection.name}` connects to ws://{urls[0].host} unencrypted: on a page that is served over "
            "https the browser refuses it, and everywhere else it can be read on the way"
        )
        yield _finding(dossier, message, Confidence.HIGH)


def _local(dossier: Dossier, url: Url) -> str:
    if dossier.surroundings.desktop is not None:
        return (
            f"`{dossier.connection.name}` always connects to {url.scheme or 'ws'}://{url.host}: the desktop program works "
            "where its server was started on the same machine, and a page that is served to others finds nothing there"
        )
    return (
        f"`{dossier.connection.name}` always connects to {url.scheme or 'ws'}://{url.host}: on a user's machine "
        "nothing listens there, so the feature works for its developer alone"
    )


def _written(dossier: Dossier, host: str) -> Span | None:
    """Where the address is written, outside the client's own code: one constant is one finding, whoever uses it."""
    extent = dossier.connection.extent
    places = [each.place for each in _naming(dossier, host)]
    place = places[-1] if places else None
    if not isinstance(place, Span) or place.unit.language != extent.unit.language:
        return None
    is_own = (
        place.path == extent.path and place.unit is extent.unit and extent.start <= place.start < extent.end
    )
    return None if is_own else place


def _naming(dossier: Dossier, host: str) -> list[Evidence]:
    """What was found of the address, without the places that give a part of its path alone."""
    evidence = dossier.urls.evidence if dossier.urls is not None else ()
    return [
        each
        for each in evidence
        if not isinstance(each.place, Span)
        or host.encode() in each.place.unit.text[each.place.start : each.place.end]
    ]


def _confidence(dossier: Dossier, url: Url) -> Confidence:
    """Low where the address may be meant: a program on the user's own machine that is not in the workspace, an example."""
    if _EXAMPLES.search(dossier.connection.site.path):
        return Confidence.LOW
    if dossier.surroundings.others:
        return Confidence.HIGH
    return Confidence.LOW if url.host.startswith("127.") else Confidence.MEDIUM


def _is_private(url: Url) -> bool:
    return _LOCAL.match(url.host) is not None or _DOCKER.match(url.host) is not None


def _finding(dossier: Dossier, message: str, confidence: Confidence) -> Finding:
    host = dossier.urls.urls[0].host if dossier.urls is not None else ""
    evidence = tuple(_naming(dossier, host))
    site = dossier.connection.site
    desktop = dossier.surroundings.desktop
    written = _written(dossier, host)
    if written is not None:
        evidence = (
            Evidence(site, f"`{dossier.connection.name}` connects to it here"),
            *(each for each in evidence if each.place != written),
        )
    if desktop is not None:
        evidence = (*evidence, desktop)
    return Finding(
        CODE,
        SLUG,
        Severity.HIGH if desktop is None else Severity.MONITOR,
        confidence,
        written or site,
        message,
        dossier.connection.id,
        evidence,
    )


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Hard-coded address",
    section="8E Hard-coded or Insecure Address",
    category=Category.CONNECTION,
    severity=Severity.HIGH,
    effort_hours=(0.25, 1.0),
    check=check,
    sides=frozenset({"client"}),
    monitoring=("handshakes per minute in production: none at all is a wrong address",),
)
