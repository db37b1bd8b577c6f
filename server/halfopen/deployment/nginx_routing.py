"""Which location of an nginx server answers a path: nginx's own order of precedence.

From ngx_http_core_find_location: an exact match ends the search; else the longest prefix is
remembered, its nested locations are searched, and then the regular expressions in the order they
stand, unless the prefix says `^~`; a prefix with a final `/` and a proxy_pass answers the same
path without the slash by a redirect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from halfopen.deployment.nginx import NginxConfig, NginxLocation, NginxServer

MAX_PATH = 200
_MAX_STEPS = 2_000_000


@dataclass(frozen=True, slots=True)
class Route:
    """The location that answers. `certain` False: an expression that was not tried might come first.

    `redirects_to_slash`: nginx answers 301 to the path with a slash; browsers do not follow a
    redirect of a WebSocket handshake.
    """

    server: NginxServer
    location: NginxLocation
    certain: bool = True
    redirects_to_slash: bool = False


def routes(configs: Iterable[NginxConfig], url_path: str) -> tuple[Route, ...]:
    """For each server that does more than redirect: what answers `url_path`, when it is proxied."""
    found = (
        serving_route(server, url_path)
        for config in configs
        for server in config.servers
        if not server.redirects
    )
    return tuple(route for route in found if route is not None and route.location.proxy_pass is not None)


def serving_route(server: NginxServer, url_path: str) -> Route | None:
    """What answers `url_path` (no query) in this server; None: no location does."""
    path = (url_path.partition("?")[0] or "/")[:MAX_PATH]
    found = _find(server.locations, path)
    if found.location is None:
        return None
    certain = found.certain and not server.unread_includes
    return Route(server, found.location, certain, found.redirects)


@dataclass(frozen=True, slots=True)
class _Found:
    location: NginxLocation | None = None
    final: bool = False
    certain: bool = True
    redirects: bool = False


def _find(locations: tuple[NginxLocation, ...], path: str) -> _Found:
    best: NginxLocation | None = None
    for location in locations:
        if location.modifier == "=" and location.pattern == path:
            return _Found(location, final=True)
        plain = location.modifier in ("", "^~")
        if (
            plain
            and path.startswith(location.pattern)
            and (best is None or len(location.pattern) > len(best.pattern))
        ):
            best = location
    for location in locations:
        slashed = location.modifier in ("", "^~") and location.pattern == f"{path}/"
        if slashed and location.proxy_pass is not None and (best is None or best.pattern != path):
            return _Found(location, final=True, redirects=True)
    nested = _find(best.locations, path) if best is not None else _Found()
    if nested.final:
        return nested
    certain = nested.certain
    if best is None or best.modifier != "^~":
        for location in locations:
            if location.modifier not in ("~", "~*"):
                continue
            matches = _matches(location, path)
            if matches is None:
                certain = False
            elif matches:
                inner = _find(location.locations, path)
                chosen = inner.location or location
                return _Found(chosen, final=True, certain=certain and inner.certain)
    return _Found(nested.location or best, certain=certain)


def _matches(location: NginxLocation, path: str) -> bool | None:
    """Does the expression match? None when it cannot be tried: not Python's, or too dear to try."""
    pattern = re.sub(r"\(\?<(?![=!])", "(?P<", location.pattern)
    if matching_steps(pattern, len(path)) > _MAX_STEPS:
        return None
    try:
        return re.search(pattern, path, re.IGNORECASE if location.modifier == "~*" else 0) is not None
    except (re.error, OverflowError, RecursionError):
        return None


@dataclass(slots=True)
class _Group:
    """A group of an expression that is being read."""

    alternatives: int = 1
    has_choice: bool = False
    """Does it hold a repetition, an option or alternatives?"""


def matching_steps(pattern: str, length: int) -> float:
    """An upper bound for the steps that backtracking may take on a text of `length`.

    Repetitions multiply, and so do the alternatives of groups in a row. A repeated group that
    holds either again, and a reference to a group, have no bound worth computing: infinity.
    """
    steps = float(length + 1)
    groups = [_Group()]
    closed: _Group | None = None
    index = 0
    while index < len(pattern):
        char, before, closed = pattern[index], closed, None
        if char == "\\":
            if pattern[index + 1 : index + 2].isdigit():
                return float("inf")
            index += 2
            continue
        if char == "[":
            index = _class_end(pattern, index)
            continue
        if char == "(":
            if pattern.startswith("(?P=", index):
                return float("inf")
            groups.append(_Group())
            # The question mark of `(?:` and `(?P<name>` repeats nothing.
            index += 2 if pattern.startswith("(?", index) else 1
            continue
        if char == ")" and len(groups) > 1:
            closed = groups.pop()
            steps *= closed.alternatives
            groups[-1].has_choice |= closed.has_choice
        elif char == "|":
            groups[-1].alternatives += 1
            groups[-1].has_choice = True
        elif char in "*+{?":
            if before is not None and before.has_choice and char != "?":
                return float("inf")
            steps *= 2 if char == "?" else length + 1
            groups[-1].has_choice = True
        index += 1
    return steps * groups[0].alternatives


def _class_end(pattern: str, index: int) -> int:
    """The index after a character class that starts at `index`."""
    index += 1
    if pattern.startswith("^", index):
        index += 1
    if pattern.startswith("]", index):
        index += 1
    while index < len(pattern) and pattern[index] != "]":
        index += 2 if pattern[index] == "\\" else 1
    return index + 1
