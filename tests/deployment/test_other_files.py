"""Scripts, units, platforms, other proxies, settings files, and the table of idle limits."""

from __future__ import annotations

import math

import pytest

from halfopen.deployment import (
    DeploymentFacts,
    gather,
    layer_defaults,
    longest_safe_ping_period_seconds,
    read,
    smallest_idle_limit,
    which_file,
)


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("Procfile", "release: migrate\nweb: uvicorn app:app --port $PORT\n", 2),
        ("Procfile.dev", "web: uvicorn app:app", 1),
        ("Makefile", "run: ## run\n\t@cd backend && \\\n\t  uvicorn app:app\n", 3),
        ("justfile", "run:\n    uvicorn app:app\n", 2),
        ("start.sh", "#!/bin/bash\nexec uvicorn app:app\n", 2),
        ("deploy/api.service", "[Service]\nExecStart=-/opt/venv/bin/uvicorn \\\n  app:app\n", 2),
        ("supervisord.conf", "[supervisord]\n[program:web]\ncommand=uvicorn app:app\n", 2),
        ("fly.toml", 'app = "x"\n[processes]\nweb = "uvicorn app:app"\n', 3),
        ("fly.toml", 'app = "x"\n[experimental]\ncmd = ["uvicorn", "app:app"]\n', 3),
        ("render.yaml", "services:\n  - type: web\n    startCommand: uvicorn app:app\n", 3),
        ("heroku.yml", "run:\n  web: uvicorn app:app\n", 2),
        ("heroku.yml", "run:\n  web:\n    command:\n      - uvicorn app:app\n", 4),
        ("railway.toml", '[deploy]\nstartCommand = "uvicorn app:app"\n', 2),
        ("railway.json", '{\n "deploy": {"startCommand": "uvicorn app:app"}\n}', 2),
        ("nixpacks.toml", '[start]\ncmd = "uvicorn app:app"\n', 2),
        ("app.yaml", "runtime: python312\nentrypoint: uvicorn app:app\n", 2),
    ],
)
def test_the_server_and_its_line(path: str, text: str, line: int) -> None:
    (launch,) = read(path, text).launches
    assert (launch.app, launch.path, launch.line) == ("app:app", path, line)


def test_a_units_environment() -> None:
    text = '[Service]\nEnvironment="WEB_CONCURRENCY=3" SECRET=x\nExecStart=/bin/uvicorn a:b\n'
    facts = read("a.service", text)
    assert facts.launches[0].workers == 3
    assert [each.name for each in facts.environment] == ["WEB_CONCURRENCY"]


def test_replicas_of_platforms() -> None:
    assert (
        read("supervisord.conf", "[program:w]\ncommand=uvicorn a:b\nnumprocs=4\n").services[0].replicas == 4
    )
    assert read("fly.toml", "[http_service]\nmin_machines_running = 2\n").services[0].replicas == 2
    render = read(
        "render.yaml",
        "services:\n- name: a\n  numInstances: 3\n  startCommand: uvicorn a:b\n  envVars:\n  - key: WEB_CONCURRENCY\n    value: 2\n",
    )
    assert (render.services[0].replicas, render.launches[0].workers) == (3, 2)
    assert read("railway.json", '{"deploy": {"numReplicas": 2}}').services[0].replicas == 2


def test_environment_files_give_only_what_configures_servers() -> None:
    facts = read(
        ".env.production",
        "SECRET=x\nexport WEB_CONCURRENCY=4 # c\nUVICORN_WS='wsproto'\nUVICORN_PORT=${PORT}\n",
    )
    assert [(each.name, each.value, each.line) for each in facts.environment] == [
        ("WEB_CONCURRENCY", "4", 2),
        ("UVICORN_WS", "wsproto", 3),
        ("UVICORN_PORT", None, 4),
    ]


def test_gunicorns_settings() -> None:
    text = 'import os\nbind = "0.0.0.0:8000"\nworkers = int(os.environ["N"])\nworker_class: str = "uvicorn.workers.UvicornWorker"\ntimeout = 120\nodd = "\\d"\n'
    (launch,) = read("gunicorn.conf.py", text).launches
    assert (launch.launcher, launch.host, launch.port, launch.line) == ("settings", "0.0.0.0", 8000, 2)
    assert (launch.worker_class, launch.worker_timeout_seconds) == ("uvicorn.workers.UvicornWorker", 120.0)
    assert (launch.workers, launch.unresolved) == (None, ("workers",))
    assert read("gunicorn.conf.py", "def f(:\n").launches == ()


