"""nginx's order of precedence among locations, and expressions too dear to try."""

from __future__ import annotations

import time

import pytest

from halfopen.deployment import Route, read, routes, serving_route
from halfopen.deployment.nginx_routing import matching_steps


def route(locations: str, path: str) -> Route | None:
    config = read("nginx.conf", f"server {{ {locations} }}").nginx[0]
    return serving_route(config.servers[0], path)


def answer(locations: str, path: str) -> str | None:
    found = route(locations, path)
    return None if found is None else found.location.proxy_pass or found.location.returns


def at(match: str, name: str) -> str:
    return f"location {match} {{ proxy_pass http://{name}; }} "


@pytest.mark.parametrize(
    ("locations", "path", "target"),
    [
        (at("/", "root") + at("/ws", "ws"), "/ws/progress", "ws"),
        (at("/ws", "ws") + at("/", "root"), "/api", "root"),
        (at("/ws", "short") + at("/ws/progress", "long"), "/ws/progress/1", "long"),
        (at("= /ws", "exact") + at("/ws", "prefix"), "/ws", "exact"),
        (at("= /ws", "exact") + at("/ws", "prefix"), "/ws/1", "prefix"),
        (at("/ws", "prefix") + at("~ ^/ws", "regex"), "/ws/1", "regex"),
        (at("^~ /ws", "prefix") + at("~ ^/ws", "regex"), "/ws/1", "prefix"),
        (at("^~ /ws", "short") + at("/ws/a", "long") + at("~ ^/ws", "regex"), "/ws/a/1", "regex"),
        (at("~ /w", "first") + at("~ /ws/1", "second"), "/ws/1", "first"),
        (at("~ ^/WS", "cased") + at("~* ^/WS", "uncased"), "/ws", "uncased"),
        (at("~^/ws/(?<id>\\d+)$", "named"), "/ws/12", "named"),
        (at("=/ws", "tight"), "/ws", "tight"),
        ("location /ws { proxy_pass http://outer; " + at("/ws/in", "inner") + "}", "/ws/in/1", "inner"),
        ("location /ws { proxy_pass http://outer; " + at("/ws/in", "inner") + "}", "/ws/out", "outer"),
        ("location /ws { proxy_pass http://o; " + at("~ /deep", "nested") + "}" + at("~ /ws", "late"), "/ws/deep", "nested"),
        ("location /ws { proxy_pass http://o; " + at("/ws/in", "inner") + "}" + at("~ in", "regex"), "/ws/in", "regex"),
        ("location / { return 301 https://$host; }", "/ws", "301"),
        ("location @named { proxy_pass http://n; } " + at("/", "root"), "/@named", "root"),
        (at("/", "root"), "/ws?token=1", "root"),
    ],
)  # fmt: skip
def test_precedence(locations: str, path: str, target: str) -> None:
    assert (answer(locations, path) or "").removeprefix("http://") == target


def test_no_location_answers() -> None:
    assert route(at("/api", "api"), "/ws") is None


def test_a_missing_final_slash_is_a_redirect() -> None:
    found = route(at("/", "root") + at("/ws/", "ws"), "/ws")
    assert found is not None
    assert found.redirects_to_slash
    found = route(at("/ws", "exactly") + at("/ws/", "ws"), "/ws")
    assert found is not None
    assert not found.redirects_to_slash
    found = route(at("/", "root") + "location /ws/ { return 200; }", "/ws")
    assert found is not None
    assert not found.redirects_to_slash


def test_routes_of_all_servers_that_proxy() -> None:
    config = read(
        "nginx.conf",
        "server { listen 80; return 301 https://$host; location / { proxy_pass http://never; } }"
        "server { listen 443; location / { proxy_pass http://a; } }"
        "server { listen 444; location / { root /srv; } }",
    ).nginx
    assert [each.location.proxy_pass for each in routes(config, "/ws")] == ["http://a"]


def test_an_unread_include_in_a_server_makes_the_answer_uncertain() -> None:
    config = read(
        "nginx.conf", "server { include locations/*.conf; location / { proxy_pass http://a; } }"
    ).nginx
    assert [each.certain for each in routes(config, "/ws")] == [False]


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|aa)+$",
        "(a*)*b",
        "(.*a){20}",
        "((a)+|b)*c",
        r"(.)\1",
        ".*.*.*.*.*.*x",
        "(?P<x>a)(?P=x)",
        "(a?){30}a",
    ],
)
def test_expressions_that_may_take_for_ever_are_not_tried(pattern: str) -> None:
    started = time.process_time()
    found = route(f'location ~ "{pattern}" {{ proxy_pass http://regex; }}' + at("/", "root"), "/" + "a" * 190)
    assert time.process_time() - started < 20
    assert found is not None
    assert (found.location.proxy_pass, found.certain) == ("http://root", False)


@pytest.mark.parametrize(
    "pattern",
    [r"\.(?:css|js|png|jpg|jpeg|gif|ico|svg|woff|woff2|ttf|map|webp|avif)$", "^/ws", r"^/(api|ws)/v[12]/", r"^/ws/\d+$",
     r"^/ws/(?<id>[0-9a-f-]{36})$", r"^/(.*)/(.*)$"],
)  # fmt: skip
def test_expressions_as_people_write_them_are_tried(pattern: str) -> None:
    assert matching_steps(pattern.replace("(?<", "(?P<"), 60) < 2_000_000


def test_an_expression_that_is_none_is_not_tried() -> None:
    found = route(at("~ ^/(ws", "broken") + at("/", "root"), "/ws")
    assert found is not None
    assert (found.location.proxy_pass, found.certain) == ("http://root", False)
