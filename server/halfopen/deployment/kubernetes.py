"""Kubernetes manifests: workloads with their replicas and commands, and ingresses with their limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from halfopen.deployment.command_line import launches_of
from halfopen.deployment.dockerfile import image_of
from halfopen.deployment.environment import relevant, values_of, variables_in_yaml
from halfopen.deployment.facts import DeploymentFacts, Problem, Proxy, Service, gather
from halfopen.deployment.idle_limits import IdleLimit, layer_defaults
from halfopen.deployment.yaml_tree import MAX_SERVICES, YamlNode, parse_yaml

_WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Rollout", "Job"}
_MAX_CONTAINERS = 30
_API_VERSION = re.compile(r"^[ \t]*apiVersion[ \t]*:", re.MULTILINE)
_NGINX = "nginx.ingress.kubernetes.io/"
_ALB = "alb.ingress.kubernetes.io/"


def read_kubernetes(path: str, text: str) -> DeploymentFacts:
    """The facts of a manifest; documents of other kinds say nothing here."""
    if _API_VERSION.search(text) is None:
        # Any YAML file may be one; most are not, and some are long.
        return DeploymentFacts()
    documents, faults = parse_yaml(text)
    found = [
        _object(path, each)
        for document in documents
        for each in (
            document.items_at("items")[:MAX_SERVICES] if document.text_at("kind") == "List" else (document,)
        )
    ]
    problems = tuple(Problem(path, fault.line, fault.message) for fault in faults)
    return gather(*found, DeploymentFacts(problems=problems))


def _object(path: str, node: YamlNode) -> DeploymentFacts:
    kind = node.text_at("kind")
    if kind in _WORKLOADS:
        services = tuple(_containers(path, node))
        return DeploymentFacts(
            launches=tuple(launch for service in services for launch in service.launches),
            services=services,
            images=tuple(service.image for service in services if service.image is not None),
            environment=tuple(each for service in services for each in service.environment),
        )
    if kind == "HorizontalPodAutoscaler":
        return _autoscaler(path, node)
    if kind == "Ingress":
        return _ingress(path, node)
    if kind == "BackendConfig":
        return _backend_config(path, node)
    return DeploymentFacts()


def _containers(path: str, node: YamlNode) -> Iterator[Service]:
    pod = node.get("spec", "template", "spec") or node.get("spec", "jobTemplate", "spec") or node.get("spec")
    if pod is None:
        return
    replicas = node.get("spec", "replicas")
    name = node.text_at("metadata", "name") or ""
    for container in pod.items_at("containers")[:_MAX_CONTAINERS]:
        environment = variables_in_yaml(container.get("env"), path)
        image = container.get("image")
        text = None if image is None else image.text()
        command, arguments = container.get("command"), container.get("args")
        words = tuple(
            word.text() or "" for part in (command, arguments) if part is not None for word in part.items()
        )
        line = (command or arguments or container).line
        yield Service(
            name=name or container.text_at("name") or "",
            kind="kubernetes",
            path=path,
            line=container.line,
            image=None if image is None or text is None else image_of(text, path, image.line),
            replicas=None if replicas is None else replicas.number(),
            replicas_line=None if replicas is None else replicas.line,
            ports=tuple(port.text_at("containerPort") or "" for port in container.items_at("ports")),
            environment=relevant(environment),
            launches=launches_of(words, path=path, line=line, environment=values_of(environment)),
        )


def _autoscaler(path: str, node: YamlNode) -> DeploymentFacts:
    target = node.text_at("spec", "scaleTargetRef", "name")
    most = node.get("spec", "maxReplicas")
    if target is None or most is None:
        return DeploymentFacts()
    service = Service(
        target,
        "kubernetes",
        path,
        node.line,
        replicas=most.number(),
        replicas_line=most.line,
        autoscaled=True,
    )
    return DeploymentFacts(services=(service,))


def _ingress(path: str, node: YamlNode) -> DeploymentFacts:
    annotations = dict(node.entries_at("metadata", "annotations"))
    named = annotations.get("kubernetes.io/ingress.class")
    given = node.text_at("spec", "ingressClassName") or (None if named is None else named.text()) or ""
    if "nginx" in given or (not given and any(name.startswith(_NGINX) for name in annotations)):
        limit = _ingress_nginx_limit(path, node, annotations)
        return DeploymentFacts(proxies=tuple(_rules(path, node, limit.seconds)), limits=(limit,))
    if given == "alb" or (not given and any(name.startswith(_ALB) for name in annotations)):
        return DeploymentFacts(limits=(_alb_limit(path, node, annotations),))
    if given.startswith("gce"):
        return DeploymentFacts(limits=layer_defaults()["gcp-alb"].limits(path, node.line))
    return DeploymentFacts()


def _ingress_nginx_limit(path: str, node: YamlNode, annotations: dict[str, YamlNode]) -> IdleLimit:
    default = layer_defaults()["ingress-nginx"].limits(path, node.line)[0]
    setting = annotations.get(f"{_NGINX}proxy-read-timeout")
    # Strings in seconds, as the annotation's documentation has them.
    seconds = None if setting is None else _leading_number(setting.text())
    if setting is None or seconds is None:
        return default
    return replace(default, seconds=seconds, line=setting.line, source="proxy-read-timeout", set_here=True)


def _alb_limit(path: str, node: YamlNode, annotations: dict[str, YamlNode]) -> IdleLimit:
    default = layer_defaults()["aws-alb"].limits(path, node.line)[0]
    setting = annotations.get(f"{_ALB}load-balancer-attributes")
    match = re.search(r"idle_timeout\.timeout_seconds=(\d{1,6})", (setting.text() or "") if setting else "")
    if setting is None or match is None:
        return default
    source = "idle_timeout.timeout_seconds"
    return replace(default, seconds=float(match[1]), line=setting.line, source=source, set_here=True)


def _backend_config(path: str, node: YamlNode) -> DeploymentFacts:
    default = layer_defaults()["gcp-alb"].limits(path, node.line)[0]
    setting = node.get("spec", "timeoutSec")
    seconds = None if setting is None else setting.number()
    if setting is None or seconds is None:
        return DeploymentFacts()
    limit = replace(default, seconds=float(seconds), line=setting.line, source="timeoutSec", set_here=True)
    return DeploymentFacts(limits=(limit,))


def _rules(path: str, node: YamlNode, seconds: float) -> Iterator[Proxy]:
    for rule in node.items_at("spec", "rules"):
        for each in rule.items_at("http", "paths"):
            target = each.text_at("backend", "service", "name") or each.text_at("backend", "serviceName")
            yield Proxy("ingress-nginx", each.text_at("path"), target, path, each.line, seconds)


def _leading_number(text: str | None) -> float | None:
    match = re.match(r"\d{1,7}", text or "")
    return None if match is None else float(match[0])
