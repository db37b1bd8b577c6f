"""Lock files of both ecosystems: the version of each package that is installed.

They may be long, so those that stand line by line are read by pattern and not parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from halfopen.deployment.facts import DeploymentFacts, Problem
from halfopen.deployment.lines import text_lines
from halfopen.deployment.requirement import Requirement, normalised

# poetry.lock, uv.lock, pdm.lock ([[package]]) and pylock.toml ([[packages]], PEP 751).
_LOCK_SETTING = re.compile(r'(name|version) = "([^"]+)"')


def read_toml_lock(path: str, text: str) -> DeploymentFacts:
    """poetry.lock, uv.lock, pdm.lock, pylock.toml."""
    found: list[Requirement] = []
    name, name_line, in_package = "", 0, False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("["):
            in_package, name = line.strip() in ("[[package]]", "[[packages]]"), ""
            continue
        setting = _LOCK_SETTING.match(line) if in_package else None
        if setting is None:
            continue
        if setting[1] == "name":
            name, name_line = setting[2], number
        elif name:
            found.append(_locked(normalised(name), "python", path, name_line, setting[2]))
            in_package = False
    return DeploymentFacts(requirements=tuple(found))


def _locked(
    name: str,
    ecosystem: Any,
    path: str,
    line: int,
    version: str,
    *,
    specifier: str = "",
    project: str | None = None,
) -> Requirement:
    return Requirement(
        name, ecosystem, path, line, specifier=specifier, version=version, locked=True, project=project
    )


def read_pipfile_lock(path: str, text: str) -> DeploymentFacts:
    """Pipfile.lock."""
    document, problem = load_json(path, text)
    found: list[Requirement] = []
    lines = text_lines(text)
    for section in ("default", "develop"):
        for name, details in _objects(document.get(section)):
            version = details.get("version")
            if isinstance(version, str):
                number = lines.of(name)
                found.append(_locked(normalised(name), "python", path, number, version.lstrip("=")))
    return DeploymentFacts(requirements=tuple(found), problems=() if problem is None else (problem,))


def read_package_lock(path: str, text: str) -> DeploymentFacts:
    """package-lock.json and npm-shrinkwrap.json: the packages at the top of each project's node_modules."""
    document, problem = load_json(path, text)
    lines = _module_lines(text)
    found: list[Requirement] = []
    for key, details in _objects(document.get("packages")):
        project, _, name = key.rpartition("node_modules/")
        version = details.get("version")
        # Deeper ones are dependencies of dependencies.
        if name and "node_modules/" not in project and isinstance(version, str):
            folder = _joined(path, project.strip("/")) if project else None
            found.append(_locked(name, "npm", path, lines.get(key, 1), version, project=folder))
    if not found:
        lines = text_lines(text).strings
        for name, details in _objects(document.get("dependencies")):
            version = details.get("version")
            if isinstance(version, str):
                found.append(_locked(name, "npm", path, lines.get(name, 1), version))
    return DeploymentFacts(requirements=tuple(found), problems=() if problem is None else (problem,))


_MODULE_KEY = re.compile(r'\s*"([^"]*node_modules/[^"]+)":')


