"""The settings of a workspace, from `[tool.halfopen]` in pyproject.toml or from halfopen.toml.

halfopen.toml wins where both exist. Nothing here raises on what a person may have written: what is
wrong is reported at its line and left at its default, the rest is kept. Keys are written with dashes
in files (`respect-gitignore`); the names of the fields and the editor's camelCase are understood too.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails

from halfopen.audit.finding import Severity
from halfopen.audit.targets import Targets
from halfopen.source.toml_lines import MAX_KEY_CHARACTERS, KeyPath, key_lines, line_of, syntax_fault

STANDALONE = "halfopen.toml"
PYPROJECT = "pyproject.toml"
FILE_NAMES = (STANDALONE, PYPROJECT)
"""The files that hold settings, the winning one first."""

MAX_SETTINGS_BYTES = 1_000_000
"""A longer file is no settings file written by a person, and is not read."""

MAX_NAME_CHARACTERS = 300
"""A longer name of a function is none."""

Table: TypeAlias = dict[str, object]


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _severity(value: object) -> object:
    if isinstance(value, str) and value.upper() in Severity.__members__:
        return Severity[value.upper()]
    if isinstance(value, Severity):
        return value
    raise ValueError("should be one of " + ", ".join(f'"{name}"' for name in reversed(Severity.__members__)))


def _pattern(value: str) -> str:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([value])
    except ValueError:
        raise ValueError("should be a pattern as in .gitignore") from None
    return value


@lru_cache(maxsize=10_000)
def _matches(pattern: str, path: str) -> bool:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([pattern]).match_file(path)


def rule_selector(value: str) -> str:
    """A name of rules as it is: a code, the beginning of one, or a slug. Raises ValueError for any other."""
    from halfopen.audit.rule import registered_rules

    rules = registered_rules()
    if any(names_rule(value, code, each.rule.slug) for code, each in rules.items()):
        return value
    known = [*rules, *(each.rule.slug for each in rules.values())]
    [near] = difflib.get_close_matches(value, known, n=1, cutoff=0.6) or ["WS4"]
    raise ValueError(f'should name rules by code, beginning of a code or slug, as "{near}"')


_Selector: TypeAlias = Annotated[str, AfterValidator(rule_selector)]
_Pattern: TypeAlias = Annotated[str, AfterValidator(_pattern)]
_SeverityName: TypeAlias = Annotated[
    Severity,
    BeforeValidator(_severity),
    WithJsonSchema({"type": "string", "enum": [*reversed(Severity.__members__)]}),
]


def names_rule(selector: str, code: str, slug: str) -> bool:
    """Whether an entry of `select` or `ignore` means a rule: its slug, its code, or the beginning of its code."""
    return selector == slug or (bool(selector) and code.startswith(selector.upper()))


def _table_path(value: str) -> str:
    if value.startswith(("/", "~")) or "\\" in value or ":" in value or ".." in value.split("/"):
        raise ValueError("should be a path below the folder of the settings, with / between its parts")
    if "**" in value or not value.endswith(".toml"):
        raise ValueError("should name .toml files, with * for any part of a name")
    return value


_FUNCTION = re.compile(r"[^\s:]+:[\w$.]+|[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def _function(value: str) -> str:
    if len(value) > MAX_NAME_CHARACTERS or not _FUNCTION.fullmatch(value):
        raise ValueError('should name a function, as "app.auth.require_user" or "src/messages:parse"')
    return value


_Functions = tuple[Annotated[str, AfterValidator(_function)], ...]


class TrustedWrapperNames(BaseModel):
    """The team's own functions whose code need not show what they do."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_dashed, populate_by_name=True)

    authenticates: _Functions = Field(
        default=(), description="Functions that check who connects: app.auth.require_user."
    )
    validates: _Functions = Field(
        default=(), description="Functions that check a message: src/messages:parseMessage."
    )
    limits_rate: _Functions = Field(
        default=(), description="Functions that limit how fast a client may send: app.limits.throttle."
    )


