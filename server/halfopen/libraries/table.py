"""One library's table: TOML, checked against the model it fills.

    [library]
    name = "uvicorn"
    ecosystem = "python"               # python, npm or browser
    packages = ["uvicorn"]             # as requirements name it
    roles = ["server"]

    [keepalive]                        # an aspect of `halfopen.libraries.model`
    ping_interval_seconds = { value = 20.0, source = "uvicorn 0.54.0 config.py" }
    sends_pings = [                    # several rows: by version, by implementation
        { value = false, versions = "<0.46", implementation = "wsproto", source = "..." },
        { value = true, versions = ">=0.46", implementation = "wsproto", source = "..." },
    ]

Every row has a `source`; `confidence = "medium"` marks what was not read in a source, and `note`
says what a reader should know besides. The value "none" stands for None where a setting allows it.
Versions are written as the ecosystem writes them (PEP 440, npm). docs/library-tables.md tells the whole format.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from halfopen.libraries import model
from halfopen.libraries.recognition import Constructor, Interface, Option
from halfopen.libraries.versions import ANY_VERSION, Ecosystem, VersionRange, version_range
from halfopen.source.toml_lines import KeyPath, key_lines, line_of, syntax_fault

ASPECTS: Mapping[str, type[Any]] = {
    aspect.__name__.lower(): aspect
    for aspect in (
        model.Keepalive,
        model.Limits,
        model.Closing,
        model.Access,
        model.Reconnection,
        model.Outbox,
        model.Heartbeat,
        model.Lifecycle,
        model.Delivery,
        model.State,
        model.Validation,
    )
}

_ROLES = {"server", "framework", "client", "pubsub", "limiter", "store", "validation", "socket"}


_MOST_ROWS = 100
_LONGEST_RANGE = 200
"""Bounds on what a table may cost: no library needs as much."""


class TableError(ValueError):
    """A table that cannot be used. The message names the table, the key and what is wrong; `line` counts from 1."""

    def __init__(self, message: str, place: KeyPath = (), line: int | None = None) -> None:
        super().__init__(message)
        self.place = place
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """One statement of a table. `implementations` empty: it holds for all of them."""

    default: model.Default[object]
    versions: VersionRange
    implementations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImplementationChoice:
    """What the library picks by itself: the first choice whose package is installed.

    `needs` None: it needs none.
    """

    name: str
    versions: VersionRange
    needs: str | None
    default: model.Default[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A checked table. `settings` maps `aspect.field` to its rows, in the order of the file."""

    library: str
    ecosystem: Ecosystem
    packages: tuple[str, ...]
    roles: tuple[str, ...]
    settings: Mapping[str, tuple[Row, ...]]
    choices: tuple[ImplementationChoice, ...]
    implementation_names: Mapping[str, str]
    options: tuple[Option, ...]
    constructors: tuple[Constructor, ...]
    interface: Interface