def test_hypercorns_settings() -> None:
    (launch,) = read(
        "hypercorn.toml", 'bind = ["0.0.0.0:8000"]\nwebsocket_ping_interval = 20\nworkers = 2\n'
    ).launches
    assert (launch.ping_interval_seconds, launch.workers, launch.port) == (20.0, 2, 8000)
    assert read("hypercorn.toml", "= 1").problems


def test_caddy() -> None:
    text = "example.test {\n\treverse_proxy /ws/* api:8000 {\n\t\tstream_timeout 24h\n\t\tflush_interval -1\n\t}\n\treverse_proxy {\n\t\tto web:3000\n\t}\n\thandle @x {\n\t\treverse_proxy @x other:1 # c\n\t}\n}\n"
    facts = read("Caddyfile", text)
    assert [(each.match, each.target, each.line) for each in facts.proxies] == [
        ("/ws/*", "api:8000", 2),
        (None, "web:3000", 6),
        ("@x", "other:1", 10),
    ]
    assert [(each.kind, each.seconds, each.line) for each in facts.limits] == [("max_age", 86400.0, 3)]
    assert facts.problems == ()
    assert read("Caddyfile", "a {").problems


def test_haproxy() -> None:
    text = "defaults\n  timeout client 50s\n  timeout server 50000\nbackend a\n  server s 1.2.3.4\nbackend b\n  timeout tunnel 1h\nlisten c\n  timeout server 10s\n"
    facts = read("haproxy.cfg", text)
    assert [(each.target, each.idle_timeout_seconds) for each in facts.proxies] == [
        ("a", 50.0),
        ("b", 3600.0),
        ("c", 10.0),
    ]
    assert [(each.source, each.line) for each in facts.limits] == [
        ("timeout client", 2),
        ("timeout tunnel", 7),
        ("timeout server", 9),
    ]


@pytest.mark.parametrize(
    ("path", "text", "layer", "seconds"),
    [
        ("fly.toml", "", "fly", 60.0),
        ("heroku.yml", "build: {}", "heroku", 55.0),
        ("Procfile", "web: node a.js", "heroku", 55.0),
        ("wrangler.toml", "", "cloudflare", 100.0),
        (
            "serverless.yml",
            "functions:\n  a:\n    events:\n      - websocket: $connect\n",
            "aws-api-gateway",
            600.0,
        ),
        ("serverless.yml", "functions:\n  a:\n    events: [websocket]\n", "aws-api-gateway", 600.0),
    ],
)
def test_a_platforms_file_brings_its_limits(path: str, text: str, layer: str, seconds: float) -> None:
    facts = read(path, text)
    assert [each.layer for each in facts.platforms] == [layer]
    smallest = smallest_idle_limit(facts.limits)
    assert smallest is not None
    assert (smallest.layer, smallest.seconds, smallest.path, smallest.set_here) == (
        layer,
        seconds,
        path,
        False,
    )


def test_a_procfile_is_only_likely_to_be_herokus() -> None:
    assert {each.confidence for each in read("Procfile", "web: x").limits} == {"medium"}
    assert {each.confidence for each in read("heroku.yml", "run: {}").limits} == {"high"}


def test_platforms_without_a_known_limit() -> None:
    for path in ("render.yaml", "vercel.json", "railway.toml"):
        facts = read(path, "")
        assert len(facts.platforms) == 1
        assert facts.limits == ()
    assert read("serverless.yml", "functions: {a: {events: [http]}}").platforms == ()
    assert read("app.yaml", "name: x").platforms == ()


@pytest.mark.parametrize(
    ("layer", "idle", "age"),
    [
        ("nginx", 60.0, None), ("ingress-nginx", 60.0, None), ("traefik", None, None), ("caddy", None, None),
        ("haproxy", None, None), ("aws-alb", 60.0, None), ("aws-nlb", 350.0, None),
        ("aws-api-gateway", 600.0, 7200.0), ("cloudfront", 600.0, None), ("cloudflare", 100.0, None),
        ("gcp-alb", None, 30.0), ("azure-lb", 240.0, None), ("azure-app-service", 230.0, None),
        ("heroku", 55.0, 86400.0), ("fly", 60.0, None),
    ],
)  # fmt: skip
def test_every_layer_of_the_fact_sheet_is_in_the_table(
    layer: str, idle: float | None, age: float | None
) -> None:
    row = layer_defaults()[layer]
    assert (row.idle_seconds, row.max_age_seconds) == (idle, age)
    assert row.source
    assert row.title


