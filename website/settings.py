"""The reference of the settings, from the schema that reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from halfopen.audit.finding import Severity
from halfopen.audit.settings import Settings

Schema: TypeAlias = Mapping[str, Any]

SEVERITIES = [each.name for each in reversed(Severity)]


def settings_reference() -> str:
    """Every setting with its type, default and meaning; tables below their own headings."""
    schema = Settings.model_json_schema(by_alias=True)
    return "\n".join(["", "## All settings", "", *_table(schema, schema, ()), ""])


def _table(schema: Schema, root: Schema, path: tuple[str, ...]) -> Iterator[str]:
    properties: Mapping[str, Schema] = schema["properties"]
    plain = {key: each for key, each in properties.items() if not _is_table(each, root)}
    if plain:
        yield "| setting | meaning | value | default |"
        yield "|---|---|---|---|"
    for key, each in plain.items():
        described = _described(each, root)
        yield f"| `{key}` | {described} | {_type(each, root)} | {_default(each)} |"
    for key, each in properties.items():
        if key in plain:
            continue
        yield f"\n### `{'.'.join((*path, key))}`\n"
        yield f"{_described(each, root)}\n"
        yield from _table(_resolved(each, root), root, (*path, key))


def _described(schema: Schema, root: Schema) -> str:
    text: str = schema.get("description") or _resolved(schema, root).get("description", "")
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def _is_table(schema: Schema, root: Schema) -> bool:
    return "properties" in _resolved(schema, root)


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" in schema:
        found: Schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        return found
    return schema


def _type(schema: Schema, root: Schema) -> str:
    if "$ref" in schema and schema["$ref"].endswith("/Severity"):
        return ", ".join(f"`{json.dumps(each)}`" for each in SEVERITIES)
    schema = _resolved(schema, root)
    if "anyOf" in schema:
        return " or ".join(_type(each, root) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(each)}`" for each in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"list of {_plural(schema.get('items', {}), root)}"
        case "object":
            return f"table of {_plural(schema['additionalProperties'], root)}"
        case "string":
            return "text"
        case "boolean":
            return "`true` or `false`"
        case "integer":
            return "whole number" + _bounds(schema)
        case "number":
            return "number" + _bounds(schema)
        case other:
            raise ValueError(f"no words for the type {other!r} of a setting: {schema}")


def _plural(schema: Schema, root: Schema) -> str:
    name = _type(schema, root)
    if name.startswith("list of "):
        return f"lists of {name.removeprefix('list of ')}"
    return {"text": "texts", "whole number": "whole numbers", "number": "numbers"}.get(name, name)


def _bounds(schema: Schema) -> str:
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    if "minimum" in schema and "maximum" in schema:
        return f", {schema['minimum']:,} to {schema['maximum']:,}"
    return f", {schema['minimum']:,} or more" if "minimum" in schema else ""


def _default(schema: Schema) -> str:
    default = schema.get("default")
    if default in ([], {}) or schema.get("type") == "object":
        return "empty"
    if default is None:
        return "none"
    return f"`{json.dumps(default)}`"
