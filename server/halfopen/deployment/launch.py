"""How a server is started, whoever starts it: a command line, a settings file, or Python code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

Server = Literal["uvicorn", "gunicorn", "hypercorn", "daphne", "granian"]


@dataclass(frozen=True, slots=True)
class ServerLaunch:
    """One place that starts a server. A field of None was not given: the server's default holds.

    `unresolved` names the fields that were given by something other than a literal, such as
    `$WORKERS`; where a default stands beside it (`${WORKERS:-4}`), the field has that default.
    """

    server: Server
    path: str
    line: int
    command: str = ""
    """The command as written, for evidence."""
    launcher: Literal["command", "settings", "python"] = "command"
    app: str | None = None
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    reload: bool = False
    ws: str | None = None
    """The WebSocket implementation: uvicorn's `--ws`, granian's `--ws` as "on" or "none"."""
    worker_class: str | None = None
    ping_interval_seconds: float | None = None
    """0: off."""
    ping_timeout_seconds: float | None = None
    """Infinite: pings, but no deadline for the pong."""
    max_message_bytes: int | None = None
    max_queue_messages: int | None = None
    max_connections: int | None = None
    max_requests: int | None = None
    """The worker is replaced after so many, which ends its connections."""
    worker_timeout_seconds: float | None = None
    shutdown_timeout_seconds: float | None = None
    max_age_seconds: float | None = None
    proxy_headers: bool | None = None
    trusted_proxies: str | None = None
    settings_file: str | None = None
    unresolved: tuple[str, ...] = ()


# uvicorn's keywords; its flags and variables are the same words (uvicorn 0.54.0 config.py, main.py).
_UVICORN_KEYWORDS = {
    "app": "app",
    "host": "host",
    "port": "port",
    "workers": "workers",
    "reload": "reload",
    "ws": "ws",
    "ws_ping_interval": "ping_interval_seconds",
    "ws_ping_timeout": "ping_timeout_seconds",
    "ws_max_size": "max_message_bytes",
    "ws_max_queue": "max_queue_messages",
    "limit_concurrency": "max_connections",
    "limit_max_requests": "max_requests",
    "timeout_graceful_shutdown": "shutdown_timeout_seconds",
    "proxy_headers": "proxy_headers",
    "forwarded_allow_ips": "trusted_proxies",
}
_HYPERCORN_KEYWORDS = {
    "workers": "workers",
    "use_reloader": "reload",
    "websocket_ping_interval": "ping_interval_seconds",
    "websocket_max_message_size": "max_message_bytes",
    "graceful_timeout": "shutdown_timeout_seconds",
    "max_requests": "max_requests",
    "worker_class": "worker_class",
    "bind": "host",
}
_GUNICORN_KEYWORDS = {
    "wsgi_app": "app",
    "bind": "host",
    "workers": "workers",
    "worker_class": "worker_class",
    "timeout": "worker_timeout_seconds",
    "graceful_timeout": "shutdown_timeout_seconds",
    "max_requests": "max_requests",
    "reload": "reload",
    "forwarded_allow_ips": "trusted_proxies",
}
_GRANIAN_KEYWORDS = {
    "target": "app",
    "address": "host",
    "host": "host",
    "port": "port",
    "workers": "workers",
    "websockets": "ws",
    "reload": "reload",
}
_KEYWORDS: Mapping[str, Mapping[str, str]] = {
    "uvicorn": _UVICORN_KEYWORDS,
    "hypercorn": _HYPERCORN_KEYWORDS,
    "gunicorn": _GUNICORN_KEYWORDS,
    "granian": _GRANIAN_KEYWORDS,
    "daphne": {},
}
_ENVIRONMENT_PREFIX: Mapping[str, str] = {"uvicorn": "UVICORN_", "granian": "GRANIAN_"}

_INTEGERS = {
    "port", "workers", "max_message_bytes", "max_queue_messages", "max_connections", "max_requests"
}  # fmt: skip
_SECONDS = {
    "ping_interval_seconds", "ping_timeout_seconds", "worker_timeout_seconds",
    "shutdown_timeout_seconds", "max_age_seconds",
}  # fmt: skip
_SWITCHES = {"reload", "proxy_headers"}


def launch_from_keywords(
    server: Server,
    keywords: Mapping[str, object],
    *,
    path: str,
    line: int,
    command: str = "",
    launcher: Literal["settings", "python"] = "python",
    unresolved: tuple[str, ...] = (),
) -> ServerLaunch:
    """The launch that `uvicorn.run(app, **keywords)` and its like in the other servers make.

    `keywords` holds literal values by the server's own names; a keyword given as something else
    goes into `unresolved` by name. Unknown keywords and values of the wrong type are left out.
    A None given outright is not a keyword left out: it turns pings or the pong's deadline off.
    """
    known = _KEYWORDS[server]
    launch = ServerLaunch(server, path, line, command, launcher)
    for keyword, value in keywords.items():
        field = known.get(keyword)
        if field is None:
            continue
        if value is None and field in ("ping_interval_seconds", "ping_timeout_seconds"):
            value = 0.0 if field == "ping_interval_seconds" else math.inf
        launch = set_field(launch, field, value)
    names = tuple(known[name] for name in unresolved if name in known)
    return replace(launch, unresolved=(*launch.unresolved, *names))


def with_environment(launch: ServerLaunch, environment: Mapping[str, str | None]) -> ServerLaunch:
    """The launch in a process with these variables: they count where the launch itself is silent.

    A value of None, a variable handed through from elsewhere, leaves its field unresolved.
    WEB_CONCURRENCY is read by uvicorn and gunicorn; uvicorn reads UVICORN_* too (click's
    auto_envvar_prefix), granian GRANIAN_*.
    """
    given: dict[str, str | None] = {}
    prefix = _ENVIRONMENT_PREFIX.get(launch.server)
    if prefix is not None:
        given = {
            name.removeprefix(prefix).lower(): value
            for name, value in environment.items()
            if name.startswith(prefix)
        }
    if "WEB_CONCURRENCY" in environment and launch.server in ("uvicorn", "gunicorn"):
        given.setdefault("workers", environment["WEB_CONCURRENCY"])
    for keyword, value in given.items():
        field = _KEYWORDS[launch.server].get(keyword)
        if field is None or field in launch.unresolved:
            continue
        stated: object = getattr(launch, field)
        if stated is not None and stated is not False:
            continue
        if value is None:
            launch = replace(launch, unresolved=(*launch.unresolved, field))
        else:
            launch = set_field(launch, field, value)
    return launch


def set_field(launch: ServerLaunch, field: str, value: object) -> ServerLaunch:
    """`launch` with one field set from a literal or from text; text that is no literal is unresolved."""
    if field == "host" and isinstance(value, (list, tuple)):
        items = cast("list[object]", value)
        value = items[0] if items else None
    if field == "host" and launch.server in ("gunicorn", "hypercorn") and isinstance(value, str):
        return _bind(launch, value)
    if field == "ws" and isinstance(value, bool):
        value = "on" if value else "none"
    converted = _converted(field, value)
    if converted is None:
        return launch if value is None else replace(launch, unresolved=(*launch.unresolved, field))
    return replace(launch, **cast("dict[str, Any]", {field: converted}))


def _bind(launch: ServerLaunch, text: str) -> ServerLaunch:
    """gunicorn's and hypercorn's `bind`: `0.0.0.0:8000`, `:8000`, `[::]:80`, `unix:/run/x.sock`."""
    if text.startswith(("unix:", "fd://")):
        return replace(launch, host=text)
    host, colon, port = text.rpartition(":")
    if not colon:
        return replace(launch, host=text)
    launch = replace(launch, host=host or None)
    return set_field(launch, "port", port)


def _converted(field: str, value: object) -> object | None:
    if field in _SWITCHES:
        if isinstance(value, str):
            return {"1": True, "true": True, "yes": True, "on": True, "t": True, "y": True}.get(
                value.lower(), False if value.lower() in ("0", "false", "no", "off", "f", "n", "") else None
            )
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if field in _INTEGERS or field in _SECONDS:
        if not isinstance(value, (int, float, str)):
            return None
        try:
            number = float(value)
        except ValueError:
            return None
        if math.isnan(number) or (field in _INTEGERS and not number.is_integer()):
            return None
        return int(number) if field in _INTEGERS else number
    return value if isinstance(value, str) and "$" not in value else None
