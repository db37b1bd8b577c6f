"""package.json: dependencies, scripts that start servers, and Create React App's proxy."""

from __future__ import annotations

import re
from typing import Any, cast

from halfopen.deployment.command_line import launches_in
from halfopen.deployment.facts import DeploymentFacts, Proxy
from halfopen.deployment.launch import ServerLaunch
from halfopen.deployment.lines import TextLines, text_lines
from halfopen.deployment.lock_files import load_json
from halfopen.deployment.requirement import Requirement

_SECTIONS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_EXACT = re.compile(r"[=v]?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)")


def read_package_json(path: str, text: str) -> DeploymentFacts:
    """The facts of a package.json. An alias (`npm:other@^1`) counts for the package it names."""
    document, problem = load_json(path, text)
    lines = text_lines(text)
    requirements: list[Requirement] = []
    for section in _SECTIONS:
        for name, value in _table(document, section).items():
            if isinstance(value, str):
                requirements.append(_requirement(name, value, path, lines))
    launches: list[ServerLaunch] = []
    for name, command in _table(document, "scripts").items():
        if isinstance(command, str):
            launches += launches_in(command, path=path, line=lines.of(name))
    target: Any = document.get("proxy")
    proxies: tuple[Proxy, ...] = ()
    if isinstance(target, str):
        proxies = (Proxy("create-react-app", None, target, path, lines.of("proxy")),)
    return DeploymentFacts(
        requirements=tuple(requirements),
        launches=tuple(launches),
        proxies=proxies,
        problems=() if problem is None else (problem,),
    )


def _requirement(name: str, value: str, path: str, lines: TextLines) -> Requirement:
    line = lines.of(name)
    alias = re.fullmatch(r"npm:((?:@[^/]+/)?[^@]+)@(.*)", value)
    if alias is not None:
        name, value = alias[1], alias[2]
    exact = _EXACT.fullmatch(value.strip())
    # Tags, paths and addresses say nothing about the version.
    specifier = (
        value if re.fullmatch(r"[\s\dxX*.^~<>=|v,\w+-]*", value) and re.search(r"[\d*xX]", value) else ""
    )
    return Requirement(
        name, "npm", path, line, specifier=specifier.strip(), version=None if exact is None else exact[1]
    )


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: Any = document.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