def test_the_smallest_limit_ignores_maximum_ages() -> None:
    nginx = read(
        "nginx.conf", "server { location / { proxy_read_timeout 10m; proxy_pass http://a; } }"
    ).nginx[0]
    limits = [
        nginx.servers[0].locations[0].idle_limit(),
        *layer_defaults()["gcp-alb"].limits(),
        *layer_defaults()["cloudflare"].limits(),
    ]
    smallest = smallest_idle_limit(limits)
    assert smallest is not None
    assert (smallest.layer, longest_safe_ping_period_seconds(smallest)) == ("cloudflare", 50.0)
    assert smallest_idle_limit([]) is None
    assert smallest_idle_limit(layer_defaults()["gcp-alb"].limits()) is None


def test_gathering_keeps_order() -> None:
    first, second = read("a.sh", "uvicorn a:a"), read("b.sh", "uvicorn b:b")
    assert [each.app for each in gather(first, second).launches] == ["a:a", "b:b"]
    assert gather() == DeploymentFacts()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("docker-compose.yml", "compose"),
        ("docker-compose.prod.yaml", "compose"),
        ("deploy/compose.override.yml", "compose"),
        ("compose.yaml", "compose"),
        ("Dockerfile", "dockerfile"),
        ("docker/Dockerfile.prod", "dockerfile"),
        ("api.Dockerfile", "dockerfile"),
        ("Containerfile", "dockerfile"),
        ("nginx.conf", "nginx"),
        ("deploy/nginx/sites/app.conf", "nginx"),
        ("nginx/default.conf.template", "nginx"),
        ("frontend/nginx.prod.conf", "nginx"),
        ("conf.d/app.conf", "nginx"),
        ("etc/sites-available/app", "nginx"),
        ("roles/web/templates/nginx.conf.j2", "nginx"),
        ("k8s/deployment.yaml", "kubernetes"),
        ("chart/templates/ingress.yml", "kubernetes"),
        ("requirements.txt", "requirements"),
        ("requirements-dev.txt", "requirements"),
        ("dev-requirements.in", "requirements"),
        ("requirements/prod.txt", "requirements"),
        ("constraints.txt", "requirements"),
        ("backend/pyproject.toml", "pyproject"),
        ("uv.lock", "toml-lock"),
        ("Pipfile.lock", "pipfile-lock"),
        ("web/package.json", "package-json"),
        ("pnpm-lock.yaml", "pnpm-lock"),
        ("Procfile", "procfile"),
        ("a/b.service", "systemd"),
        ("Makefile", "makefile"),
        (".env.local", "env"),
        ("gunicorn_conf.py", "gunicorn-settings"),
        ("fly.staging.toml", "fly"),
        ("scripts\\start.SH", "shell"),
        ("main.py", None),
        ("src/nginx/index.ts", None),
        ("src/App.tsx", None),
        ("README.md", None),
        ("supervisor.py", None),
        (".github/workflows/ci.yml", None),
        ("a/.hidden/b.yaml", None),
        ("logging.conf", None),
        ("alembic.ini", None),
        ("", None),
    ],
)
def test_which_file(path: str, kind: str | None) -> None:
    assert which_file(path) == kind


def test_a_file_of_no_kind_has_no_facts() -> None:
    assert read("main.py", "uvicorn a:b") == DeploymentFacts()
    assert read("run.txt", "uvicorn a:b", kind="shell").launches != ()


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert read("requirements.txt", "\ufeffuvicorn==0.30.1").requirements[0].version == "0.30.1"


def test_infinity_is_no_count() -> None:
    assert read("a.sh", "uvicorn a:b --workers inf --ws-ping-timeout inf").launches[0].workers is None
    assert read("a.sh", "uvicorn a:b --ws-ping-timeout inf").launches[0].ping_timeout_seconds == math.inf
