"""Facts that findings turn on, and how options change them."""

from __future__ import annotations

import pytest

from halfopen.libraries import Default, DependsOnVersion, LibraryModel, Option, defaults


def value(setting: object) -> object:
    assert isinstance(setting, Default), setting
    return setting.value


def option(library: str, name: str) -> Option:
    return next(each for each in defaults(library).options if each.name == name)


@pytest.mark.parametrize(
    ("library", "reconnects"),
    [
        ("browser", False),
        ("react-use-websocket", False),
        ("reconnecting-websocket", True),
        ("partysocket", True),
        ("socket.io-client", True),
        ("ws", False),
        ("graphql-ws", True),
        ("signalr", False),
        ("centrifuge", True),
        ("phoenix", True),
        ("websockets", False),
        ("aiohttp", False),
        ("python-socketio", True),
    ],
)
def test_who_reconnects_unasked(library: str, reconnects: bool) -> None:
    assert value(defaults(library).reconnection.reconnects) is reconnects


@pytest.mark.parametrize(
    ("version", "jitter", "initial_delay_ms"),
    [
        ("1.1.13", "per_client", 1000.0),
        ("1.1.18", "per_client", 1000.0),
        ("1.1.19", "none", 3000.0),
        ("1.3.0", "none", 3000.0),
    ],
)
def test_partysockets_jitter_went_away(version: str, jitter: str, initial_delay_ms: float) -> None:
    reconnection = defaults("partysocket", version).reconnection
    assert value(reconnection.jitter) == jitter
    assert value(reconnection.initial_delay_ms) == initial_delay_ms


def test_a_caret_range_over_the_change_leaves_it_open() -> None:
    assert isinstance(defaults("partysocket", "^1.1.0").reconnection.jitter, DependsOnVersion)
    assert value(defaults("partysocket", "^1.2.0").reconnection.jitter) == "none"
    assert isinstance(defaults("partysocket", "latest").reconnection.jitter, DependsOnVersion)


@pytest.mark.parametrize(
    ("library", "sends"),
    [("hypercorn", False), ("daphne", True), ("granian", False), ("tornado", False), ("aiohttp", False), ("websockets", True), ("ws", False)],
)  # fmt: skip
def test_who_pings_unasked(library: str, sends: bool) -> None:
    assert value(defaults(library).keepalive.sends_pings) is sends


@pytest.mark.parametrize(
    ("library", "size"),
    [("websockets", 2**20), ("aiohttp", 4 * 2**20), ("tornado", 10 * 2**20), ("ws", 100 * 2**20), ("hypercorn", 16 * 2**20)],
)  # fmt: skip
def test_message_size_limits(library: str, size: int) -> None:
    assert value(defaults(library).limits.max_message_bytes) == size


def test_the_browser_drops_after_close_and_throws_before_open() -> None:
    outbox = defaults("browser").outbox
    assert value(outbox.while_closed) == "drop"
    assert value(outbox.while_connecting) == "throw"


def test_starlettes_exceptions_by_version() -> None:
    old, new = defaults("starlette", "1.6.0"), defaults("starlette", "1.7.0")
    assert value(old.closing.receive_after_disconnect) == ("RuntimeError",)
    assert value(new.closing.receive_after_disconnect) == ("WebSocketDisconnected", "RuntimeError")
    assert value(defaults("starlette", "0.35.1").access.http_exception_before_accept) is False
    assert value(defaults("fastapi", "0.97.0").access.router_dependencies_apply) is True
    assert value(defaults("fastapi", "0.96.0").access.router_dependencies_apply) is False


def test_a_fact_from_general_knowledge_says_so() -> None:
    setting = defaults("redis").delivery.guarantee
    assert isinstance(setting, Default)
    assert setting.confidence == "medium"


@pytest.mark.parametrize(
    ("library", "name", "literal", "becomes"),
    [
        ("react-use-websocket", "reconnectInterval", 3000, 3000),
        ("react-use-websocket", "heartbeat", True, 25000.0),
        ("react-use-websocket", "heartbeat", False, None),
        ("socket.io-client", "reconnection", False, False),
        ("socket.io-client", "randomizationFactor", 0, "none"),
        ("python-socketio", "reconnection_delay", 2, 2000.0),
        ("uvicorn", "ws_ping_interval", 0, None),
        ("uvicorn", "ws_ping_interval", None, None),
        ("uvicorn", "ws_ping_interval", 25, 25),
        ("websockets", "max_size", None, None),
        ("websockets", "origins", None, False),
        ("python-socketio", "cors_allowed_origins", "*", False),
        ("graphql-ws", "keepAlive", 0, None),
    ],
)
def test_a_literal_option_gives_the_settings_value(
    library: str, name: str, literal: str | float | bool | None, becomes: object
) -> None:
    found = option(library, name).read(literal)
    assert found == becomes
    assert type(found) is type(becomes)


def test_an_option_given_as_a_function_may_still_tell() -> None:
    assert option("react-use-websocket", "shouldReconnect").when_present is True
    assert option("react-use-websocket", "reconnectInterval").when_present == ()
    assert option("signalr", "withAutomaticReconnect").kind == "method"


def test_where_the_url_stands() -> None:
    def url_argument(model: LibraryModel, module: str, export: str) -> int | str | None:
        found = next(each for each in model.constructors if (each.module, each.export) == (module, export))
        return found.url_option or found.url_argument

    assert url_argument(defaults("partysocket"), "partysocket/react", "usePartySocket") == "host"
    assert url_argument(defaults("partysocket"), "partysocket/ws", "default") == 0
    assert url_argument(defaults("graphql-ws"), "graphql-ws", "createClient") == "url"
