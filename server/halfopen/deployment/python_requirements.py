"""Python requirements as people write them: requirements files, pyproject.toml, setup.cfg, Pipfile."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from halfopen.deployment.command_line import launches_in
from halfopen.deployment.facts import DeploymentFacts, Problem, Reference
from halfopen.deployment.launch import ServerLaunch
from halfopen.deployment.lines import TextLines, text_lines
from halfopen.deployment.requirement import Requirement, normalised
from halfopen.deployment.settings_files import load_toml

_MAX_PROBLEMS = 20


def read_requirements(path: str, text: str) -> DeploymentFacts:
    """A requirements file of pip, or pip-tools' `.in`."""
    found: list[Requirement] = []
    references: list[Reference] = []
    problems: list[Problem] = []
    for line, number in _logical_lines(text):
        option = re.match(r"(?:-r|--requirement|-c|--constraint)(?:\s+|=)?(\S+)", line)
        if option is not None:
            kind = "requirements" if line.startswith(("-r", "--requirement")) else "constraints"
            references.append(Reference(kind, option[1], path, number))
            continue
        if line.startswith("-"):
            continue
        # Options of a single requirement, such as hashes, come after it.
        written = re.split(r"\s--\S", line, maxsplit=1)[0].strip()
        requirement = from_pep508(written, path, number)
        if requirement is not None:
            found.append(requirement)
        elif not re.match(
            r"(?:[a-z+]+:|[./~\\$\w]+[/\\]|\S+\.(?:whl|tar\.gz|zip)\b)", written, re.IGNORECASE
        ):
            problems.append(Problem(path, number, f"not a requirement: {written[:80]}"))
            if len(problems) >= _MAX_PROBLEMS:
                # A file of another kind with this name: refusing each of its lines helps nobody.
                break
    return DeploymentFacts(requirements=tuple(found), references=tuple(references), problems=tuple(problems))


def _logical_lines(text: str) -> Iterator[tuple[str, int]]:
    """Lines without comments, joined where they end in a backslash, with the number of their first."""
    pieces: list[str] = []
    first = 1
    for number, line in enumerate(text.splitlines(), start=1):
        first = number if not pieces else first
        line = re.sub(r"(?:^|\s)#.*$", "", line).strip()
        if line.endswith("\\"):
            pieces.append(line[:-1])
            continue
        joined = " ".join([*pieces, line]).strip()
        pieces = []
        if joined:
            yield joined, first
    if pieces:
        yield " ".join(pieces).strip(), first


def from_pep508(text: str, path: str, line: int, *, project: str | None = None) -> Requirement | None:
    """A requirement in PEP 508's form, or None. A direct reference (`name @ url`) has no version."""
    try:
        parsed = Pep508(text)
    except InvalidRequirement:
        return None
    specifier = str(parsed.specifier)
    return Requirement(
        name=normalised(parsed.name),
        ecosystem="python",
        path=path,
        line=line,
        specifier=specifier,
        version=pinned(specifier),
        extras=tuple(sorted(parsed.extras)),
        marker="" if parsed.marker is None else str(parsed.marker),
        project=project,
    )


def pinned(specifier: str) -> str | None:
    """The one version that `==1.2.3` allows; None for any other specifier."""
    match = re.fullmatch(r"\s*={2,3}\s*([^\s,*]+)\s*", specifier)
    return None if match is None else match[1]


def read_pyproject(path: str, text: str) -> DeploymentFacts:
    """pyproject.toml: PEP 621, dependency groups (PEP 735), Poetry, PDM, uv, and the tasks of task runners."""
    document, problem = load_toml(path, text)
    lines = text_lines(text)
    project = _table(document, "project")
    tool = _table(document, "tool")
    poetry = _table(tool, "poetry")
    groups = _table(poetry, "group").values()
    listed = [
        *_strings(project.get("dependencies")),
        *_nested_strings(project.get("optional-dependencies")),
        *_nested_strings(document.get("dependency-groups")),
        *_nested_strings(_table(tool, "pdm").get("dev-dependencies")),
        *_strings(_table(tool, "uv").get("dev-dependencies")),
        *_strings(_table(tool, "rye").get("dev-dependencies")),
    ]
    tables = [
        _table(poetry, "dependencies"),
        _table(poetry, "dev-dependencies"),
        *(
            _table(cast("dict[str, Any]", group), "dependencies")
            for group in groups
            if isinstance(group, dict)
        ),
    ]
    found = [from_pep508(entry, path, lines.of(entry)) for entry in listed]
    found += [
        _from_table(name, value, path, lines)
        for table in tables
        for name, value in table.items()
        if name.lower() != "python"
    ]
    return DeploymentFacts(
        requirements=tuple(each for each in found if each is not None),
        launches=tuple(_tasks(tool, path, lines)),
        problems=() if problem is None else (problem,),
    )


