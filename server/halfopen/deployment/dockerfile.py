"""Dockerfiles: what the last stage starts, on which image, with which environment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from halfopen.deployment.command_line import launches_in, launches_of
from halfopen.deployment.environment import relevant, values_of, variable
from halfopen.deployment.facts import DeploymentFacts, EnvironmentVariable, Image, Problem, Reference
from halfopen.deployment.launch import ServerLaunch
from halfopen.deployment.shell_words import split_commands


@dataclass(frozen=True, slots=True)
class _Instruction:
    name: str
    arguments: str
    line: int


@dataclass(frozen=True, slots=True)
class _Start:
    """CMD or ENTRYPOINT: words in the exec form, a shell's text in the other."""

    words: tuple[str, ...] | None
    text: str
    line: int


@dataclass(slots=True)
class _Stage:
    image: Image
    base: _Stage | None
    command: _Start | None = None
    entrypoint: _Start | None = None
    environment: list[EnvironmentVariable] = field(default_factory=list[EnvironmentVariable])
    arguments: dict[str, str] = field(default_factory=dict[str, str])
    """ARG with a default: what ENV may refer to, and nothing that runs sees."""


def read_dockerfile(path: str, text: str) -> DeploymentFacts:
    """The facts of a Dockerfile. Commands of earlier stages, and of RUN and HEALTHCHECK, start no server."""
    stages: list[_Stage] = []
    named: dict[str, _Stage] = {}
    arguments: dict[str, str] = {}
    problems: list[Problem] = []
    for instruction in _instructions(text):
        if instruction.name == "FROM":
            stage = _stage(path, instruction, named, arguments)
            if stage is not None:
                stages.append(stage)
            continue
        if instruction.name == "ARG":
            name, equals, value = instruction.arguments.partition("=")
            if equals:
                place = stages[-1].arguments if stages else arguments
                place[name.strip()] = value.strip().strip("\"'")
            continue
        if not stages:
            continue
        stage = stages[-1]
        if instruction.name == "CMD":
            stage.command = _start(path, instruction, problems)
        elif instruction.name == "ENTRYPOINT":
            stage.entrypoint = _start(path, instruction, problems)
            # An image's CMD is forgotten where a new ENTRYPOINT is set; one in this file comes after.
            stage.command = None
        elif instruction.name == "ENV":
            stage.environment += _environment(path, instruction, stage.arguments)
    if not stages:
        return DeploymentFacts(problems=tuple(problems))
    last = stages[-1]
    images = tuple(
        _with_final(stage.image, final=stage.image is last.image) for stage in stages if stage.base is None
    )
    launches, references = _started(path, last)
    return DeploymentFacts(
        launches=launches,
        references=references,
        images=images,
        environment=relevant(_inherited_environment(last)),
        problems=tuple(problems),
    )


def _instructions(text: str) -> Iterator[_Instruction]:
    """Instructions with their continuation lines joined; bodies of here-documents are skipped."""
    escape = "`" if re.match(r"(?:\s*#[^\n]*\n)*\s*#\s*escape\s*=\s*`", text, re.IGNORECASE) else "\\"
    lines = text.splitlines()
    index = 0
    while index < len(lines):
        started, line = index, lines[index].strip()
        index += 1
        if not line or line.startswith("#"):
            continue
        pieces: list[str] = []
        while line.endswith(escape):
            pieces.append(line[:-1])
            # Comments and blank lines within a continuation do not end it.
            while index < len(lines) and (not lines[index].strip() or lines[index].lstrip().startswith("#")):
                index += 1
            if index == len(lines):
                line = ""
                break
            line = lines[index].strip()
            index += 1
        pieces.append(line)
        name, _, arguments = " ".join(pieces).partition(" ")
        for marker in (
            re.findall(r"<<-?[\"']?(\w+)[\"']?", arguments) if name.upper() in ("RUN", "COPY") else ()
        ):
            while index < len(lines) and lines[index].strip() != marker:
                index += 1
            index += 1
        yield _Instruction(name.upper(), arguments.strip(), started + 1)


_FROM = re.compile(r"(?:--\S+\s+)*(?P<image>\S+)(?:\s+[aA][sS]\s+(?P<name>\S+))?")


