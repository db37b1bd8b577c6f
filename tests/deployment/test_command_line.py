"""Servers found in command lines, whatever wraps them."""

from __future__ import annotations

import math

import pytest

from halfopen.deployment import ServerLaunch, launch_from_keywords, launches_in, with_environment


def only(text: str, **environment: str) -> ServerLaunch:
    (launch,) = launches_in(text, path="run.sh", line=1, environment=environment)
    return launch


@pytest.mark.parametrize(
    "text",
    [
        "uvicorn app.main:app",
        "/usr/local/bin/uvicorn app.main:app",
        "exec uvicorn app.main:app",
        "python -m uvicorn app.main:app",
        "python3.12 -u -m uvicorn app.main:app",
        ".venv/bin/python -m uvicorn app.main:app",
        "poetry run uvicorn app.main:app",
        "uv run uvicorn app.main:app",
        "uv run --python 3.12 --with wsproto uvicorn app.main:app",
        "uv run python -m uvicorn app.main:app",
        "pipenv run uvicorn app.main:app",
        "hatch run uvicorn app.main:app",
        "conda run -n web uvicorn app.main:app",
        "sudo -u www-data uvicorn app.main:app",
        "gosu app uvicorn app.main:app",
        "tini -- uvicorn app.main:app",
        "dumb-init uvicorn app.main:app",
        "env A=1 uvicorn app.main:app",
        "A=1 B='2 3' uvicorn app.main:app",
        "alembic upgrade head && uvicorn app.main:app",
        "cd backend; uvicorn app.main:app &",
        "sh -c 'alembic upgrade head && exec uvicorn app.main:app'",
        'bash -lc "cd /app && uvicorn app.main:app"',
        "./wait-for-it.sh db:5432 -t 30 -- uvicorn app.main:app",
        "ddtrace-run uvicorn app.main:app",
        "opentelemetry-instrument --traces_exporter console uvicorn app.main:app",
        "newrelic-admin run-program uvicorn app.main:app",
        "python -m debugpy --listen 0.0.0.0:5678 -m uvicorn app.main:app",
        "concurrently 'vite' 'uvicorn app.main:app'",
        "watchfiles 'uvicorn app.main:app' app",
        "if [ -n \"$X\" ]; then uvicorn app.main:app; fi",
        "case $1 in web) uvicorn app.main:app ;; esac",
        "uvicorn app.main:app > server.log 2>&1",
        "uvicorn \\\n  app.main:app \\\n  --host 0.0.0.0",
        "timeout 30 uvicorn app.main:app",
        "(cd backend && uvicorn app.main:app)",
        "exec gosu app env A=1 poetry run python -m uvicorn app.main:app",
    ],
)  # fmt: skip
def test_uvicorn_is_found_behind(text: str) -> None:
    launch = only(text)
    assert (launch.server, launch.app) == ("uvicorn", "app.main:app")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pip install uvicorn",
        "poetry add 'uvicorn[standard]'",
        "uv pip install uvicorn fastapi",
        "uv run --with uvicorn pytest",
        "echo uvicorn app.main:app",
        "# uvicorn app.main:app",
        "uvicorn --version",
        "uvicorn",
        "which uvicorn",
        "grep uvicorn requirements.txt",
        "kill $(pgrep uvicorn)",
        "fastapi --help",
        "fastapi deploy",
        "gunicorn --help",
        "npm run dev",
        "'",
        "uvicorn 'unclosed",
    ],
)
def test_no_server_is_seen_in(text: str) -> None:
    assert launches_in(text, path="x", line=1) == ()


def test_all_that_uvicorn_is_told() -> None:
    launch = only(
        "uvicorn a:b --host=0.0.0.0 --port 8080 --workers 4 --ws wsproto --ws-ping-interval 25 "
        "--ws-ping-timeout=10 --ws-max-size 65536 --limit-concurrency 100 --limit-max-requests 1000 "
        "--timeout-graceful-shutdown 30 --proxy-headers --forwarded-allow-ips '*' --no-access-log --reload"
    )
    assert (launch.host, launch.port, launch.workers, launch.ws) == ("0.0.0.0", 8080, 4, "wsproto")
    assert (launch.ping_interval_seconds, launch.ping_timeout_seconds) == (25.0, 10.0)
    assert (launch.max_message_bytes, launch.max_connections, launch.max_requests) == (65536, 100, 1000)
    assert launch.shutdown_timeout_seconds == 30.0
    assert (launch.proxy_headers, launch.trusted_proxies, launch.reload) == (True, "*", True)
    assert launch.unresolved == ()


def test_what_is_not_given_is_none() -> None:
    launch = only("uvicorn a:b")
    assert (launch.workers, launch.ws, launch.ping_interval_seconds, launch.host) == (None, None, None, None)


def test_variables_leave_a_field_unresolved_unless_they_have_a_default() -> None:
    launch = only("uvicorn a:b --workers $WORKERS --port ${PORT:-8000} --ws-ping-interval `cat x`")
    assert (launch.workers, launch.port, launch.ping_interval_seconds) == (None, 8000, None)
    assert set(launch.unresolved) == {"workers", "port", "ping_interval_seconds"}


def test_an_app_in_a_variable() -> None:
    launch = only('uvicorn "$APP_MODULE" --workers 2')
    assert (launch.app, launch.workers, launch.unresolved) == (None, 2, ("app",))


