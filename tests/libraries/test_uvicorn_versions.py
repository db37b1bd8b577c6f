"""Uvicorn's WebSocket implementations by version: each row of the table of its release notes."""

from __future__ import annotations

import pytest

from halfopen.libraries import Default, DependsOnVersion, defaults

SANSIO, LEGACY = "websockets-sansio", "websockets"


def value(setting: object) -> object:
    assert isinstance(setting, Default), setting
    return setting.value


@pytest.mark.parametrize(
    ("version", "auto", "sansio_pings", "wsproto_pings", "wsproto_limit"),
    [
        ("0.34.3", LEGACY, None, False, None),
        ("0.35.0", LEGACY, False, False, None),
        ("0.43.0", LEGACY, False, False, None),
        ("0.44.0", LEGACY, True, False, None),
        ("0.45.2", LEGACY, True, False, None),
        ("0.46.0", LEGACY, True, True, 16 * 1024 * 1024),
        ("0.49.9", LEGACY, True, True, 16 * 1024 * 1024),
        ("0.50.0", SANSIO, True, True, 16 * 1024 * 1024),
        ("0.54.0", SANSIO, True, True, 16 * 1024 * 1024),
    ],
)
def test_what_each_version_does(
    version: str, auto: str, sansio_pings: bool | None, wsproto_pings: bool, wsproto_limit: int | None
) -> None:
    assert value(defaults("uvicorn", version).implementation) == auto
    assert value(defaults("uvicorn", version).keepalive.sends_pings) is True
    sansio = defaults("uvicorn", version, implementation=SANSIO).keepalive.sends_pings
    if sansio_pings is None:
        assert sansio is None
    else:
        assert value(sansio) is sansio_pings
    wsproto = defaults("uvicorn", version, implementation="wsproto")
    assert value(wsproto.keepalive.sends_pings) is wsproto_pings
    assert value(wsproto.limits.max_message_bytes) == wsproto_limit


def test_auto_takes_what_is_installed() -> None:
    def picked(*installed: str) -> object:
        return value(defaults("uvicorn", "0.54.0", installed=frozenset(installed)).implementation)

    assert picked("websockets", "wsproto") == SANSIO
    assert picked("wsproto") == "wsproto"
    assert picked() == "none"


def test_auto_said_outright_is_auto() -> None:
    assert value(defaults("uvicorn", "0.54.0", implementation="auto").implementation) == SANSIO


def test_without_a_version_only_what_differs_is_open() -> None:
    model = defaults("uvicorn")
    assert value(model.keepalive.sends_pings) is True
    assert value(model.keepalive.ping_interval_seconds) == 20.0
    assert isinstance(model.implementation, DependsOnVersion)
    assert isinstance(model.keepalive.reading_pauses_while_unread, DependsOnVersion)
    assert "uvicorn version" in model.implementation.settled_by


def test_a_bounded_requirement_settles_what_its_bounds_settle() -> None:
    assert value(defaults("uvicorn", ">=0.51,<1").implementation) == SANSIO
    assert value(defaults("uvicorn", "~=0.30.0").implementation) == LEGACY
    assert isinstance(defaults("uvicorn", ">=0.30").implementation, DependsOnVersion)


def test_wsproto_without_a_version_shows_both_possibilities_with_their_versions() -> None:
    pings = defaults("uvicorn", implementation="wsproto").keepalive.sends_pings
    assert isinstance(pings, DependsOnVersion)
    assert {(each.versions, each.default.value) for each in pings.possibilities} == {
        ("<0.46", False),
        (">=0.46", True),
    }


def test_the_default_implementation_sends_without_waiting_until_053() -> None:
    assert value(defaults("uvicorn", "0.52.0").limits.send_waits_for_peer) is False
    assert value(defaults("uvicorn", "0.53.0").limits.send_waits_for_peer) is True
    assert value(defaults("uvicorn", "0.30.0").limits.send_waits_for_peer) is True


def test_the_code_that_the_handler_sees_after_a_drop() -> None:
    assert value(defaults("uvicorn", "0.54.0").closing.application_code_on_drop) == 1005
    assert value(defaults("uvicorn", "0.40.0").closing.application_code_on_drop) == 1006


def test_what_a_send_to_a_vanished_peer_raises() -> None:
    assert value(defaults("uvicorn", "0.54.0").closing.send_after_disconnect) == ("ClientDisconnected",)
    assert value(defaults("uvicorn", "0.23.2").closing.send_after_disconnect) == ("ConnectionClosed",)
    silent = defaults("uvicorn", "0.23.2", implementation="wsproto")
    assert value(silent.closing.send_after_disconnect) == ()


def test_an_implementation_of_ones_own_is_known_only_by_what_holds_for_all() -> None:
    model = defaults("uvicorn", "0.54.0", implementation="ours.protocol:Protocol")
    assert model.keepalive.sends_pings is None
    assert value(model.closing.code_on_shutdown) == 1012


def test_gunicorns_workers() -> None:
    worker = defaults("gunicorn", implementation="uvicorn.workers.UvicornWorker")
    assert value(worker.delegates_to) == "uvicorn"
    assert value(worker.limits.blocked_loop_kill_seconds) == 30.0
    own = defaults("gunicorn", implementation="asgi")
    assert own.delegates_to is None
    assert value(own.keepalive.sends_pings) is False
