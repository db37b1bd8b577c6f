"""What a server program does for its connections, from how it is started and which version is installed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from halfopen.connections.facts import Confidence, Evidence, Fact, Known, Line, Place, Unknown
from halfopen.connections.launches import Start
from halfopen.connections.serving import Keepalive, ServerProgram
from halfopen.deployment import Requirement, Resolved, resolve
from halfopen.libraries import Catalogue, Default, LibraryModel, Setting

T = TypeVar("T")

_OTHER_SERVERS = ("hypercorn", "daphne", "granian", "gunicorn")


@dataclass(frozen=True, slots=True)
class Served:
    """The facts of one server program."""

    server: Fact[ServerProgram]
    keepalive: Fact[Keepalive]
    max_message_bytes: Fact[int | None]
    max_connections: Fact[int | None]
    reading_pauses_while_unread: Fact[bool]
    access_log_has_query: Fact[bool]
    code_on_return: Fact[int | None]


def served_by(catalogue: Catalogue, start: Start, requirements: Iterable[Requirement], near: str) -> Served:
    """What a server started so does for the connections of an endpoint in the file `near`."""
    requirements = tuple(requirements)
    launch = start.launch
    name, implementation = launch.server, launch.ws
    if launch.server == "gunicorn":
        worker = launch.worker_class or ""
        implementation = "uvicorn-worker" if "uvicorn" in worker.lower() else launch.worker_class
        if implementation == "uvicorn-worker":
            name, implementation = "uvicorn", None
    installed = resolve(requirements, name, ecosystem="python", near=near)
    model = _model(catalogue, name, installed, None if implementation == "auto" else implementation)
    said = Evidence(start.place, f"the server is started here: {start.said}")
    return Served(
        _program(launch.server, installed, model, said),
        _keepalive(start, model, said),
        _given(launch.max_message_bytes, model.limits.max_message_bytes, said),
        _given(launch.max_connections, model.limits.max_connections, said),
        _fact(model.keepalive.reading_pauses_while_unread, said),
        _fact(model.access.logs_query_string, said),
        _fact(model.closing.code_on_return, said),
    )


def served_by_requirements(
    catalogue: Catalogue, requirements: Iterable[Requirement], near: str
) -> Served | None:
    """The same where nothing shows how the server is started, and uvicorn is the only one that is installed."""
    requirements = tuple(requirements)
    installed = resolve(requirements, "uvicorn", ecosystem="python", near=near)
    if not installed.evidence or any(
        resolve(requirements, each, ecosystem="python", near=near).evidence for each in _OTHER_SERVERS
    ):
        return None
    first = installed.evidence[0]
    said = Evidence(Line(first.path, first.line), "uvicorn is the only server that is required; its defaults")
    model = _model(catalogue, "uvicorn", installed, None)
    keepalive = _defaults_of_keepalive(model, said)
    return Served(
        _less_sure(_program("uvicorn", installed, model, said)),
        _less_sure(keepalive),
        _less_sure(_fact(model.limits.max_message_bytes, said)),
        Unknown("how the server is started"),
        _fact(model.keepalive.reading_pauses_while_unread, said),
        _less_sure(_fact(model.access.logs_query_string, said)),
        _less_sure(_fact(model.closing.code_on_return, said)),
    )


def _less_sure(fact: Fact[T]) -> Fact[T]:
    """The same, known by default alone."""
    return Known(fact.value, fact.evidence, Confidence.MEDIUM) if isinstance(fact, Known) else fact


def _model(catalogue: Catalogue, name: str, installed: Resolved, implementation: str | None) -> LibraryModel:
    version = installed.version or installed.specifier or None
    return catalogue.model(name, version, implementation=implementation)


def _program(name: str, installed: Resolved, model: LibraryModel, said: Evidence) -> Fact[ServerProgram]:
    speaks = model.implementation.value if isinstance(model.implementation, Default) else None
    version = installed.version or installed.specifier or None
    required = tuple(
        Evidence(Line(each.path, each.line), f"{name} {version or 'in any version'}")
        for each in installed.evidence[:1]
    )
    return Known(ServerProgram(name, version, speaks), (said, *required))


def _keepalive(start: Start, model: LibraryModel, said: Evidence) -> Fact[Keepalive]:
    """The launch's own pings where its implementation honours them, else the defaults."""
    launch = start.launch
    for field in ("ping_interval_seconds", "ping_timeout_seconds"):
        if field in launch.unresolved:
            return Unknown(
                f"the value given for the ping {field.split('_')[1]} where the server is started", (said,)
            )
    found = _defaults_of_keepalive(model, said)
    sends = model.keepalive.sends_pings
    honours = isinstance(sends, Default) and sends.value
    if launch.ping_interval_seconds is None and launch.ping_timeout_seconds is None:
        return found
    if launch.ping_interval_seconds is not None and launch.ping_interval_seconds <= 0:
        place = start.place_of("ws_ping_interval", "websocket_ping_interval")
        return Known(Keepalive(None, None), _switched(place, said, "turns the server's pings off"))
    if not honours and launch.server == "uvicorn":
        return found
    interval, timeout = launch.ping_interval_seconds, launch.ping_timeout_seconds
    if isinstance(found, Known):
        interval = interval if interval is not None else found.value.interval_seconds
        timeout = timeout if timeout is not None else found.value.timeout_seconds
    if timeout is not None and math.isinf(timeout):
        timeout = None
    place = start.place_of("ws_ping_interval", "ws_ping_timeout", "websocket_ping_interval")
    return Known(Keepalive(interval, timeout), _switched(place, said, "sets the server's pings"))


def _switched(place: Place, said: Evidence, text: str) -> tuple[Evidence, ...]:
    return (said,) if place == said.place else (Evidence(place, text), said)


def _defaults_of_keepalive(model: LibraryModel, said: Evidence) -> Fact[Keepalive]:
    sends = model.keepalive.sends_pings
    if sends is None:
        return Unknown(f"whether {model.library} sends pings", (said,))
    if not isinstance(sends, Default):
        return Unknown(sends.settled_by, (said,))
    interval, timeout = model.keepalive.ping_interval_seconds, model.keepalive.ping_timeout_seconds
    if not sends.value:
        source = Evidence(said.place, f"{said.text}; it sends no pings ({sends.source})")
        return Known(Keepalive(None, None), (source,))
    if not isinstance(interval, Default):
        return Unknown(f"the ping interval of {model.library}", (said,))
    until = timeout.value if isinstance(timeout, Default) else None
    source = Evidence(said.place, f"{said.text}; its defaults ({interval.source})")
    return Known(Keepalive(interval.value, until), (source,))


def _given(value: int | None, setting: Setting[int | None], said: Evidence) -> Fact[int | None]:
    return Known(value, (said,)) if value is not None else _fact(setting, said)


def _fact(setting: Setting[T], said: Evidence) -> Fact[T]:
    """A library's default as a fact."""
    if isinstance(setting, Default):
        confidence = Confidence.HIGH if setting.confidence == "high" else Confidence.MEDIUM
        return Known(setting.value, (Evidence(said.place, f"{said.text} ({setting.source})"),), confidence)
    return Unknown(setting.settled_by if setting is not None else "the server program", (said,))
