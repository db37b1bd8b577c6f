"""What serves a connection on its way: the server program, its processes, and the proxies before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from halfopen.connections.facts import Evidence, Fact, Unknown

_LAUNCH = "how the server is started: a Dockerfile, compose file, Procfile, unit file or script"


@dataclass(frozen=True, slots=True)
class ServerProgram:
    """The program that accepts the connection, and its part that speaks WebSocket.

    `version` is the one that is installed, or the range that the requirements allow, or None where
    nothing names one. `websocket_implementation` is what the program's `ws` setting or its version
    picks ("websockets", "websockets-sansio", "wsproto", "none"); None where it depends on the version.
    """

    name: str
    version: str | None = None
    websocket_implementation: str | None = None


@dataclass(frozen=True, slots=True)
class Keepalive:
    """Ping frames of the protocol that the server sends. None as interval: it sends none.

    `timeout_seconds` is how long a pong may take before the server closes; None: it never closes for that.
    """

    interval_seconds: float | None
    timeout_seconds: float | None

    @property
    def detects_after_seconds(self) -> float | None:
        """After how long a client that vanished is noticed at the latest; None: never by pings."""
        if self.interval_seconds is None or self.timeout_seconds is None:
            return None
        return self.interval_seconds + self.timeout_seconds


@dataclass(frozen=True, slots=True)
class Processes:
    """In how many processes the server runs: workers of one start times its replicas.

    `workers` or `replicas` None: not given as a number. `autoscaled`: a platform may start more.
    """

    workers: int | None = 1
    replicas: int | None = 1
    autoscaled: bool = False

    @property
    def count(self) -> int | None:
        """The processes together, None where one number is not known."""
        return None if self.workers is None or self.replicas is None else self.workers * self.replicas

    @property
    def are_several(self) -> bool:
        """Whether more than one process is certain, as far as the numbers are given."""
        return (self.workers or 1) * (self.replicas or 1) > 1 or self.autoscaled


@dataclass(frozen=True, slots=True)
class ProxyHop:
    """A reverse proxy on the way, by the rule of it that answers the connection's path.

    `upgrades`: whether it hands the WebSocket handshake on; None where a file that the workspace does
    not hold decides. `idle_limit_seconds` None: it has no limit by default and none is set.
    """

    layer: str
    """ "nginx", "caddy", "traefik", "ingress-nginx", "haproxy"."""
    rule: str
    """What answers, as it is written: `location /ws/`."""
    path: str
    """The path that is asked for."""
    upgrades: bool | None
    idle_limit_seconds: float | None
    evidence: tuple[Evidence, ...] = ()
    certain: bool = True
    """False where another rule might answer first."""
    redirects_to_slash: bool = False
    """Whether the path is answered by a redirect, which browsers do not follow in a handshake."""


@dataclass(frozen=True, slots=True)
class Limit:
    """After how many seconds something on the way ends a connection. `is_default`: nobody set it."""

    layer: str
    seconds: float
    is_default: bool


@dataclass(frozen=True, slots=True)
class Serving:
    """What serves one connection. Of a client it is what serves its other side."""

    server: Fact[ServerProgram] = Unknown(_LAUNCH)
    keepalive: Fact[Keepalive] = Unknown(_LAUNCH)
    max_message_bytes: Fact[int | None] = Unknown(_LAUNCH)
    """None as a value: no limit."""
    processes: Fact[Processes] = Unknown(_LAUNCH)
    proxies: tuple[ProxyHop, ...] = ()
    """Those whose rule answers the connection's path."""
    idle_limit: Fact[Limit] = Unknown("the proxy or platform in front of the server, and its idle limit")
    """The smallest limit on the way for a connection on which no byte flows."""
    max_age: Fact[Limit] = Unknown("the platform that the server runs on")
    """The smallest limit on the way for any connection."""
    access_log_has_query: Fact[bool] = Unknown(_LAUNCH)
    """Whether the server's own log shows the query string of each handshake."""
    reading_pauses_while_unread: Fact[bool] = Unknown("the server's version and WebSocket implementation")
    """Whether one message that the handler has not received keeps pongs and closes from being read."""
    code_on_return: Fact[int | None] = Unknown(_LAUNCH)
    """The code that a client sees when the handler returns without a close. None as a value: the socket stays open."""
    listens_on: Fact[OneOf["this machine"]] = Unknown(_LAUNCH)
    """Known where each start says to listen on the loopback address, and no proxy stands before it."""
    max_connections: Fact[int | None] = Unknown(_LAUNCH)
    """The limit of the whole process. None as a value: no limit."""