def _from_table(name: str, value: Any, path: str, lines: TextLines) -> Requirement | None:
    """Poetry's and Pipfile's `name = "^1.2"` and `name = { version = "^1.2", extras = ["x"] }`."""
    details = cast("dict[str, Any]", value) if isinstance(value, dict) else {"version": value}
    version = details.get("version", "")
    specifier = _pep440(version) if isinstance(version, str) else None
    return Requirement(
        name=normalised(name),
        ecosystem="python",
        path=path,
        line=lines.of(name),
        specifier=specifier or "",
        version=pinned(specifier or ""),
        extras=tuple(_strings(details.get("extras"))),
        marker=str(details.get("markers", "")),
    )


def _pep440(constraint: str) -> str | None:
    """Poetry's constraint in PEP 440's terms; None when it has none (alternatives with `||`)."""
    clauses: list[str] = []
    for clause in re.split(r"\s*,\s*|\s+(?=[<>=!~^])", constraint.strip()):
        match = re.fullmatch(r"(\^|~)\s*v?(\d+(?:\.\d+)*)\S*", clause)
        if match is not None:
            parts = [int(part) for part in match[2].split(".")]
            if match[1] == "~":
                kept = min(1, len(parts) - 1)
            else:
                kept = next((index for index, part in enumerate(parts) if part), len(parts) - 1)
            upper = [*parts[:kept], parts[kept] + 1]
            clauses.append(f">={match[2]},<{'.'.join(map(str, upper))}")
        elif re.fullmatch(r"v?\d[\w.+!-]*(?:\.\*)?", clause):
            clauses.append(f"=={clause.lstrip('v')}")
        elif clause not in ("", "*"):
            clauses.append(clause)
    joined = ",".join(clauses)
    try:
        SpecifierSet(joined)
    except InvalidSpecifier:
        return None
    return joined


def _tasks(tool: dict[str, Any], path: str, lines: TextLines) -> Iterator[ServerLaunch]:
    """Commands kept in pyproject.toml for poe, pdm, rye, taskipy, hatch."""
    environments = _table(_table(tool, "hatch"), "envs").values()
    tables = [
        _table(_table(tool, "poe"), "tasks"),
        _table(_table(tool, "pdm"), "scripts"),
        _table(_table(tool, "rye"), "scripts"),
        _table(_table(tool, "taskipy"), "tasks"),
        *(_table(cast("dict[str, Any]", each), "scripts") for each in environments if isinstance(each, dict)),
    ]
    for table in tables:
        for name, value in table.items():
            details = cast("dict[str, Any]", value) if isinstance(value, dict) else {"cmd": value}
            line = lines.of(name)
            for key in ("cmd", "shell", "composite"):
                for command in [details.get(key), *_strings(details.get(key))]:
                    if isinstance(command, str):
                        yield from launches_in(command, path=path, line=line)


def read_setup_cfg(path: str, text: str) -> DeploymentFacts:
    """setup.cfg: install_requires and extras_require."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        return DeploymentFacts(problems=(Problem(path, 1, str(error).partition("\n")[0]),))
    listed = parser.get("options", "install_requires", fallback="").splitlines()
    if parser.has_section("options.extras_require"):
        for _, value in parser.items("options.extras_require"):
            listed += value.splitlines()
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        lines.setdefault(line.partition("=")[2].strip() or line.strip(), number)
        lines.setdefault(line.partition("#")[0].strip(), number)
    entries = (entry.partition("#")[0].strip() for entry in listed)
    found = (from_pep508(entry, path, lines.get(entry, 1)) for entry in entries if entry)
    return DeploymentFacts(requirements=tuple(each for each in found if each is not None))


def read_pipfile(path: str, text: str) -> DeploymentFacts:
    """Pipfile."""
    document, problem = load_toml(path, text)
    lines = text_lines(text)
    found = [
        _from_table(name, value, path, lines)
        for section in ("packages", "dev-packages")
        for name, value in _table(document, section).items()
    ]
    return DeploymentFacts(
        requirements=tuple(each for each in found if each is not None),
        problems=() if problem is None else (problem,),
    )


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: Any = document.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _strings(value: Any) -> list[str]:
    if not isinstance(value, list):
        return []
    return [item for item in cast("list[object]", value) if isinstance(item, str)]


def _nested_strings(value: Any) -> Iterable[str]:
    if not isinstance(value, dict):
        return []
    return [item for listed in cast("dict[str, Any]", value).values() for item in _strings(listed)]
