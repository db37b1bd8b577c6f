"""Files that are lists of commands: shell scripts, Makefiles, Procfiles, units of systemd and supervisor."""

from __future__ import annotations

import configparser
import re
from dataclasses import replace

from halfopen.deployment.command_line import launches_in
from halfopen.deployment.environment import relevant, values_of, variable
from halfopen.deployment.facts import DeploymentFacts, EnvironmentVariable, Platform, Service
from halfopen.deployment.idle_limits import layer_defaults
from halfopen.deployment.launch import ServerLaunch
from halfopen.deployment.lines import text_lines


def read_shell_script(path: str, text: str) -> DeploymentFacts:
    """A shell script: exported variables count for what is started after them."""
    return DeploymentFacts(launches=launches_in(text, path=path, line=1))


def read_makefile(path: str, text: str) -> DeploymentFacts:
    """A Makefile or justfile: the indented lines are commands, each joined with its continuation."""
    launches: list[ServerLaunch] = []
    lines = text.splitlines()
    index = 0
    while index < len(lines):
        started, line = index, lines[index]
        index += 1
        if line[:1] not in ("\t", " "):
            continue
        recipe = [line]
        while recipe[-1].endswith("\\") and index < len(lines):
            recipe.append(lines[index])
            index += 1
        # `@` and `-` before a command are make's; `$$` is its way to write `$`.
        command = re.sub(r"^\s*[@+-]+", "", "\n".join(recipe)).replace("$$", "$")
        launches += launches_in(command, path=path, line=started + 1)
    return DeploymentFacts(launches=tuple(launches))


_PROCESS = re.compile(r"(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>.+)")


def read_procfile(path: str, text: str) -> DeploymentFacts:
    """A Procfile. It is Heroku's, though others read it too: Heroku's limits are likely, not certain."""
    services: list[Service] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _PROCESS.fullmatch(line.strip())
        if match is not None:
            launches = launches_in(match["command"], path=path, line=number)
            services.append(Service(match["name"], "platform", path, number, launches=launches))
    if not services:
        return DeploymentFacts()
    limits = layer_defaults()["heroku"].limits(path, 1)
    return DeploymentFacts(
        launches=tuple(launch for service in services for launch in service.launches),
        services=tuple(services),
        platforms=(Platform("heroku", path, 1),),
        limits=tuple(replace(limit, confidence="medium") for limit in limits),
    )


_UNIT_SETTING = re.compile(r"(?P<name>ExecStart|Environment)\s*=\s*(?P<value>.*)", re.DOTALL)


def read_systemd_unit(path: str, text: str) -> DeploymentFacts:
    """A systemd unit: ExecStart with the unit's own Environment."""
    environment: list[EnvironmentVariable] = []
    commands: list[tuple[str, int]] = []
    lines = text.splitlines()
    index = 0
    while index < len(lines):
        started, line = index, lines[index]
        index += 1
        while line.endswith("\\") and index < len(lines):
            line = f"{line}\n{lines[index]}"
            index += 1
        match = _UNIT_SETTING.match(line)
        if match is None:
            continue
        if match["name"] == "ExecStart":
            # The prefixes of systemd.service(5).
            commands.append((match["value"].lstrip("@-:+!|"), started + 1))
            continue
        for word in re.findall(r'"[^"]*"|\'[^\']*\'|\S+', match["value"]):
            name, equals, value = word.strip("\"'").partition("=")
            if equals:
                environment.append(variable(name, value, path, started + 1))
    values = values_of(environment)
    launches = (
        launch
        for command, line in commands
        for launch in launches_in(command, path=path, line=line, environment=values)
    )
    return DeploymentFacts(launches=tuple(launches), environment=relevant(environment))


def read_supervisor(path: str, text: str) -> DeploymentFacts:
    """supervisord.conf: `numprocs` processes of a program are so many replicas."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, inline_comment_prefixes=(";",))
    try:
        parser.read_string(text)
    except configparser.Error:
        return DeploymentFacts()
    services: list[Service] = []
    lines = text_lines(text)
    for section in parser.sections():
        command = parser.get(section, "command", fallback=None)
        if not section.startswith("program:") or not command:
            continue
        line = lines.of(section)
        count = parser.get(section, "numprocs", fallback=None) or ""
        services.append(
            Service(
                section.removeprefix("program:"),
                "platform",
                path,
                line,
                replicas=int(count) if count.isdecimal() and len(count) < 5 else None,
                replicas_line=line,
                launches=launches_in(command, path=path, line=line),
            )
        )
    launches = tuple(launch for service in services for launch in service.launches)
    return DeploymentFacts(launches=launches, services=tuple(services))
