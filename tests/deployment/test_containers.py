"""Dockerfiles, compose files and Kubernetes manifests."""

from __future__ import annotations

import pytest

from halfopen.deployment import DeploymentFacts, read


def docker(text: str) -> DeploymentFacts:
    return read("Dockerfile", text)


@pytest.mark.parametrize(
    "text",
    [
        'FROM python:3.12\nCMD ["uvicorn", "app:app", "--workers", "2"]',
        "FROM python:3.12\nCMD uvicorn app:app --workers 2",
        "FROM python:3.12\ncmd uvicorn app:app \\\n  # a comment\n\n  --workers 2",
        'FROM python:3.12\nENTRYPOINT ["uvicorn"]\nCMD ["app:app", "--workers", "2"]',
        'FROM python:3.12\nENTRYPOINT ["/entrypoint.sh"]\nCMD ["uvicorn", "app:app", "--workers", "2"]',
        "FROM python:3.12\nENTRYPOINT uvicorn app:app --workers 2\nCMD ignored",
        'FROM python:3.12\nCMD ["sh", "-c", "uvicorn app:app --workers 2"]',
        "FROM python:3.12\nENV WEB_CONCURRENCY=2\nCMD uvicorn app:app",
        "FROM python:3.12\nENV WEB_CONCURRENCY 2\nCMD uvicorn app:app",
        'FROM python:3.12 AS base\nCMD ["uvicorn", "app:app", "--workers", "2"]\nFROM base\nRUN true',
        "FROM node AS build\nCMD vite\nFROM python:3.12\nCMD uvicorn app:app --workers 2",
        "# escape=`\nFROM python:3.12\nCMD uvicorn app:app `\n  --workers 2",
        "FROM python:3.12\nRUN <<EOT\nuvicorn other:app\nEOT\nCMD uvicorn app:app --workers 2",
    ],
)
def test_the_last_stage_starts_the_server(text: str) -> None:
    (launch,) = docker(text).launches
    assert (launch.app, launch.workers) == ("app:app", 2)


def test_a_commands_line_is_that_of_its_instruction() -> None:
    (launch,) = docker(
        "FROM python:3.12\n\nRUN pip install \\\n uvicorn\n\nCMD uvicorn \\\n app:app"
    ).launches
    assert launch.line == 6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CMD uvicorn app:app",
        "FROM python\nRUN uvicorn app:app",
        "FROM python\nHEALTHCHECK CMD uvicorn app:app",
        "FROM python AS a\nCMD uvicorn app:app\nFROM nginx",
        'FROM python\nCMD uvicorn app:app\nENTRYPOINT ["python", "main.py"]',
        "FROM python\n# CMD uvicorn app:app",
    ],
)
def test_what_starts_no_server(text: str) -> None:
    assert docker(text).launches == ()


def test_a_broken_exec_form_is_told() -> None:
    facts = docker("FROM python\nCMD ['uvicorn', 'app:app']")
    assert [(each.line, "JSON" in each.message) for each in facts.problems] == [(2, True)]


def test_images_and_scripts() -> None:
    facts = docker(
        "ARG NGINX=1.27\nFROM --platform=linux/amd64 node:20-alpine AS build\n"
        'FROM registry.test:5000/library/nginx:${NGINX}-alpine@sha256:abc\nENTRYPOINT ["/start.sh"]'
    )
    assert [(each.name, each.tag, each.final) for each in facts.images] == [
        ("node", "20-alpine", False),
        ("nginx", "1.27-alpine", True),
    ]
    assert [(each.kind, each.target) for each in facts.references] == [("script", "/start.sh")]


def test_only_variables_that_configure_servers_are_kept() -> None:
    facts = docker("FROM python\nENV SECRET=hunter2 UVICORN_WS=wsproto\nCMD uvicorn a:b")
    assert [(each.name, each.value) for each in facts.environment] == [("UVICORN_WS", "wsproto")]
    assert facts.launches[0].ws == "wsproto"


