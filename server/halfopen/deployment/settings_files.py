"""Servers' own settings files: gunicorn's Python file and hypercorn's TOML."""

from __future__ import annotations

import ast
import re
import tomllib
import warnings
from typing import Any

from halfopen.deployment.facts import DeploymentFacts, Problem
from halfopen.deployment.launch import launch_from_keywords

_ASSIGNMENT = re.compile(r"^(?P<name>[a-z_]\w*)\s*(?::[^=\n]+)?=(?!=)\s*(?P<value>[^\n]+)$", re.MULTILINE)
_MAX_VALUE = 500


def read_gunicorn_settings(path: str, text: str) -> DeploymentFacts:
    """gunicorn.conf.py: assignments of literals on one line. Other values leave the setting unresolved."""
    given: dict[str, object] = {}
    unresolved: list[str] = []
    first = None
    for match in _ASSIGNMENT.finditer(text):
        first = match.start() if first is None else first
        found, value = _literal(match["value"])
        if found:
            given[match["name"]] = value
        else:
            given.pop(match["name"], None)
            unresolved.append(match["name"])
    if first is None:
        return DeploymentFacts()
    launch = launch_from_keywords(
        "gunicorn",
        given,
        path=path,
        line=text.count("\n", 0, first) + 1,
        launcher="settings",
        unresolved=tuple(name for name in unresolved if name not in given),
    )
    return DeploymentFacts(launches=(launch,))


def _literal(text: str) -> tuple[bool, object]:
    if len(text) > _MAX_VALUE:
        return False, None
    try:
        with warnings.catch_warnings():
            # A string of the audited file may hold an odd escape; that is not ours to report.
            warnings.simplefilter("ignore")
            return True, ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False, None


def read_hypercorn_settings(path: str, text: str) -> DeploymentFacts:
    """hypercorn.toml."""
    document, problem = load_toml(path, text)
    if problem is not None:
        return DeploymentFacts(problems=(problem,))
    launch = launch_from_keywords("hypercorn", document, path=path, line=1, launcher="settings")
    return DeploymentFacts(launches=(launch,))


def load_toml(path: str, text: str) -> tuple[dict[str, Any], Problem | None]:
    """The document, or an empty one and what is wrong."""
    try:
        return tomllib.loads(text), None
    except (ValueError, RecursionError) as error:
        # TOMLDecodeError says "(at line 3, column 5)" in its message only.
        where = re.search(r"\(at line (\d+)", str(error))
        message = re.sub(r"\s*\(at [^)]*\)$", "", str(error)) or "not TOML"
        at_end = "end of document" in str(error)
        line = int(where[1]) if where else text.count("\n") + 1 if at_end else 1
        return {}, Problem(path, line, message)
