"""Files of hosting platforms: that the platform is used, what it starts, and how many of it."""

from __future__ import annotations

from typing import Any, cast

from halfopen.deployment.command_line import launches_in, launches_of
from halfopen.deployment.environment import relevant, values_of, variable, variables_in_yaml
from halfopen.deployment.facts import DeploymentFacts, EnvironmentVariable, Platform, Problem, Service
from halfopen.deployment.idle_limits import layer_defaults
from halfopen.deployment.launch import ServerLaunch
from halfopen.deployment.lines import text_lines
from halfopen.deployment.lock_files import load_json
from halfopen.deployment.settings_files import load_toml
from halfopen.deployment.yaml_tree import MAX_SERVICES, YamlNode, parse_yaml


def _present(layer: str, path: str, **facts: Any) -> DeploymentFacts:
    """The platform itself, with its row's limits if it has a row."""
    row = layer_defaults().get(layer)
    limits = () if row is None else row.limits(path, 1)
    return DeploymentFacts(platforms=(Platform(layer, path, 1),), limits=limits, **facts)


def read_fly(path: str, text: str) -> DeploymentFacts:
    """fly.toml: `[processes]`, `[experimental] cmd`, `[env]`, `min_machines_running`."""
    document, problem = load_toml(path, text)
    lines = text_lines(text)
    environment: list[EnvironmentVariable] = [
        variable(name, str(value), path, lines.of(name)) for name, value in _table(document, "env").items()
    ]
    values = values_of(environment)
    launches: list[ServerLaunch] = []
    for name, command in _table(document, "processes").items():
        line = lines.of(name)
        launches += launches_in(str(command), path=path, line=line, environment=values)
    command: Any = _table(document, "experimental").get("cmd")
    line = lines.of("cmd")
    if isinstance(command, str):
        launches += launches_in(command, path=path, line=line, environment=values)
    elif isinstance(command, list):
        words = [str(word) for word in cast("list[object]", command)]
        launches += launches_of(words, path=path, line=line, environment=values)
    machines: Any = _table(document, "http_service").get("min_machines_running")
    replicas = machines if isinstance(machines, int) and not isinstance(machines, bool) else None
    line = lines.of("min_machines_running")
    service = Service(
        str(document.get("app", "app")), "platform", path, 1, replicas=replicas, replicas_line=line,
        environment=relevant(environment), launches=tuple(launches),
    )  # fmt: skip
    return _present(
        "fly",
        path,
        launches=tuple(launches),
        services=(service,),
        environment=relevant(environment),
        problems=() if problem is None else (problem,),
    )


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: Any = document.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def read_render(path: str, text: str) -> DeploymentFacts:
    """render.yaml: the start command, variables and instances of each service."""
    documents, faults = parse_yaml(text)
    services: list[Service] = []
    for document in documents:
        for node in document.items_at("services")[:MAX_SERVICES]:
            environment = variables_in_yaml(node.get("envVars"), path)
            start = node.get("startCommand") or node.get("dockerCommand")
            instances = node.get("numInstances") or node.get("scaling", "maxInstances")
            services.append(
                Service(
                    name=node.text_at("name") or "",
                    kind="platform",
                    path=path,
                    line=node.line,
                    replicas=None if instances is None else instances.number(),
                    replicas_line=None if instances is None else instances.line,
                    autoscaled=node.get("scaling") is not None,
                    environment=relevant(environment),
                    launches=_start(start, path, values_of(environment)),
                )
            )
    return _present("render", path, **_of(services), problems=_problems(path, faults))


def read_heroku(path: str, text: str) -> DeploymentFacts:
    """heroku.yml: `run`, whose entries are commands or mappings with a command."""
    documents, faults = parse_yaml(text)
    services: list[Service] = []
    for document in documents:
        listed = document.get("run")
        for key, node in list(listed.pairs() if listed else ())[:MAX_SERVICES]:
            command = node.get("command")
            start = next(iter(command.items()), command) if command is not None else node
            services.append(
                Service(key.text() or "", "platform", path, key.line, launches=_start(start, path, {}))
            )
    return _present("heroku", path, **_of(services), problems=_problems(path, faults))


def read_app_engine(path: str, text: str) -> DeploymentFacts:
    """app.yaml of App Engine: `entrypoint` and `env_variables`."""
    documents, faults = parse_yaml(text)
    services: list[Service] = []
    for document in documents:
        if document.get("runtime") is None:
            continue
        environment = variables_in_yaml(document.get("env_variables"), path)
        entrypoint = document.get("entrypoint")
        launches = _start(entrypoint, path, values_of(environment))
        services.append(
            Service(
                document.text_at("service") or "default", "platform", path, document.line,
                environment=relevant(environment), launches=launches,
            )
        )  # fmt: skip
    if not services:
        return DeploymentFacts()
    return _present("app-engine", path, **_of(services), problems=_problems(path, faults))


def read_serverless(path: str, text: str) -> DeploymentFacts:
    """serverless.yml: functions with `websocket` events stand behind API Gateway."""
    documents, faults = parse_yaml(text)
    for document in documents:
        for _, function in document.entries_at("functions"):
            for event in function.items_at("events"):
                if event.text() == "websocket" or any(key == "websocket" for key, _ in event.entries()):
                    return _present("aws-api-gateway", path)
    return DeploymentFacts(problems=_problems(path, faults))


def read_railway(path: str, text: str) -> DeploymentFacts:
    """railway.toml, railway.json and nixpacks.toml: the start command."""
    if path.endswith(".json"):
        document, problem = load_json(path, text)
    else:
        document, problem = load_toml(path, text)
    deploy = _table(document, "deploy") or _table(document, "start")
    command: Any = deploy.get("startCommand") or deploy.get("cmd")
    replicas: Any = deploy.get("numReplicas")
    lines = text_lines(text)
    line = lines.of("startCommand" if "startCommand" in deploy else "cmd")
    launches = launches_in(command, path=path, line=line) if isinstance(command, str) else ()
    service = Service(
        "app", "platform", path, line,
        replicas=replicas if isinstance(replicas, int) and not isinstance(replicas, bool) else None,
        replicas_line=lines.of("numReplicas"),
        launches=launches,
    )  # fmt: skip
    problems = () if problem is None else (problem,)
    return _present("railway", path, launches=launches, services=(service,), problems=problems)


def read_presence(layer: str, path: str) -> DeploymentFacts:
    """A file whose existence is all that counts, such as wrangler.toml or vercel.json."""
    return _present(layer, path)


def _start(node: YamlNode | None, path: str, environment: dict[str, str | None]) -> tuple[ServerLaunch, ...]:
    text = None if node is None else node.text()
    if node is None or text is None:
        return ()
    return launches_in(text, path=path, line=node.line, environment=environment)


def _of(services: list[Service]) -> dict[str, Any]:
    return {
        "services": tuple(services),
        "launches": tuple(launch for service in services for launch in service.launches),
        "environment": tuple(each for service in services for each in service.environment),
    }


def _problems(path: str, faults: Any) -> tuple[Problem, ...]:
    return tuple(Problem(path, fault.line, fault.message) for fault in faults)
