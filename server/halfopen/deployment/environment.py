"""Environment variables that change how a server runs. Others are not kept: many are secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

from halfopen.deployment.command_line import literal_of
from halfopen.deployment.facts import DeploymentFacts, EnvironmentVariable
from halfopen.deployment.yaml_tree import YamlNode

_RELEVANT = re.compile(r"UVICORN_\w+|GRANIAN_\w+|WEB_CONCURRENCY|GUNICORN_CMD_ARGS")
_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*[=:]\s*(.*?)\s*$")


def is_relevant(name: str) -> bool:
    return _RELEVANT.fullmatch(name) is not None


def variable(name: str, value: str | None, path: str, line: int) -> EnvironmentVariable:
    """The variable; a value that is not written out is None."""
    return EnvironmentVariable(name, None if value is None else literal_of(value), path, line)


def relevant(variables: Iterable[EnvironmentVariable]) -> tuple[EnvironmentVariable, ...]:
    return tuple(each for each in variables if is_relevant(each.name))


def values_of(variables: Iterable[EnvironmentVariable]) -> dict[str, str | None]:
    return {each.name: each.value for each in variables}


def read_env_file(path: str, text: str) -> DeploymentFacts:
    """A `.env` file."""
    found: list[EnvironmentVariable] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.match(line)
        if match is not None and is_relevant(match[1]):
            found.append(variable(match[1], _unquoted(match[2]), path, number))
    return DeploymentFacts(environment=tuple(found))


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
        return value[1:-1]
    return re.split(r"\s+#", value, maxsplit=1)[0]


def variables_in_yaml(node: YamlNode | None, path: str) -> tuple[EnvironmentVariable, ...]:
    """Variables as compose writes them, `{A: b}` or `[A=b, C]`, and as Kubernetes does, `[{name, value}]`.

    All of them, for the commands that name them; facts keep only those of `relevant`.
    """
    if node is None:
        return ()
    found = [variable(name, value.text(), path, value.line) for name, value in node.entries()]
    for item in node.items():
        name, equals, value = (item.text() or "").partition("=")
        if name:
            found.append(variable(name, value if equals else None, path, item.line))
        named = item.text_at("name") or item.text_at("key")
        if named is not None:
            found.append(variable(named, item.text_at("value"), path, item.line))
    return tuple(found)