@pytest.mark.parametrize(
    "text",
    [
        "gunicorn app:app -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:80 --timeout 120",
        "gunicorn -w4 -kuvicorn.workers.UvicornWorker --bind=0.0.0.0:80 -t 120 app:app",
        "gunicorn --workers=4 --worker-class=uvicorn.workers.UvicornWorker -b 0.0.0.0:80 -t120 app:app --preload",
    ],
)
def test_gunicorn(text: str) -> None:
    launch = only(text)
    assert (launch.server, launch.app, launch.workers) == ("gunicorn", "app:app", 4)
    assert launch.worker_class == "uvicorn.workers.UvicornWorker"
    assert (launch.host, launch.port, launch.worker_timeout_seconds) == ("0.0.0.0", 80, 120.0)


def test_gunicorn_with_a_settings_file_and_no_app() -> None:
    assert only("gunicorn -c gunicorn.conf.py").settings_file == "gunicorn.conf.py"


def test_hypercorn_daphne_granian() -> None:
    hypercorn = only("hypercorn app:app --bind 0.0.0.0:8000 --websocket-ping-interval 20 -w 2")
    assert (hypercorn.server, hypercorn.ping_interval_seconds, hypercorn.workers) == ("hypercorn", 20.0, 2)
    daphne = only(
        "daphne -b 0.0.0.0 -p 8001 --ping-interval 10 --websocket_timeout 3600 app.asgi:application"
    )
    assert (daphne.server, daphne.port, daphne.ping_interval_seconds) == ("daphne", 8001, 10.0)
    assert (daphne.app, daphne.max_age_seconds) == ("app.asgi:application", 3600.0)
    granian = only("granian --interface asgi app:app --workers 2 --no-ws")
    assert (granian.server, granian.app, granian.ws) == ("granian", "app:app", "none")


def test_fastapi_starts_uvicorn() -> None:
    run = only("fastapi run app/main.py --workers 4 --port 80")
    assert (run.server, run.app, run.workers, run.port, run.reload) == (
        "uvicorn",
        "app/main.py",
        4,
        80,
        False,
    )
    assert only("fastapi dev").reload is True
    assert only("fastapi dev --no-reload main.py").reload is False


def test_variables_count_where_the_command_is_silent() -> None:
    launch = only(
        "uvicorn a:b --workers 2", UVICORN_WS_PING_INTERVAL="0", WEB_CONCURRENCY="8", UVICORN_WS="none"
    )
    assert (launch.workers, launch.ping_interval_seconds, launch.ws) == (2, 0.0, "none")
    assert only("uvicorn a:b", WEB_CONCURRENCY="8").workers == 8
    assert only("gunicorn a:b", WEB_CONCURRENCY="8").workers == 8
    assert only("hypercorn a:b", WEB_CONCURRENCY="8").workers is None
    assert only("granian a:b", GRANIAN_WORKERS="3").workers == 3


def test_a_flag_of_zero_is_not_silence() -> None:
    assert (
        only("uvicorn a:b --ws-ping-interval 0", UVICORN_WS_PING_INTERVAL="20").ping_interval_seconds == 0.0
    )


def test_exported_and_inline_variables() -> None:
    assert only("export WEB_CONCURRENCY=3\nuvicorn a:b").workers == 3
    assert only("WEB_CONCURRENCY=5 uvicorn a:b").workers == 5
    assert only("export WEB_CONCURRENCY=$(nproc)\nuvicorn a:b").unresolved == ("workers",)


def test_a_variable_from_elsewhere_leaves_the_field_unresolved() -> None:
    launch = with_environment(only("uvicorn a:b"), {"WEB_CONCURRENCY": None})
    assert (launch.workers, launch.unresolved) == (None, ("workers",))


def test_lines_are_those_of_the_command() -> None:
    text = "#!/bin/sh\nset -e\n\nalembic upgrade head\nexec uvicorn \\\n  a:b\nuvicorn c:d\n"
    assert [(each.app, each.line) for each in launches_in(text, path="x", line=10)] == [
        ("a:b", 14),
        ("c:d", 16),
    ]


def test_keywords_of_uvicorn_run() -> None:
    launch = launch_from_keywords(
        "uvicorn",
        {
            "host": "0.0.0.0",
            "port": 8000,
            "workers": 4,
            "ws_ping_interval": None,
            "ws_ping_timeout": None,
            "log_level": 1,
        },
        path="main.py",
        line=9,
        unresolved=("reload", "log_config"),
    )
    assert (launch.launcher, launch.port, launch.workers) == ("python", 8000, 4)
    assert (launch.ping_interval_seconds, launch.ping_timeout_seconds) == (0.0, math.inf)
    assert launch.unresolved == ("reload",)


def test_keywords_of_the_wrong_type_are_not_believed() -> None:
    launch = launch_from_keywords(
        "uvicorn", {"workers": "many", "port": True, "ws_ping_interval": "nan", "host": 3, "ws_max_size": 1.5},
        path="main.py", line=1,
    )  # fmt: skip
    assert (launch.workers, launch.port, launch.ping_interval_seconds, launch.host) == (
        None,
        None,
        None,
        None,
    )
    assert launch.max_message_bytes is None


def test_keywords_of_other_servers() -> None:
    gunicorn = launch_from_keywords("gunicorn", {"bind": ["0.0.0.0:80"], "workers": 3}, path="g.py", line=1)
    assert (gunicorn.host, gunicorn.port, gunicorn.workers) == ("0.0.0.0", 80, 3)
    granian = launch_from_keywords("granian", {"target": "a:b", "websockets": False}, path="g.py", line=1)
    assert (granian.app, granian.ws) == ("a:b", "none")
    socket = launch_from_keywords("gunicorn", {"bind": "unix:/run/x.sock"}, path="g.py", line=1)
    assert (socket.host, socket.port) == ("unix:/run/x.sock", None)
