"""Command lines that start an ASGI server, through whatever wraps them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from halfopen.deployment.launch import ServerLaunch, set_field, with_environment
from halfopen.deployment.server_flags import FLAGS
from halfopen.deployment.shell_words import split_commands

_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "ksh"}
# What runs the rest of its own line; a value is the word that must come first.
_WRAPPERS: Mapping[str, str | None] = {
    "exec": None, "nohup": None, "time": None, "command": None, "env": None, "sudo": None, "nice": None,
    "timeout": None, "gosu": None, "su-exec": None, "setpriv": None, "tini": None, "dumb-init": None,
    "catatonit": None, "xvfb-run": None, "ddtrace-run": None, "opentelemetry-instrument": None,
    "newrelic-admin": "run-program", "poetry": "run", "uv": "run", "pipenv": "run", "pdm": "run",
    "hatch": "run", "rye": "run", "pixi": "run", "conda": "run", "mamba": "run", "micromamba": "run",
    "uvx": None, "pipx": "run", "doppler": "run", "infisical": "run", "op": "run", "dotenv": None,
    "honcho": "run", "coverage": "run", "concurrently": None, "watchfiles": None, "npx": None,
    "cross-env": None, "dockerize": None, "start-stop-daemon": None,
    "then": None, "do": None, "else": None, "if": None, "while": None, "!": None, "{": None,
}  # fmt: skip
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:\.exe)?")
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)
_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>[A-Za-z_]\w*)(?::?-(?P<default>[^${}]*))?\}|(?P<bare>[A-Za-z_]\w*))"
)
_MAX_DEPTH = 8
_MAX_WORDS = 300

_Rest = Callable[[Sequence[str]], tuple[ServerLaunch, ...]]


def launches_in(
    text: str, *, path: str, line: int, environment: Mapping[str, str | None] | None = None
) -> tuple[ServerLaunch, ...]:
    """The servers that the shell text starts; `line` is that of its first line in the file.

    `environment` holds the variables set around it. Never raises.
    """
    found: list[ServerLaunch] = []
    exported: dict[str, str | None] = dict(environment or {})
    for command in split_commands(text):
        words, own = _assignments(command.words)
        if words[:1] == ["export"] or not words:
            exported.update(own if not words else _assignments(words[1:])[1])
            continue
        found += launches_of(words, path=path, line=line + command.line, environment={**exported, **own})
    return tuple(found)


def launches_of(
    words: Sequence[str],
    *,
    path: str,
    line: int,
    environment: Mapping[str, str | None] | None = None,
    depth: int = 0,
) -> tuple[ServerLaunch, ...]:
    """The servers that one command starts, given as words (the exec form of a Dockerfile)."""
    words, own = _assignments(words[:_MAX_WORDS])
    surroundings = {**(environment or {}), **own}
    if not words or depth > _MAX_DEPTH:
        return ()
    program = _program(words[0])
    if program in FLAGS:
        launch = _launch(program, words, path, line, surroundings)
        return () if launch is None else (with_environment(launch, surroundings),)

    def rest(of: Sequence[str]) -> tuple[ServerLaunch, ...]:
        return launches_of(of, path=path, line=line, environment=surroundings, depth=depth + 1)

    if _PYTHON.fullmatch(program):
        # `python -m debugpy --listen 5678 -m uvicorn ...` has two.
        at = [index for index, word in enumerate(words) if word == "-m"]
        modules = (rest(words[index + 1 :]) for index in at[:2])
        return next((found for found in modules if found), ())
    if program in _SHELLS:
        # -c, and its company as in -lc or -exc.
        scripts = [words[at + 1] for at, word in enumerate(words[:-1]) if re.fullmatch(r"-[a-z]*c", word)]
        return tuple(
            launch
            for script in scripts[:1]
            for command in split_commands(script)
            for launch in rest(command.words)
        )
    if program in _WRAPPERS and (_WRAPPERS[program] is None or _WRAPPERS[program] in words):
        return _wrapped(words, rest)
    if "--" in words:
        # wait-for-it db:5432 -- uvicorn ...
        return rest(words[words.index("--") + 1 :])
    return ()


def _wrapped(words: Sequence[str], rest: _Rest) -> tuple[ServerLaunch, ...]:
    """What a wrapper runs: from the first word that is itself a program we know, or commands in quotes."""
    for index, word in enumerate(words[1:], start=1):
        program = "" if word.startswith("-") else _program(word)
        known = program in FLAGS or program in _SHELLS or _PYTHON.fullmatch(program) is not None
        wrapper = program in _WRAPPERS and _WRAPPERS[program] in (None, *words[index + 1 :])
        if known or wrapper or _ASSIGNMENT.fullmatch(word) is not None:
            return rest(words[index:])
    quoted = [word for word in words[1:] if " " in word]
    return tuple(
        launch for word in quoted for command in split_commands(word) for launch in rest(command.words)
    )


def _program(word: str) -> str:
    return re.split(r"[/\\]", word)[-1].removesuffix(".exe")


def _assignments(words: Sequence[str]) -> tuple[list[str], dict[str, str | None]]:
    """The words after leading `NAME=value`s, and these."""
    given: dict[str, str | None] = {}
    index = 0
    for index, word in enumerate(words):
        match = _ASSIGNMENT.fullmatch(word)
        if match is None:
            return list(words[index:]), given
        given[match["name"]] = literal_of(match["value"])
    return [], given


def literal_of(value: str, environment: Mapping[str, str | None] | None = None) -> str | None:
    """The value of a shell word, or None when it is not written out.

    `$NAME` is what `environment` says it is, `${NAME:-x}` without that is x.
    """
    known = environment or {}

    def replacement(match: re.Match[str]) -> str:
        set_to = known.get(match["braced"] or match["bare"])
        if set_to is not None:
            return set_to
        return match[0] if match["default"] is None else match["default"]

    text = _VARIABLE.sub(replacement, value)
    return None if "$" in text or "`" in text else text


def _launch(
    program: str, words: Sequence[str], path: str, line: int, environment: Mapping[str, str | None]
) -> ServerLaunch | None:
    flags = FLAGS[program]
    arguments = list(words[1:])
    if flags.subcommands:
        if not arguments or arguments[0] not in flags.subcommands:
            return None
        verb = arguments.pop(0)
    else:
        verb = ""
    if any(each in ("--version", "--help", "-h") for each in arguments):
        return None
    launch = ServerLaunch(flags.server, path, line, " ".join(words))
    launch = replace(launch, reload=verb in flags.reloading_subcommands)
    positional: list[str] = []
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        index += 1
        if not argument.startswith("-") or argument == "-":
            positional.append(argument)
            continue
        name, equals, value = argument.partition("=")
        if name in flags.switches:
            field, state = flags.switches[name]
            launch = launch if field is None else set_field(launch, field, state)
            continue
        if not equals:
            short = name[:2]
            if not name.startswith("--") and len(name) > 2 and short in flags.values:
                # -w4 is -w 4.
                name, value = short, name[2:]
            elif (index < len(arguments) and not arguments[index].startswith("-")) or (
                name in flags.values and index < len(arguments)
            ):
                value = arguments[index]
                index += 1
        if name in flags.values:
            launch = _given(launch, flags.values[name], value, environment)
    if not positional:
        return launch if flags.app_is_optional else None
    app = next((each for each in positional if _is_application(each)), None)
    if app is None and not flags.app_is_optional:
        # `uv run --with uvicorn pytest` starts no server.
        return None
    return _given(launch, "app", app or positional[0], environment)


def _is_application(word: str) -> bool:
    """`module:attribute`, or something that stands for it."""
    return ":" in word or "$" in word or "{{" in word


def _given(
    launch: ServerLaunch, field: str, value: str, environment: Mapping[str, str | None]
) -> ServerLaunch:
    """The field's value; one that stands in a variable may be set otherwise, and stays unresolved."""
    literal = literal_of(value, environment)
    if literal is None:
        return replace(launch, unresolved=(*launch.unresolved, field))
    launch = set_field(launch, field, literal)
    if literal != value and field not in launch.unresolved:
        launch = replace(launch, unresolved=(*launch.unresolved, field))
    return launch