class Settings(BaseModel):
    """What a workspace may set. `targets` are in the units that their names give."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_dashed, populate_by_name=True)

    exclude: tuple[_Pattern, ...] = Field(
        default=(),
        description="Files and folders to leave out, as patterns of .gitignore, added to the built-in ones.",
    )
    respect_gitignore: StrictBool = Field(default=True, description="Leave out what .gitignore names.")
    select: tuple[_Selector, ...] = Field(
        default=(),
        description="The rules to run, by code, beginning of a code or slug; all where it is empty.",
    )
    ignore: tuple[_Selector, ...] = Field(
        default=(), description="Rules to leave out, in the same terms; it wins over select."
    )
    per_file_ignores: dict[_Pattern, tuple[_Selector, ...]] = Field(
        default_factory=dict,
        description="Rules to leave out in some files: patterns as in .gitignore, each with its rules.",
    )
    severity: dict[_Selector, _SeverityName] = Field(
        default_factory=dict,
        description="Severities that replace the rules' own, by code, beginning of a code or slug.",
    )
    require_reasons: StrictBool = Field(
        default=False, description="A suppression comment without a reason suppresses nothing."
    )
    baseline: str | None = Field(
        default=None,
        max_length=1000,
        description="The file of findings that are not reported, written by halfopen audit --write-baseline.",
    )
    run: Literal["onSave", "onType"] = Field(default="onSave", description="When the editor audits a file.")
    debounce_milliseconds: StrictInt = Field(
        default=300,
        ge=0,
        le=60_000,
        description="With onType: how long typing must rest before the audit runs.",
    )
    severity_floor: _SeverityName | None = Field(
        default=None, description="Findings below this severity are not shown."
    )
    max_file_bytes: StrictInt = Field(
        default=2_000_000, ge=1, le=1_000_000_000, description="Longer files are left out, with a note."
    )
    libraries: tuple[Annotated[str, AfterValidator(_table_path)], ...] = Field(
        default=(),
        description="The team's own library tables: paths of .toml files; * stands for any part of a name.",
    )
    trusted_wrappers: TrustedWrapperNames = Field(
        default_factory=TrustedWrapperNames,
        description="The team's own functions that authenticate, validate or limit rate, by name.",
    )
    targets: Targets = Field(
        default_factory=Targets, description="The reliability targets to measure against."
    )

    def runs(self, code: str, slug: str) -> bool:
        """Whether a rule is among those to run."""
        if any(names_rule(each, code, slug) for each in self.ignore):
            return False
        return not self.select or any(names_rule(each, code, slug) for each in self.select)

    def ignores_in(self, path: str, code: str, slug: str) -> bool:
        """Whether a rule is left out in a file; the path is relative to the folder of the settings file."""
        return any(
            any(names_rule(each, code, slug) for each in rules) and _matches(pattern, path)
            for pattern, rules in self.per_file_ignores.items()
        )

    def severity_of(self, code: str, slug: str) -> Severity | None:
        """The severity that replaces a rule's own: of several entries the one that names the rule most exactly."""
        named = [each for each in self.severity if names_rule(each, code, slug)]
        return self.severity[max(named, key=lambda each: (each == slug, len(each)))] if named else None


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """Something wrong in a settings file. `path` is relative to the root; `line` counts from 1."""

    path: str
    line: int | None
    message: str


def load_settings(root: Path) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """The settings of the workspace at `root`, and what is wrong with them."""
    settings, problems = settings_in(root)
    return settings or Settings(), problems


def settings_in(root: Path) -> tuple[Settings | None, tuple[SettingsProblem, ...]]:
    """What a folder's settings file says and what is wrong with it; None where it has no settings."""
    name = next((name for name in FILE_NAMES if (root / name).is_file()), None)
    if name is None:
        return None, ()
    text = _read(root, name)
    if isinstance(text, SettingsProblem):
        return Settings(), (text,)
    try:
        document: Table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return Settings(), (_syntax_problem(name, text, error),)

    lines = key_lines(text)
    prefix = () if name == STANDALONE else ("tool", "halfopen")
    table = document
    if prefix and not _has_table(document):
        return None, ()
    for key in prefix:
        below = table.get(key, {})
        if not isinstance(below, dict):
            message = "tool.halfopen should be a table: [tool.halfopen]"
            return Settings(), (SettingsProblem(name, _line_of(prefix, lines), message),)
        table = cast(Table, below)
    settings, wrong = _validated(_merged({}, table))
    return settings, tuple(
        SettingsProblem(name, _line_of((*prefix, *where), lines), message) for where, message in wrong
    )


def _has_table(document: Table) -> bool:
    """Whether a pyproject.toml speaks of halfopen at all."""
    tool = document.get("tool")
    return "tool" in document and (not isinstance(tool, dict) or "halfopen" in tool)


def places_of(root: Path, *key: str) -> dict[str, tuple[str, int]]:
    """Where the settings file lists the texts of a setting, each by itself: its path, and its line from 1."""
    name = next((name for name in FILE_NAMES if (root / name).is_file()), None)
    text = _read(root, name) if name is not None else ""
    if name is None or isinstance(text, SettingsProblem):
        return {}
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
    prefix = () if name == STANDALONE else ("tool", "halfopen")
    first = _line_of((*prefix, *key), key_lines(text))
    found: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.split("\n")[(first or 1) - 1 :], first or 1):
        for listed in _LISTED.findall(line[:MAX_KEY_CHARACTERS]):
            found.setdefault(listed, (name, number))
    return found


_LISTED = re.compile(r"""["']([^"']+)["']""")


def with_overrides(
    settings: Settings, values: Mapping[str, object], origin: str
) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """The settings with an editor's values on top. `origin` names those values in what is reported."""
    own = settings.model_dump(by_alias=True, exclude_defaults=True)
    settings, wrong = _validated(_merged(own, values))
    return settings, tuple(SettingsProblem(origin, None, message) for _, message in wrong)