def _module_lines(text: str) -> dict[str, int]:
    """The lines of the keys of `packages`: these files are too long to look at every string."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if "node_modules/" in line and (match := _MODULE_KEY.match(line)) is not None:
            lines[match[1]] = number
    return lines


_YARN_HEADER = re.compile(r'^"?(?P<names>(?:@[^/\s"]+/)?[^@\s",]+@[^\n]*?)"?:\s*$')
_YARN_VERSION = re.compile(r'^  version:? "?(?P<version>[^"\s]+)"?\s*$')
_YARN_NAME = re.compile(r'"?((?:@[^/\s"]+/)?[^@\s",]+)@(?:npm:)?([^",]*)"?')


def read_yarn_lock(path: str, text: str) -> DeploymentFacts:
    """yarn.lock, classic and Berry. The ranges in a header tell direct dependencies from others."""
    found: list[Requirement] = []
    names: list[tuple[str, str]] = []
    header_line = 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = _YARN_HEADER.match(line)
        if header is not None:
            names, header_line = _YARN_NAME.findall(header["names"]), number
            continue
        version = _YARN_VERSION.match(line)
        if version is not None:
            found += [
                _locked(name, "npm", path, header_line, version["version"], specifier=specifier.strip())
                for name, specifier in names
                if not specifier.startswith(("workspace:", "patch:"))
            ]
            names = []
    return DeploymentFacts(requirements=tuple(found))


def read_pnpm_lock(path: str, text: str) -> DeploymentFacts:
    """pnpm-lock.yaml: what each importer depends on directly. All formats since version 5."""
    return DeploymentFacts(requirements=tuple(_pnpm(path, text)))


def _pnpm(path: str, text: str) -> Iterator[Requirement]:
    importer: str | None = None
    section, name, name_line, specifier = "", "", 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        key, _, value = stripped.partition(": ")
        key, value = key.removesuffix(":").strip("'\""), value.strip().strip("'\"")
        if indent == 0:
            importer, section = (None, "importers") if key == "importers" else ("", key)
            continue
        if importer is None or section == "importers":
            if indent == 2:
                importer, section = ("" if key == "." else key), "importers"
            elif indent == 4:
                section = f"importers/{key}"
            continue
        inside = section.startswith("importers/")
        if inside and indent == 2:
            importer, section = ("" if key == "." else key), "importers"
            continue
        if inside and indent == 4:
            section = f"importers/{key}"
            continue
        if not section.endswith(("ependencies",)):
            continue
        project = _joined(path, importer) if importer else None
        at = indent - (4 if inside else 0)
        if at == 2 and value:
            yield _locked(key, "npm", path, number, _pnpm_version(value), project=project)
        elif at == 2:
            name, name_line, specifier = key, number, ""
        elif at == 4 and key == "specifier":
            specifier = value
        elif at == 4 and key == "version" and name and not value.startswith("link:"):
            yield _locked(
                name, "npm", path, name_line, _pnpm_version(value), specifier=specifier, project=project
            )


def _pnpm_version(text: str) -> str:
    """`4.5.2(react@18.2.0)` and `4.5.2_react@18.2.0` are 4.5.2 with its peers."""
    return re.split(r"[(_]", text, maxsplit=1)[0]


_BUN_PACKAGE = re.compile(
    r'^\s*"(?P<key>(?:@[^/"]+/)?[^/"]+)":\s*\["(?P<name>(?:@[^/"]+/)?[^@"]+)@(?P<version>\d[^"]*)"'
)


def read_bun_lock(path: str, text: str) -> DeploymentFacts:
    """bun.lock, the text form."""
    found: list[Requirement] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _BUN_PACKAGE.match(line)
        if match is not None:
            found.append(_locked(match["name"], "npm", path, number, match["version"]))
    return DeploymentFacts(requirements=tuple(found))


def load_json(path: str, text: str) -> tuple[dict[str, Any], Problem | None]:
    """The object, or an empty one and what is wrong."""
    try:
        document: Any = json.loads(text)
    except json.JSONDecodeError as error:
        return {}, Problem(path, error.lineno, error.msg)
    except (ValueError, RecursionError):
        return {}, Problem(path, 1, "not JSON")
    if not isinstance(document, dict):
        return {}, Problem(path, 1, "not a JSON object")
    return cast("dict[str, Any]", document), None


def _objects(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        for key, details in cast("dict[str, Any]", value).items():
            if isinstance(details, dict):
                yield key, cast("dict[str, Any]", details)


def _joined(path: str, folder: str) -> str:
    """A folder beside the lock file, from the root; npm's may lead upwards, which counts as the lock's own."""
    base = path.rpartition("/")[0]
    if folder.startswith(".."):
        return base
    return f"{base}/{folder}" if base else folder