def test_variables_of_the_image_stand_in_for_its_commands_variables() -> None:
    facts = docker(
        "FROM python AS base\nARG WORKERS=3\nENV WORKERS=${WORKERS} TOKEN=secret\nFROM base\nENV PORT 80\n"
        "CMD uvicorn a:b --workers ${WORKERS} --port $PORT --host $HOST"
    )
    (launch,) = facts.launches
    assert (launch.workers, launch.port, launch.host) == (3, 80, None)
    # They may be set otherwise where the container is started.
    assert launch.unresolved == ("workers", "port", "host")
    assert facts.environment == ()
    assert [(each.name, each.final) for each in facts.images] == [("python", True)]


COMPOSE = """
x-env: &env
  WEB_CONCURRENCY: "4"
services:
  api:
    build:
      context: ./backend
      dockerfile: Dockerfile.prod
    command: uvicorn app.main:app --host 0.0.0.0
    environment:
      <<: *env
      DATABASE_PASSWORD: secret
    ports: ["8000:8000", {target: 9000, published: 9001}]
    deploy:
      replicas: 3
    labels:
      - traefik.http.routers.api.rule=PathPrefix(`/ws`)
      - traefik.http.services.api.loadbalancer.server.port=8000
  list:
    image: python:3.12
    entrypoint: ["uvicorn"]
    command: ["b:app", "--ws-ping-interval", "0"]
    environment:
      - UVICORN_WS=${WS:-wsproto}
      - WEB_CONCURRENCY
    scale: 2
  proxy:
    image: nginx:1.25
"""


def test_compose() -> None:
    facts = read("docker-compose.yml", COMPOSE)
    api, listed, proxy = facts.services
    lines = COMPOSE.splitlines()
    assert [each.line for each in facts.services] == [
        lines.index(f"  {name}:") + 1 for name in ("api", "list", "proxy")
    ]
    assert (api.name, api.build, api.replicas, api.replicas_line) == ("api", "./backend", 3, 15)
    assert api.ports == ("8000:8000", "9001:9000")
    assert (api.launches[0].workers, api.launches[0].line) == (4, 9)
    assert [each.name for each in api.environment] == ["WEB_CONCURRENCY"]
    assert (listed.launches[0].app, listed.launches[0].ws, listed.replicas) == ("b:app", "wsproto", 2)
    assert listed.launches[0].ping_interval_seconds == 0.0
    assert listed.launches[0].unresolved == ("workers",)
    assert proxy.image is not None
    assert (proxy.image.name, proxy.image.tag) == ("nginx", "1.25")
    assert [(each.layer, each.match, each.target) for each in facts.proxies] == [
        ("traefik", "PathPrefix(`/ws`)", "8000")
    ]
    assert [(each.kind, each.target) for each in facts.references] == [
        ("dockerfile", "backend/Dockerfile.prod")
    ]
    assert facts.problems == ()


def test_a_shell_in_compose() -> None:
    text = "services:\n  a:\n    command: >\n      sh -c 'migrate &&\n      uvicorn a:b --workers $${N}'\n"
    (launch,) = read("compose.yaml", text).launches
    assert launch.app == "a:b"
    assert launch.unresolved == ("workers",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services:\n  a: [\n", 3),
        ("services:\n\tapi: {}\n", 2),
        ("services: {a: b\n  c", 2),
    ],
)
def test_a_broken_compose_file_is_a_problem(text: str, line: int) -> None:
    facts = read("compose.yml", text)
    assert facts.services == ()
    assert [each.path for each in facts.problems] == ["compose.yml"]
    assert abs(facts.problems[0].line - line) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "services:",
        "services: 3",
        "services: [a, b]",
        "services: {a: , b: [1]}",
        "- &a [*a]",
        "services: *missing",
        "services: &a {<<: *a, b: {<<: [*a, *a]}}",
    ],
)
def test_odd_compose_files(text: str) -> None:
    assert read("compose.yml", text).launches == ()


def test_an_alias_bomb_costs_nothing() -> None:
    levels = ["a0: &a0 {UVICORN_WS: x}"] + [
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30)
    ]
    text = "\n".join(levels) + "\nservices:\n  s:\n    environment:\n      <<: *a29\n"
    assert len(read("compose.yml", text).services) == 1


