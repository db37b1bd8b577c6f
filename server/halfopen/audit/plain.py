"""Facts in plain types, as surfaces show them: no spans, no evidence, names instead of objects."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known, Line, Unknown
from halfopen.semantics.unit import Span


def facts_of(dossier: Dossier) -> Iterator[tuple[str, Known[object] | Unknown]]:
    """Every fact of a dossier by its name: "url", "owner", "admission.origin", "serving.keepalive".

    A group's list of records (its sends, its handlers) is one fact, known where the list is not empty.
    """
    yield "url", dossier.url
    yield "owner", dossier.owner
    if dossier.reachable is not None:
        yield "reachable", dossier.reachable
    groups: list[tuple[str, object]] = [
        (each.name, getattr(dossier, each.name))
        for each in dataclasses.fields(dossier)
        if each.name not in ("connection", "urls", "reachable", "surroundings")
    ]
    for name, group in (*groups, ("serving", dossier.surroundings.serving)):
        if not dataclasses.is_dataclass(group) or isinstance(group, Known | Unknown):
            continue
        for field in dataclasses.fields(group):
            value = getattr(group, field.name)
            if isinstance(value, Known | Unknown):
                yield f"{name}.{field.name}", cast("Known[object] | Unknown", value)
            elif isinstance(value, tuple) and value:
                records = cast("tuple[object, ...]", value)
                yield f"{name}.{field.name}", Known(records, tuple(_evidence_of(records)))


def _evidence_of(records: Iterable[object]) -> Iterator[Evidence]:
    for record in records:
        if isinstance(record, Evidence):
            yield record
            continue
        for each in cast("tuple[object, ...]", getattr(record, "evidence", ())):
            if isinstance(each, Evidence):
                yield each


def plain(value: object) -> Any:
    """A value in the types of JSON. Places are left out: the evidence says where things stand."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Known():
            return plain(cast("Known[object]", value).value)
        case Unknown():
            return None
        case Evidence():
            return value.text
        case enum.Enum():
            return value.name.lower()
        case Mapping():
            items = cast("Mapping[object, object]", value)
            return {str(plain(key)): plain(each) for key, each in items.items()}
        case frozenset() | set():
            return sorted((plain(each) for each in cast("frozenset[object]", value)), key=str)
        case tuple() | list():
            return [plain(each) for each in cast("tuple[object, ...]", value)]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                field.name: plain(each)
                for field in dataclasses.fields(value)
                if not isinstance(each := getattr(value, field.name), Span | Line)
                and field.name not in ("evidence", "repair")
            }
        case _:
            return str(value)


def words_of(value: object) -> str:
    """A value in plain types as a person reads it; empty where it says nothing."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case Mapping():
            items = cast("Mapping[str, object]", value)
            said = ((key, words_of(each)) for key, each in items.items() if each not in (None, "", [], False))
            return ", ".join(f"{key.replace('_', ' ')} {text}" for key, text in said)
        case list() | tuple():
            each = [words_of(one) for one in cast("list[object]", value)]
            return "; ".join(dict.fromkeys(text for text in each if text))
        case _:
            return str(value)