def _read(root: Path, name: str) -> str | SettingsProblem:
    path = root / name
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            return SettingsProblem(name, None, "is a link out of the project: not read, defaults used")
        if path.stat().st_size > MAX_SETTINGS_BYTES:
            return SettingsProblem(name, None, f"is longer than {MAX_SETTINGS_BYTES:,} bytes: defaults used")
        data = path.read_bytes()
    except OSError as error:
        return SettingsProblem(name, None, f"cannot be read ({error.strerror}): defaults used")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return SettingsProblem(name, line, "is not UTF-8: save it as UTF-8; defaults used until then")


def _syntax_problem(name: str, text: str, error: ValueError | RecursionError) -> SettingsProblem:
    line, fault = syntax_fault(text, error)
    until = "defaults used until it is corrected" if line is not None else "defaults used"
    return SettingsProblem(name, line, f"{fault}; {until}")


def _validated(values: Table) -> tuple[Settings, list[tuple[KeyPath, str]]]:
    """The settings with what is wrong left out, and each wrong place with what to say of it."""
    wrong: list[tuple[KeyPath, str]] = []
    while True:
        try:
            return Settings.model_validate(values), wrong
        except ValidationError as error:
            found = error.errors(include_url=False)
        wrong += ((_place(values, each["loc"]), _message(each)) for each in found)
        # Backwards, so that the indices of a list's earlier items stay true.
        places = sorted({_place(values, each["loc"]) for each in found}, key=_from_the_end)
        if () in places:
            return Settings(), wrong
        for place in places:
            values = _without(values, place)


def _from_the_end(place: KeyPath) -> tuple[tuple[int, str], ...]:
    return tuple((-part, "") if isinstance(part, int) else (0, part) for part in place)


def _place(values: object, location: KeyPath) -> KeyPath:
    """The part of pydantic's location that exists in the values: it also names branches of unions."""
    place: KeyPath = ()
    for part in location:
        match values:
            case dict() if part in values:
                values = cast(Table, values)[cast(str, part)]
            case list() if isinstance(part, int) and part < len(cast(list[object], values)):
                values = cast(list[object], values)[part]
            case _:
                break
        place = (*place, part)
    return place


def _without(values: object, place: KeyPath) -> Table:
    """The table without what stands at `place`."""

    def cut(value: object, rest: KeyPath) -> object:
        first, more = rest[0], rest[1:]
        if isinstance(value, list):
            items = cast(list[object], value)
            return [cut(each, more) if more else each for i, each in enumerate(items) if more or i != first]
        table = cast(Table, value)
        return {
            key: cut(each, more) if key == first else each
            for key, each in table.items()
            if more or key != first
        }

    return cast(Table, cut(values, place))


_EXPECTED = {
    "dict_type": "should be a table",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "model_type": "should be a table",
    "string_type": "should be a text",
    "tuple_type": "should be a list",
}
"""What pydantic's error types mean, in the words of TOML."""


_OWNERS: dict[str, type[BaseModel]] = {"targets": Targets, "trusted-wrappers": TrustedWrapperNames}


def _message(error: ErrorDetails) -> str:
    names = [part for part in error["loc"] if isinstance(part, str) and part != "[key]"]
    key = ".".join(names)
    if error["type"] == "extra_forbidden":
        owner = _OWNERS.get(names[0], Settings) if len(names) > 1 else Settings
        known = [_dashed(name) for name in owner.model_fields]
        return f'unknown setting "{key}"{_suggestion(names[-1], known)}'
    if error["type"] == "literal_error":
        what = "should be " + str(error.get("ctx", {}).get("expected", "another value")).replace("'", '"')
    else:
        what = _EXPECTED.get(error["type"]) or error["msg"].split(", ", 1)[-1].removeprefix("Input ")
    part = isinstance(error["loc"][-1], int) or names[0] in _NAMED_BY_USER
    instead = "it is left out" if part and len(error["loc"]) > 1 else "the default is used"
    return f"{key}: {what}, not {_shown(error['input'])}; {instead}"


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else f"; known settings: {', '.join(names)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _kebab(name: str) -> str:
    return _dashed(re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name)).lower()


_NAMED_BY_USER = frozenset({"severity", "per-file-ignores"})
"""The tables whose keys are rules and patterns, to be taken as they are written."""


def _merged(own: Mapping[str, object], over: Mapping[str, object], *, as_written: bool = False) -> Table:
    """Tables merge key by key, any other value replaces. The editor's null means "not set"."""
    result = dict(own)
    for key, value in over.items():
        name = key if as_written else _kebab(key)
        below = result.get(name)
        if isinstance(value, Mapping):
            base: object = below if isinstance(below, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
            result[name] = _merged(
                cast(Mapping[str, object], base),
                cast(Mapping[str, object], value),
                as_written=name in _NAMED_BY_USER,
            )
        elif value is not None:
            result[name] = value
    return result


def _line_of(place: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """The line of a key, in whichever of its spellings the file has it."""
    return line_of(_dashed_place(place), {_dashed_place(key): at for key, at in lines.items()})


def _dashed_place(place: KeyPath) -> KeyPath:
    return tuple(_kebab(part) if isinstance(part, str) else part for part in place)
