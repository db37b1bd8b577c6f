"""What deployment files say: facts, each with its file and its line, counted from 1.

Paths are those given to the reader, relative to the audited directory, with `/`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from halfopen.deployment.idle_limits import IdleLimit
from halfopen.deployment.launch import ServerLaunch
from halfopen.deployment.nginx import NginxConfig
from halfopen.deployment.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read, and why. The rest of the file was."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Another file that this one draws in, as it is written there."""

    kind: Literal["requirements", "constraints", "settings", "script", "dockerfile"]
    target: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class EnvironmentVariable:
    """A variable that a file sets. `value` None: it comes from somewhere else."""

    name: str
    value: str | None
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Image:
    """A container image: `nginx`, `1.27-alpine`. `final`: the image that runs, not a build stage's."""

    name: str
    tag: str | None
    final: bool
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service of compose, a workload of Kubernetes, a process of a platform.

    `replicas` None: the file does not say, or not in a number.
    """

    name: str
    kind: Literal["compose", "kubernetes", "platform"]
    path: str
    line: int
    image: Image | None = None
    build: str | None = None
    """The folder that the image is built from."""
    replicas: int | None = None
    replicas_line: int | None = None
    autoscaled: bool = False
    ports: tuple[str, ...] = ()
    environment: tuple[EnvironmentVariable, ...] = ()
    launches: tuple[ServerLaunch, ...] = ()


@dataclass(frozen=True, slots=True)
class Proxy:
    """A reverse proxy other than nginx. All of these pass WebSocket upgrades without being told to.

    `upgrades` False: this rule is known not to. `idle_timeout_seconds` is None where the proxy has
    no limit by default, or none was set.
    """

    layer: Literal["caddy", "traefik", "ingress-nginx", "haproxy", "create-react-app"]
    match: str | None
    target: str | None
    path: str
    line: int
    idle_timeout_seconds: float | None = None
    upgrades: bool = True


@dataclass(frozen=True, slots=True)
class Platform:
    """A hosting platform whose own file is present: its limits are a row of the idle limits table."""

    layer: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class DeploymentFacts:
    """All that one file says, or several files together."""

    launches: tuple[ServerLaunch, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    references: tuple[Reference, ...] = ()
    services: tuple[Service, ...] = ()
    images: tuple[Image, ...] = ()
    environment: tuple[EnvironmentVariable, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    nginx: tuple[NginxConfig, ...] = ()
    limits: tuple[IdleLimit, ...] = ()
    platforms: tuple[Platform, ...] = ()
    problems: tuple[Problem, ...] = ()


def gather(*facts: DeploymentFacts) -> DeploymentFacts:
    """The facts of several files in one, in the order given."""
    joined: dict[str, Any] = {
        field.name: tuple(entry for each in facts for entry in getattr(each, field.name))
        for field in fields(DeploymentFacts)
    }
    return DeploymentFacts(**joined)