KUBERNETES = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: api
          image: ghcr.io/team/api:1.2
          command: ["sh", "-c"]
          args: ["uvicorn app:app --workers 2"]
          env:
            - {name: UVICORN_WS_PING_INTERVAL, value: "10"}
            - {name: WEB_CONCURRENCY, valueFrom: {configMapKeyRef: {name: a, key: b}}}
          ports: [{containerPort: 8000}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: x}
spec: {maxReplicas: 8, scaleTargetRef: {name: api}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
spec:
  ingressClassName: nginx
  rules:
    - http:
        paths:
          - path: /ws
            backend: {service: {name: api, port: {number: 8000}}}
"""


def test_kubernetes() -> None:
    facts = read("k8s/api.yaml", KUBERNETES)
    workload, autoscaled = facts.services
    assert (workload.name, workload.replicas, workload.ports) == ("api", 3, ("8000",))
    assert workload.image is not None
    assert (workload.image.name, workload.image.tag) == ("team/api", "1.2")
    (launch,) = workload.launches
    assert (launch.app, launch.workers, launch.ping_interval_seconds) == ("app:app", 2, 10.0)
    assert (autoscaled.name, autoscaled.replicas, autoscaled.autoscaled) == ("api", 8, True)
    (limit,) = facts.limits
    line_of = next(
        n for n, line in enumerate(KUBERNETES.splitlines(), start=1) if "proxy-read-timeout" in line
    )
    assert (limit.layer, limit.seconds, limit.set_here, limit.line) == (
        "ingress-nginx",
        3600.0,
        True,
        line_of,
    )
    (rule,) = facts.proxies
    assert (rule.match, rule.target, rule.idle_timeout_seconds) == ("/ws", "api", 3600.0)
    assert facts.problems == ()


def ingress(annotations: str, spec: str = "{}") -> DeploymentFacts:
    return read(
        "k8s/i.yaml",
        f"apiVersion: v1\nkind: Ingress\nmetadata:\n  annotations:\n    {annotations}\nspec: {spec}\n",
    )


def test_ingress_controllers() -> None:
    assert ingress("kubernetes.io/ingress.class: nginx").limits[0].seconds == 60.0
    assert ingress("nginx.ingress.kubernetes.io/proxy-send-timeout: '10'").limits[0].seconds == 60.0
    attributes = "alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=120"
    assert [(each.layer, each.seconds) for each in ingress(attributes).limits] == [("aws-alb", 120.0)]
    assert ingress("a: b", "{ingressClassName: alb}").limits[0].seconds == 60.0
    gce = ingress("kubernetes.io/ingress.class: gce").limits
    assert [(each.layer, each.kind, each.seconds) for each in gce] == [("gcp-alb", "max_age", 30.0)]
    assert ingress("a: b", "{ingressClassName: traefik}").limits == ()
    backend = read("b.yaml", "apiVersion: cloud.google.com/v1\nkind: BackendConfig\nspec: {timeoutSec: 3600}")
    assert [(each.kind, each.seconds, each.set_here) for each in backend.limits] == [
        ("max_age", 3600.0, True)
    ]


def test_a_helm_template_gives_what_stands_in_it() -> None:
    text = (
        'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include "x.name" . }}\n'
        "  {{- if .Values.labels }}\n  labels: {{- toYaml .Values.labels | nindent 4 }}\n  {{- end }}\n"
        "spec:\n  replicas: {{ .Values.replicas }}\n  template:\n    spec:\n      containers:\n"
        '        - image: "{{ .Values.image }}:1.0"\n          args: [uvicorn, "app:app", --workers, "{{ .Values.w }}"]\n'
    )
    facts = read("chart/templates/deployment.yaml", text)
    assert [each.line for each in facts.problems] == [4]
    (service,) = facts.services
    assert service.replicas is None
    assert service.replicas_line == 9
    assert (service.launches[0].app, service.launches[0].unresolved) == ("app:app", ("workers",))


def test_yaml_that_is_no_manifest_is_silent() -> None:
    assert read("openapi.yaml", "openapi: 3.0\npaths: {") == DeploymentFacts()
    assert read(".github/workflows/ci.yml", "apiVersion: v1") == DeploymentFacts()
