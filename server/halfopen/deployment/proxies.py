"""Caddyfiles and haproxy.cfg: what is proxied, and after how long a connection is cut."""

from __future__ import annotations

import re
from dataclasses import replace

from halfopen.deployment.facts import DeploymentFacts, Problem, Proxy
from halfopen.deployment.idle_limits import IdleLimit

_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def read_caddyfile(path: str, text: str) -> DeploymentFacts:
    """A Caddyfile: each `reverse_proxy`, and the `stream_timeout` that ends its upgraded connections."""
    proxies: list[Proxy] = []
    limits: list[IdleLimit] = []
    depth = 0
    proxy_depth: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        words = re.sub(r"(?:^|\s)#.*", "", line).split()
        if not words:
            continue
        if words[0] == "reverse_proxy":
            arguments = [word for word in words[1:] if word != "{"]
            matcher = arguments[0] if arguments and arguments[0][0] in "/@*" else None
            target = next((word for word in arguments if word != matcher), None)
            proxies.append(Proxy("caddy", matcher, target, path, number))
            if words[-1] == "{":
                proxy_depth = depth
        elif words[0] == "stream_timeout" and len(words) > 1 and proxy_depth is not None:
            seconds = _go_seconds(words[1])
            if seconds:
                limits.append(
                    IdleLimit("caddy", seconds, "max_age", "stream_timeout", "high", path, number, True)
                )
        elif words[0] == "to" and len(words) > 1 and proxy_depth is not None and proxies[-1].target is None:
            proxies[-1] = replace(proxies[-1], target=words[1])
        depth += words.count("{") - words.count("}")
        if proxy_depth is not None and depth <= proxy_depth:
            proxy_depth = None
    problems = (Problem(path, 1, "braces do not match"),) if depth else ()
    return DeploymentFacts(proxies=tuple(proxies), limits=tuple(limits), problems=problems)


def _go_seconds(text: str) -> float | None:
    """A duration as Go writes it, with Caddy's `d` for days."""
    if len(text) > 40 or re.fullmatch(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+", text) is None:
        return None
    return sum(float(number) * _GO_UNITS[unit] for number, unit in _GO_DURATION.findall(text))


_HAPROXY_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SECTION = re.compile(r"(global|defaults|frontend|backend|listen)\b\s*(\S*)")
_TIMEOUT = re.compile(r"timeout\s+(tunnel|client|server)\s+(\d{1,12})(us|ms|s|m|h|d)?\b")


def read_haproxy(path: str, text: str) -> DeploymentFacts:
    """haproxy.cfg: after the handshake `timeout tunnel` counts, and without it the shorter of the two others."""
    defaults: dict[str, tuple[float, int]] = {}
    backends: list[tuple[str, dict[str, tuple[float, int]], int]] = []
    current = defaults
    for number, line in enumerate(text.splitlines(), start=1):
        section = _SECTION.match(line)
        if section is not None:
            current = defaults if section[1] == "defaults" else {}
            if section[1] in ("backend", "listen"):
                backends.append((section[2], current, number))
            continue
        timeout = _TIMEOUT.match(line.strip())
        if timeout is not None:
            current[timeout[1]] = (int(timeout[2]) * _HAPROXY_UNITS[timeout[3] or "ms"], number)
    limits: list[IdleLimit] = []
    proxies: list[Proxy] = []
    for name, own, line in backends:
        setting = _in_force({**defaults, **own})
        proxies.append(
            Proxy("haproxy", None, name or None, path, line, None if setting is None else setting[1])
        )
        if setting is not None:
            source, seconds, at = setting
            limits.append(IdleLimit("haproxy", seconds, "idle", source, "high", path, at, True))
    return DeploymentFacts(proxies=tuple(proxies), limits=tuple(limits))


def _in_force(timeouts: dict[str, tuple[float, int]]) -> tuple[str, float, int] | None:
    if "tunnel" in timeouts:
        return ("timeout tunnel", *timeouts["tunnel"])
    given = [(f"timeout {name}", *timeouts[name]) for name in ("client", "server") if name in timeouts]
    return min(given, key=lambda each: each[1], default=None)
