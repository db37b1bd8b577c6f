"""What nginx does with an upgrade, and how long it keeps a silent connection."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfopen.deployment import DeploymentFacts, NginxLocation, read
from halfopen.deployment.nginx import read_nginx, seconds_of
from halfopen.deployment.nginx_syntax import Directive, parse_nginx


def nginx(text: str) -> DeploymentFacts:
    return read("nginx.conf", text)


def location(text: str, index: int = 0) -> NginxLocation:
    facts = nginx(text)
    assert facts.problems == ()
    return facts.nginx[0].servers[0].locations[index]


UPGRADE = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        (f"server {{ location /ws {{ proxy_pass http://a; {UPGRADE} }} }}", True),
        ("server { location /ws { proxy_pass http://a; proxy_set_header Upgrade $http_upgrade; "
         "proxy_set_header Connection $connection_upgrade; } }", True),
        ("server { location /ws { proxy_pass http://a; proxy_set_header upgrade websocket; "
         "proxy_set_header connection Upgrade; } }", True),
        (f"server {{ {UPGRADE} location /ws {{ proxy_pass http://a; }} }}", True),
        (f"http {{ {UPGRADE} server {{ location /ws {{ proxy_pass http://a; }} }} }}", True),
        (f"server {{ {UPGRADE} location /ws {{ proxy_pass http://a; proxy_set_header Host $host; }} }}", False),
        ("server { location /ws { proxy_pass http://a; } }", False),
        ("server { location /ws { proxy_pass http://a; proxy_set_header Upgrade $http_upgrade; } }", False),
        ("server { location /ws { proxy_pass http://a; proxy_set_header Upgrade $http_upgrade; "
         "proxy_set_header Connection ''; } }", False),
        ("server { location /ws { proxy_pass http://a; proxy_set_header Upgrade $http_upgrade; "
         "proxy_set_header Connection keep-alive; } }", False),
        ("server { location /ws { proxy_pass http://a; include proxy_params; } }", None),
        ("server { include snippets/ws.conf; location /ws { proxy_pass http://a; } }", None),
        (f"server {{ include mime.types; location /ws {{ proxy_pass http://a; {UPGRADE} }} }}", True),
        ("server { include mime.types; location /ws { proxy_pass http://a; } }", False),
        ("location /ws { proxy_pass http://a; }", None),
        (f"location /ws {{ proxy_pass http://a; {UPGRADE} }}", True),
    ],
)  # fmt: skip
def test_who_passes_the_upgrade(text: str, passes: bool | None) -> None:
    assert location(text).passes_upgrade is passes


def test_headers_of_a_location_replace_all_inherited_ones_and_the_line_says_where() -> None:
    found = location(
        f"server {{\n{UPGRADE}\nlocation /ws {{\nproxy_pass http://a;\nproxy_set_header Host $host;\n}}\n}}"
    )
    assert found.upgrade_lost_line == 5
    assert (
        location(
            "server { location / { proxy_pass http://a; proxy_set_header Host $host; } }"
        ).upgrade_lost_line
        is None
    )


def test_timeouts_are_inherited_and_overridden() -> None:
    text = (
        "http {\n proxy_read_timeout 2m;\n server {\n  location /a { proxy_pass http://a; }\n"
        "  location /b { proxy_pass http://a; proxy_read_timeout 1h; proxy_send_timeout 30; }\n }\n}"
    )
    first, second = location(text), location(text, 1)
    assert (first.read_timeout.seconds, first.read_timeout.line) == (120.0, 2)
    assert (second.read_timeout.seconds, second.send_timeout.seconds) == (3600.0, 30.0)
    assert first.idle_limit().set_here
    assert (first.idle_limit().seconds, first.idle_limit().line) == (120.0, 2)


def test_without_a_timeout_it_is_sixty_seconds_by_default() -> None:
    limit = location("server {\n location / { proxy_pass http://a; }\n}").idle_limit()
    assert (limit.seconds, limit.set_here, limit.line, limit.kind) == (60.0, False, 2, "idle")
    assert "ngx_http_proxy_module.c" in limit.source


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60.0), ("60s", 60.0), ("1m", 60.0), ("1h30m", 5400.0), ("500ms", 0.5), ("1d", 86400.0), ("1m 30s", 90.0),
     ("7w", 4233600.0), ("", None), ("x", None), ("${T}", None), ("1x", None)],
)  # fmt: skip
def test_time_units(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_other_settings_of_a_location() -> None:
    text = (
        "limit_conn_zone $binary_remote_addr zone=z:1m;\nserver {\n listen 443 ssl;\n server_name a.test b.test;\n"
        " location /ws {\n  limit_conn z 3;\n  auth_request /auth;\n  proxy_http_version 1.1;\n  proxy_buffering off;\n"
        "  proxy_pass http://backend;\n }\n location /x { return 404; }\n}\nupstream backend { server b:80; }"
    )
    facts = nginx(text)
    (server,) = facts.nginx[0].servers
    assert (server.names, server.listens, server.redirects) == (("a.test", "b.test"), ("443",), False)
    assert facts.nginx[0].upstreams == ("backend",)
    ws, returned = server.locations
    assert (ws.limits_connections, ws.authenticates, ws.http_version, ws.buffers) == (
        True,
        True,
        "1.1",
        False,
    )
    assert (ws.proxy_pass, ws.proxy_pass_line, ws.line) == ("http://backend", 10, 5)
    assert (returned.returns, returned.proxy_pass, returned.limits_connections) == ("404", None, False)


def test_auth_request_off_is_no_authentication() -> None:
    found = location("server { auth_request /auth; location /ws { auth_request off; proxy_pass http://a; } }")
    assert found.authenticates is False


def test_a_proxy_pass_under_an_if() -> None:
    found = location("server { location /ws { if ($http_upgrade = websocket) { proxy_pass http://a; } } }")
    assert found.proxy_pass == "http://a"


def test_templates_are_read() -> None:
    text = (
        "server {\n  listen ${PORT};\n  location /ws/ {\n    proxy_pass http://${BACKEND_HOST}:{{ port }};\n"
        "    {% if x %}\n    proxy_read_timeout ${READ_TIMEOUT};\n    {% endif %}\n  }\n}"
    )
    found = location(text)
    assert found.proxy_pass == "http://${BACKEND_HOST}:{{ port }}"
    assert (found.read_timeout.seconds, found.read_timeout.line) == (60.0, None)


def test_included_files_are_read_when_the_workspace_holds_them() -> None:
    files = {"snippets/ws.conf": UPGRADE, "loop.conf": "include loop.conf;"}

    def included(pattern: str) -> list[tuple[str, str]]:
        return [(pattern, files[pattern])] if pattern in files else []

    text = "server { include loop.conf; location /ws { include snippets/ws.conf; proxy_pass http://a; } }"
    config, _ = read_nginx("nginx.conf", text, included)
    assert config.servers[0].locations[0].passes_upgrade is True
    text = "http { include servers/*.conf; }"
    config, _ = read_nginx(
        "nginx.conf", text, lambda _: [("servers/a.conf", "server { location / { proxy_pass http://a; } }")]
    )
    assert config.servers[0].locations[0].path == "servers/a.conf"
    config, _ = read_nginx("nginx.conf", text)
    assert config.unread_includes == ("servers/*.conf",)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("server {\n location / {\n }\n", 4, '"server" of line 1 is not closed'),
        ("server {\n}\n}\n", 3, 'unexpected "}"'),
        ("server {\n listen 80\n}", 2, '"listen" is not ended'),
        ("listen 80", 1, '"listen" is not ended'),
        ('server {\n server_name "a;\n}', 2, "quoted string"),
    ],
)
def test_a_broken_file_is_a_problem_and_the_rest_is_read(text: str, line: int, message: str) -> None:
    facts = nginx(text)
    assert (facts.problems[0].path, facts.problems[0].line) == ("nginx.conf", line)
    assert message in facts.problems[0].message


def test_what_stands_before_the_break_is_kept() -> None:
    facts = nginx(f"server {{ location /ws {{ proxy_pass http://a; {UPGRADE} }} location / {{")
    assert facts.nginx[0].servers[0].locations[0].passes_upgrade is True


def test_blocks_nested_without_end_cost_nothing() -> None:
    facts = nginx("a {" * 100_000)
    assert facts.problems
    nginx("location / {" * 500 + "}" * 500)


SAMPLES = [
    "",
    "# only a comment",
    "user nginx;\nevents { worker_connections 1024; }\nhttp { server { listen 80; location / { return 200 'a;b{c}'; } } }",
    "map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
    "log_format main '$remote_addr - \"$request\" '\n  '$status';\nserver { server_name ~^(?<a>.+)\\.test$; }",
    "server { location ~* \\.(png|jpe?g)$ { expires 30d; } if ($a ~ '^x{2}$') { return 403; } }",
    'server { add_header X "a # b"; # trailing\n root /srv/${name}/www; }',
    "a;b;c{d;}",
]


@pytest.mark.parametrize("text", SAMPLES)
def test_directives_are_those_that_crossplane_reads(text: str) -> None:
    lexer: Any = pytest.importorskip("crossplane.lexer")
    tokens = [(token, line) for token, line, quoted in lexer._lex_file_object(io.StringIO(text + "\n"))
              if quoted or not token.startswith("#")]  # fmt: skip
    words = [(token, line) for token, line in tokens if token not in ("{", "}", ";")]
    directives, faults = parse_nginx("x", text)
    assert faults == ()
    assert [(word, line) for word, line in _words(directives)] == [(word, line) for word, line in words] or [
        word for word, _ in _words(directives)
    ] == [word for word, _ in words]


def _words(directives: tuple[Directive, ...]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for directive in directives:
        found += [(directive.name, directive.line), *((word, directive.line) for word in directive.args)]
        found += _words(directive.block or ())
    return found


@given(st.text(alphabet="ab {};\n\"'#\\$%/~=", max_size=60))
def test_any_text_is_read(text: str) -> None:
    directives, faults = parse_nginx("x", text)
    last = text.count("\n") + 1
    assert all(1 <= fault.line <= last for fault in faults)
    assert all(1 <= line <= last for _, line in _words(directives))
