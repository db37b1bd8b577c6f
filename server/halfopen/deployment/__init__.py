"""Deployment files, read for what bears on WebSocket connections: servers, versions, proxies, platforms.

    kind = which_file("deploy/nginx.conf")           # by name only; None for other files
    facts = read("deploy/nginx.conf", text)          # DeploymentFacts, never an exception
    every = gather(facts, read("Dockerfile", other))

    resolve(every.requirements, "uvicorn", near="backend/app/main.py")   # which version runs there
    routes(every.nginx, "/ws/progress")              # which location answers, by nginx's own order
    smallest_idle_limit(every.limits)                # what cuts a silent connection first

Nothing here does I/O. Each fact carries its path and its line, counted from 1. `ServerLaunch` is
also what code that calls `uvicorn.run(...)` makes: see `launch_from_keywords`.
"""

from halfopen.deployment.command_line import launches_in
from halfopen.deployment.facts import (
    DeploymentFacts,
    EnvironmentVariable,
    Image,
    Platform,
    Problem,
    Proxy,
    Reference,
    Service,
    gather,
)
from halfopen.deployment.idle_limits import (
    IdleLimit,
    LayerDefault,
    layer_defaults,
    longest_safe_ping_period_seconds,
    smallest_idle_limit,
)
from halfopen.deployment.launch import ServerLaunch, launch_from_keywords, with_environment
from halfopen.deployment.nginx import NginxConfig, NginxLocation, NginxServer
from halfopen.deployment.nginx_routing import Route, routes, serving_route
from halfopen.deployment.reading import FileKind, read, which_file
from halfopen.deployment.requirement import Requirement, Resolved, resolve

__all__ = [
    "DeploymentFacts",
    "EnvironmentVariable",
    "FileKind",
    "IdleLimit",
    "Image",
    "LayerDefault",
    "NginxConfig",
    "NginxLocation",
    "NginxServer",
    "Platform",
    "Problem",
    "Proxy",
    "Reference",
    "Requirement",
    "Resolved",
    "Route",
    "ServerLaunch",
    "Service",
    "gather",
    "launch_from_keywords",
    "launches_in",
    "layer_defaults",
    "longest_safe_ping_period_seconds",
    "read",
    "resolve",
    "routes",
    "serving_route",
    "smallest_idle_limit",
    "which_file",
    "with_environment",
]