def _stage(
    path: str, instruction: _Instruction, named: dict[str, _Stage], arguments: dict[str, str]
) -> _Stage | None:
    match = _FROM.match(instruction.arguments)
    if match is None:
        return None
    written = _substituted(match["image"], arguments)
    base = named.get(written.lower())
    image = image_of(written, path, instruction.line) if base is None else base.image
    stage = _Stage(image, base)
    if base is not None:
        stage.command, stage.entrypoint = base.command, base.entrypoint
    if match["name"]:
        named[match["name"].lower()] = stage
    return stage


def image_of(written: str, path: str, line: int, *, final: bool = True) -> Image:
    """`registry:5000/team/nginx:1.27@sha256:...` is the image `team/nginx` with the tag `1.27`."""
    name, _, _ = written.partition("@")
    head, slash, tail = name.rpartition("/")
    tail, _, tag = tail.partition(":")
    parts = head.split("/") if slash else []
    if parts and ("." in parts[0] or ":" in parts[0] or parts[0] in ("localhost", "library")):
        parts = parts[1:]
    known = tag if tag and "$" not in tag else None
    return Image("/".join([*(part for part in parts if part != "library"), tail]), known, final, path, line)


def _with_final(image: Image, *, final: bool) -> Image:
    return Image(image.name, image.tag, final, image.path, image.line)


_REFERENCE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::-(?P<default>[^}]*))?\}|(?P<bare>\w+))")


def _substituted(text: str, arguments: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return arguments.get(match["braced"] or match["bare"]) or match["default"] or match[0]

    return _REFERENCE.sub(value, text)


def _start(path: str, instruction: _Instruction, problems: list[Problem]) -> _Start:
    arguments = instruction.arguments
    if arguments.startswith("["):
        try:
            parsed: Any = json.loads(arguments)
        except (ValueError, RecursionError):
            # Docker falls back to the shell form, which then fails to start: `[uvicorn` is no program.
            message = f"{instruction.name} looks like the exec form but is no JSON array"
            problems.append(Problem(path, instruction.line, message))
        else:
            words = tuple(word for word in cast("list[Any]", parsed) if isinstance(word, str))
            return _Start(words, arguments, instruction.line)
    return _Start(None, arguments, instruction.line)


def _environment(
    path: str, instruction: _Instruction, arguments: dict[str, str]
) -> list[EnvironmentVariable]:
    text = instruction.arguments
    if re.match(r"\w+\s+[^=]*$", text):
        # The old form: ENV NAME value.
        text = re.sub(r"^(\w+)\s+(.*)$", r'\1="\2"', text)
    pairs = (word.partition("=") for command in split_commands(text) for word in command.words)
    return [
        variable(name, _substituted(value, arguments), path, instruction.line)
        for name, equals, value in pairs
        if equals
    ]


def _inherited_environment(stage: _Stage) -> list[EnvironmentVariable]:
    chain = [stage]
    while chain[-1].base is not None:
        chain.append(chain[-1].base)
    return [variable for each in reversed(chain) for variable in each.environment]


def _started(path: str, stage: _Stage) -> tuple[tuple[ServerLaunch, ...], tuple[Reference, ...]]:
    environment = values_of(_inherited_environment(stage))
    entrypoint, command = stage.entrypoint, stage.command
    if entrypoint is not None and entrypoint.words is None:
        # A shell-form ENTRYPOINT ignores CMD.
        command = None
    if entrypoint is not None and command is not None and command.words is not None:
        words, line = (*(entrypoint.words or ()), *command.words), command.line
        launches = launches_of(words, path=path, line=line, environment=environment)
        # An entrypoint script usually ends with `exec "$@"`.
        launches = launches or launches_of(command.words, path=path, line=line, environment=environment)
    else:
        start = command if entrypoint is None else entrypoint
        if start is None:
            return (), ()
        if start.words is None:
            launches = launches_in(start.text, path=path, line=start.line, environment=environment)
        else:
            launches = launches_of(start.words, path=path, line=start.line, environment=environment)
    scripts = tuple(
        Reference("script", word, path, start.line)
        for start in (entrypoint, command)
        if start is not None
        for word in (start.words or tuple(start.text.split()))[:2]
        if word.endswith(".sh")
    )
    return launches, scripts