def read_table(name: str, text: str) -> Table:
    """The table in `text`. `name` is for messages. Raises TableError with the first thing wrong."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line, fault = syntax_fault(text, error)
        raise TableError(f"{name}: {fault}", line=line) from error
    try:
        return _table(document)
    except TableError as error:
        line = line_of(error.place, key_lines(text)) or 1
        raise TableError(f"{name}: {error}", error.place, line) from error


_PARTS = frozenset(
    {*ASPECTS, "library", "implementation", "delegation", "option", "constructor", "interface"}
)


def _table(document: dict[str, Any]) -> Table:
    unknown = set(document) - _PARTS
    if unknown:
        raise TableError(f"unknown table [{min(unknown)}]{_meant(min(unknown), _PARTS)}", (min(unknown),))
    header = _mapping(("library",), document.get("library"))
    unknown = set(header) - {"name", "ecosystem", "packages", "roles"}
    if unknown:
        raise TableError(f"[library]: unknown key {min(unknown)!r}", ("library", min(unknown)))
    ecosystem = _one_of(("library", "ecosystem"), header.get("ecosystem"), get_args(Ecosystem))
    roles = _strings(("library", "roles"), header.get("roles", []))
    if not roles or not _ROLES.issuperset(roles):
        raise TableError(f"[library] roles must be some of {', '.join(sorted(_ROLES))}", ("library", "roles"))
    name = header.get("name")
    if not isinstance(name, str) or not name:
        raise TableError("[library] has no name", ("library", "name"))
    choices, names = _implementations(
        ecosystem, _mapping(("implementation",), document.get("implementation", {}))
    )
    known = {choice.name for choice in choices} | set(names.values())
    settings: dict[str, tuple[Row, ...]] = {}
    for aspect, kind in ASPECTS.items():
        for key, value in _mapping((aspect,), document.get(aspect, {})).items():
            expected = setting_types(kind).get(key)
            if expected is None:
                meant = _meant(key, setting_types(kind))
                raise TableError(f"[{aspect}] has no setting {key!r}{meant}", (aspect, key))
            settings[f"{aspect}.{key}"] = _rows((aspect, key), value, expected, ecosystem, known)
    if "delegation" in document:
        settings["delegates_to"] = _rows(("delegation",), document["delegation"], str, ecosystem, known)
    return Table(
        library=name,
        ecosystem=cast(Ecosystem, ecosystem),
        packages=_strings(("library", "packages"), header.get("packages", [])),
        roles=roles,
        settings=settings,
        choices=choices,
        implementation_names=names,
        options=tuple(_option(place, entry) for place, entry in _entries("option", document)),
        constructors=tuple(
            _record(Constructor, place, entry) for place, entry in _entries("constructor", document)
        ),
        interface=_record(Interface, ("interface",), _mapping(("interface",), document.get("interface", {}))),
    )


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _implementations(
    ecosystem: str, given: dict[str, Any]
) -> tuple[tuple[ImplementationChoice, ...], dict[str, str]]:
    choices: list[ImplementationChoice] = []
    for place, entry in _entries("picks", given, ("implementation",)):
        row = dict(entry)
        needs = row.pop("needs", None)
        if needs is not None and not isinstance(needs, str):
            raise TableError("[implementation] picks: needs must be a package name", place)
        for checked in _rows(place, row, str, ecosystem, set()):
            default = cast("model.Default[str]", checked.default)
            choices.append(ImplementationChoice(default.value, checked.versions, needs, default))
    names = {
        alias: str(target)
        for alias, target in _mapping(("implementation", "names"), given.get("names", {})).items()
    }
    return tuple(choices), names


def _rows(
    place: KeyPath, given: Any, expected: Any, ecosystem: str, implementations: set[str]
) -> tuple[Row, ...]:
    where = _shown(place)
    listed: list[Any] = cast("list[Any]", given) if isinstance(given, list) else [given]
    if len(listed) > _MOST_ROWS:
        raise TableError(f"{where}: more than {_MOST_ROWS} rows", place)
    rows: list[Row] = []
    for entry in listed:
        row = _mapping(place, entry)
        unknown = set(row) - {"value", "source", "confidence", "note", "versions", "implementation"}
        if unknown:
            raise TableError(f"{where}: unknown key {min(unknown)!r}", place)
        source = row.get("source")
        if not isinstance(source, str) or not source.strip():
            raise TableError(f"{where}: every row needs a source", place)
        confidence = _one_of(
            (*place, "confidence"), row.get("confidence", "high"), get_args(model.TableConfidence)
        )
        chosen = row.get("implementation", [])
        names = _strings((*place, "implementation"), [chosen] if isinstance(chosen, str) else chosen)
        if implementations and not implementations.issuperset(names):
            raise TableError(f"{where}: unknown implementation in {list(names)}", place)
        value = _value(place, row.get("value", MISSING), expected)
        default = model.Default(
            value, source, cast(model.TableConfidence, confidence), str(row.get("note", ""))
        )
        rows.append(Row(default, _versions(place, ecosystem, row.get("versions")), names))
    _refuse_overlaps(place, rows)
    return tuple(rows)


def _versions(place: KeyPath, ecosystem: str, text: Any) -> VersionRange:
    if text is None:
        return ANY_VERSION
    if len(str(text)) > _LONGEST_RANGE:
        raise TableError(f"{_shown(place)}: versions: longer than {_LONGEST_RANGE} characters", place)
    try:
        return version_range(cast(Ecosystem, ecosystem), str(text))
    except ValueError as error:
        raise TableError(f"{_shown(place)}: versions: {error}", place) from error


def _refuse_overlaps(place: KeyPath, rows: list[Row]) -> None:
    """Two rows that hold for one version and implementation would make the answer a matter of order."""
    for index, row in enumerate(rows):
        for other in rows[index + 1 :]:
            shared = set(row.implementations) & set(other.implementations)
            alike = bool(shared) or not (row.implementations or other.implementations)
            if alike and not row.versions.meet(other.versions).is_empty():
                raise TableError(
                    f"{_shown(place)}: two rows hold for {row.versions.meet(other.versions)}", place
                )


@cache
def setting_types(aspect: type[Any]) -> dict[str, Any]:
    """For each setting of an aspect, the type of its value."""
    hints = get_type_hints(aspect)
    # A hint is Default[V] | DependsOnVersion[V] | None.
    return {field.name: get_args(get_args(hints[field.name])[0])[0] for field in fields(aspect)}


def _value(place: KeyPath, value: Any, expected: Any) -> object:
    """`value` as the setting's type has it, "none" as None and arrays as tuples. Raises TableError."""
    alternatives = _alternatives(expected)
    if NoneType in alternatives and value == "none":
        return None
    for alternative in alternatives:
        if get_origin(alternative) is Literal and value in get_args(alternative):
            return value
        if get_origin(alternative) is tuple and isinstance(value, list):
            of = get_args(alternative)[0]
            return tuple(_value(place, item, of) for item in cast("list[Any]", value))
        if alternative is float and isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        if isinstance(alternative, type) and type(value) is alternative:
            return value
    given = "it has no value" if value is MISSING else f"{value!r} is not {_words(alternatives)}"
    raise TableError(f"{_shown(place)}: {given}", place)


