"""docker-compose files: services, what they start, how often, and the proxies that their labels set up."""

from __future__ import annotations

import re

from halfopen.deployment.command_line import launches_in, launches_of
from halfopen.deployment.dockerfile import image_of
from halfopen.deployment.environment import relevant, values_of, variables_in_yaml
from halfopen.deployment.facts import DeploymentFacts, Image, Problem, Proxy, Reference, Service
from halfopen.deployment.launch import ServerLaunch
from halfopen.deployment.yaml_tree import MAX_SERVICES, YamlNode, parse_yaml


def read_compose(path: str, text: str) -> DeploymentFacts:
    """The facts of a compose file (version 2, 3, and the specification without version)."""
    documents, faults = parse_yaml(text)
    services: list[Service] = []
    proxies: list[Proxy] = []
    references: list[Reference] = []
    for document in documents:
        listed = document.get("services")
        for key, node in list(listed.pairs() if listed else ())[:MAX_SERVICES]:
            services.append(_service(path, key, node))
            proxies += _traefik_rules(path, node)
            references += _references(path, node)
    return DeploymentFacts(
        launches=tuple(launch for service in services for launch in service.launches),
        services=tuple(services),
        images=tuple(service.image for service in services if service.image is not None),
        references=tuple(references),
        environment=tuple(each for service in services for each in service.environment),
        proxies=tuple(proxies),
        problems=tuple(Problem(path, fault.line, fault.message) for fault in faults),
    )


def _service(path: str, key: YamlNode, node: YamlNode) -> Service:
    environment = variables_in_yaml(node.get("environment"), path)
    image = node.get("image")
    build = node.get("build")
    replicas = node.get("deploy", "replicas") or node.get("scale")
    return Service(
        name=key.text() or "",
        kind="compose",
        path=path,
        line=key.line,
        image=_image(image, path),
        build=None if build is None else build.text() or build.text_at("context"),
        replicas=None if replicas is None else replicas.number(),
        replicas_line=None if replicas is None else replicas.line,
        ports=tuple(_port(port) for port in node.items_at("ports")),
        environment=relevant(environment),
        launches=_launches(path, node, values_of(environment)),
    )


def _image(node: YamlNode | None, path: str) -> Image | None:
    text = None if node is None else node.text()
    return None if node is None or text is None else image_of(text, path, node.line)


def _port(node: YamlNode) -> str:
    """`8000:80`, or the long form as the short one."""
    text = node.text()
    if text is not None:
        return text
    published, target = node.text_at("published"), node.text_at("target") or ""
    return f"{published}:{target}" if published else target


def _launches(path: str, node: YamlNode, environment: dict[str, str | None]) -> tuple[ServerLaunch, ...]:
    entrypoint, command = node.get("entrypoint"), node.get("command")
    words = _words(entrypoint) + _words(command)
    line = (command or entrypoint or node).line
    if words:
        found = launches_of(words, path=path, line=line, environment=environment)
        if found or entrypoint is None:
            return found
        return launches_of(_words(command), path=path, line=line, environment=environment)
    return tuple(
        launch
        for part in (entrypoint, command)
        if part is not None and (text := part.text()) is not None
        for launch in launches_in(text, path=path, line=part.line, environment=environment)
    )


def _words(node: YamlNode | None) -> tuple[str, ...]:
    return () if node is None else tuple(item.text() or "" for item in node.items())


def _references(path: str, node: YamlNode) -> list[Reference]:
    dockerfile = node.get("build", "dockerfile")
    text = None if dockerfile is None else dockerfile.text()
    if dockerfile is None or text is None:
        return []
    context = (node.text_at("build", "context") or ".").removeprefix("./").rstrip("/")
    target = text if context in ("", ".") else f"{context}/{text}"
    return [Reference("dockerfile", target, path, dockerfile.line)]


_RULE = re.compile(r"traefik\.http\.routers\.(?P<router>[^.]+)\.rule")
_PORT = re.compile(r"traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port")


def _traefik_rules(path: str, node: YamlNode) -> list[Proxy]:
    """Routers in the labels of a service, in either form: `[a=b]` or `{a: b}`."""
    labels: list[tuple[str, str, int]] = []
    for place in (node.get("labels"), node.get("deploy", "labels")):
        if place is None:
            continue
        labels += [(name, value.text() or "", value.line) for name, value in place.entries()]
        for item in place.items():
            name, _, value = (item.text() or "").partition("=")
            labels.append((name, value, item.line))
    port = next((value for name, value, _ in labels if _PORT.fullmatch(name)), None)
    return [
        Proxy("traefik", value, port, path, line) for name, value, line in labels if _RULE.fullmatch(name)
    ]
