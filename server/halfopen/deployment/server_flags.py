"""The command-line flags of ASGI servers that bear on WebSockets, as data.

Sources: uvicorn 0.54.0 main.py, hypercorn 0.18.0 __main__.py, daphne 4.2.3 cli.py, granian 2.8.7
cli.py, gunicorn 27.0.1 config.py, fastapi-cli 0.0.23 cli.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from halfopen.deployment.launch import Server


@dataclass(frozen=True, slots=True)
class ServerFlags:
    """A program's flags: those with a value, by the launch's field; switches, with field and state.

    A switch whose field is None only says that no value follows it.
    """

    server: Server
    values: Mapping[str, str]
    switches: Mapping[str, tuple[str | None, bool]]
    subcommands: tuple[str, ...] = ()
    reloading_subcommands: tuple[str, ...] = ()
    app_is_optional: bool = False


def _plain(*names: str) -> dict[str, tuple[str | None, bool]]:
    return dict.fromkeys(names, (None, True))


FLAGS: Mapping[str, ServerFlags] = {
    "uvicorn": ServerFlags(
        "uvicorn",
        {
            "--host": "host",
            "--port": "port",
            "--workers": "workers",
            "--ws": "ws",
            "--ws-ping-interval": "ping_interval_seconds",
            "--ws-ping-timeout": "ping_timeout_seconds",
            "--ws-max-size": "max_message_bytes",
            "--ws-max-queue": "max_queue_messages",
            "--limit-concurrency": "max_connections",
            "--limit-max-requests": "max_requests",
            "--timeout-graceful-shutdown": "shutdown_timeout_seconds",
            "--forwarded-allow-ips": "trusted_proxies",
        },
        {
            "--reload": ("reload", True),
            "--proxy-headers": ("proxy_headers", True),
            "--no-proxy-headers": ("proxy_headers", False),
            **_plain(
                "--use-colors", "--no-use-colors", "--access-log", "--no-access-log", "--factory",
                "--server-header", "--no-server-header", "--date-header", "--no-date-header",
            ),
        },
    ),
    "gunicorn": ServerFlags(
        "gunicorn",
        {
            "-w": "workers",
            "--workers": "workers",
            "-k": "worker_class",
            "--worker-class": "worker_class",
            "-b": "host",
            "--bind": "host",
            "-t": "worker_timeout_seconds",
            "--timeout": "worker_timeout_seconds",
            "--graceful-timeout": "shutdown_timeout_seconds",
            "--max-requests": "max_requests",
            "-c": "settings_file",
            "--config": "settings_file",
            "--forwarded-allow-ips": "trusted_proxies",
        },
        {
            "--reload": ("reload", True),
            **_plain("--preload", "--daemon", "-D", "--capture-output", "--no-sendfile", "--reuse-port", "--spew"),
        },
        app_is_optional=True,
    ),
    "hypercorn": ServerFlags(
        "hypercorn",
        {
            "-w": "workers",
            "--workers": "workers",
            "-b": "host",
            "--bind": "host",
            "-k": "worker_class",
            "--worker-class": "worker_class",
            "-c": "settings_file",
            "--config": "settings_file",
            "--websocket-ping-interval": "ping_interval_seconds",
            "--graceful-timeout": "shutdown_timeout_seconds",
            "--max-requests": "max_requests",
        },
        {"--reload": ("reload", True), **_plain("--debug")},
        app_is_optional=True,
    ),
    "daphne": ServerFlags(
        "daphne",
        {
            "-b": "host",
            "--bind": "host",
            "-p": "port",
            "--port": "port",
            "--ping-interval": "ping_interval_seconds",
            "--ping-timeout": "ping_timeout_seconds",
            "--websocket_timeout": "max_age_seconds",
        },
        {"--proxy-headers": ("proxy_headers", True), **_plain("--no-server-name", "--nostatic")},
    ),
    "granian": ServerFlags(
        "granian",
        {"--host": "host", "--port": "port", "--workers": "workers"},
        {
            "--ws": ("ws", True),
            "--no-ws": ("ws", False),
            "--reload": ("reload", True),
            "--no-reload": ("reload", False),
            **_plain("--access-log", "--no-access-log", "--factory", "--no-factory", "--log", "--no-log"),
        },
    ),
    # fastapi-cli starts uvicorn, and hands none of its WebSocket options through.
    "fastapi": ServerFlags(
        "uvicorn",
        {
            "--host": "host",
            "--port": "port",
            "--workers": "workers",
            "--forwarded-allow-ips": "trusted_proxies",
        },
        {
            "--reload": ("reload", True),
            "--no-reload": ("reload", False),
            "--proxy-headers": ("proxy_headers", True),
            "--no-proxy-headers": ("proxy_headers", False),
        },
        subcommands=("run", "dev"),
        reloading_subcommands=("dev",),
        app_is_optional=True,
    ),
}  # fmt: skip