def _alternatives(expected: Any) -> tuple[Any, ...]:
    if get_origin(expected) in (None, Literal, tuple):
        return (expected,)
    return get_args(expected)


def _words(alternatives: tuple[Any, ...]) -> str:
    words: list[str] = []
    for alternative in alternatives:
        if get_origin(alternative) is Literal:
            words.append("one of " + ", ".join(map(repr, get_args(alternative))))
        elif alternative is NoneType:
            words.append('"none"')
        else:
            words.append(str(getattr(alternative, "__name__", alternative)))
    return " or ".join(words)


def _option(place: KeyPath, entry: dict[str, Any]) -> Option:
    """An option whose meanings are values that the setting may have."""
    meanings = _mapping((*place, "values"), entry.pop("values", {}))
    present: Any = entry.pop("when_present", ())
    option = cast(Option, _record(Option, place, entry))
    aspect, _, field = option.sets.partition(".")
    if aspect not in ASPECTS or field not in setting_types(ASPECTS[aspect]):
        known = (f"{name}.{each}" for name, kind in ASPECTS.items() for each in setting_types(kind))
        meant = _meant(option.sets, known)
        raise TableError(
            f"option {option.name!r} sets {option.sets!r}, which is no setting{meant}", (*place, "sets")
        )
    expected = setting_types(ASPECTS[aspect])[field]
    return replace(
        option,
        scale=float(option.scale),
        values={
            text: cast(Any, _value((*place, "values"), value, expected)) for text, value in meanings.items()
        },
        when_present=() if present == () else cast(Any, _value((*place, "when_present"), present, expected)),
    )


def _record(kind: type[Any], place: KeyPath, entry: dict[str, Any]) -> Any:
    """A dataclass from a TOML table with the same keys; arrays become tuples, "none" None."""
    where = _shown(place)
    accepted = {field.name: field for field in fields(kind)}
    unknown = set(entry) - set(accepted)
    if unknown:
        raise TableError(
            f"{where}: unknown key {min(unknown)!r}{_meant(min(unknown), accepted)}", (*place, min(unknown))
        )
    missing = [
        field.name
        for field in accepted.values()
        if field.name not in entry and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        raise TableError(f"{where}: {missing[0]!r} is missing", place)
    hints = _hints(kind)
    return kind(**{key: _value((*place, key), value, hints[key]) for key, value in entry.items()})


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _entries(
    key: str, document: dict[str, Any], around: KeyPath = ()
) -> list[tuple[KeyPath, dict[str, Any]]]:
    """The tables of an array of tables, each with its place."""
    given = document.get(key, [])
    if not isinstance(given, list):
        raise TableError(
            f"[[{'.'.join((*map(str, around), key))}]] must be an array of tables", (*around, key)
        )
    return [
        ((*around, key, number), _mapping((*around, key, number), entry))
        for number, entry in enumerate(cast("list[Any]", given))
    ]


def _mapping(place: KeyPath, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TableError(f"{_shown(place)} must be a table", place)
    return dict(cast("dict[str, Any]", value))


def _strings(place: KeyPath, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[Any]", value)):
        raise TableError(f"{_shown(place)} must be an array of strings", place)
    return tuple(cast("list[str]", value))


def _one_of(place: KeyPath, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise TableError(f"{_shown(place)} must be one of {', '.join(allowed)}", place)
    return cast(str, value)


def _shown(place: KeyPath) -> str:
    """`[library]`, `[library] roles`, `[[option]] 3 sets`: a place as a person looks for it."""
    table, *rest = place
    if rest and isinstance(rest[0], int):
        return " ".join((f"[[{table}]]", str(rest[0] + 1), *map(str, rest[1:])))
    return " ".join((f"[{table}]", *map(str, rest)))
