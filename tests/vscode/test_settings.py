"""The settings that VS Code offers are those that the server reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from halfopen.audit.settings import Settings, with_overrides

PACKAGE = Path(__file__).parents[2] / "clients" / "vscode" / "package.json"
OWN = {"enable", "path", "pathFirst", "trace.server"}
"""What the extension keeps for itself."""
EXAMPLES: dict[str, Any] = {
    "boolean": True,
    "number": 7.5,
    "integer": 7,
    "array": ["WS1B"],
    "string": "halfopen-baseline.json",
    "perFileIgnores": {"legacy/Old.py": ["WS1B"]},
    "severity": {"WS1B": "HIGH"},
    "libraries": ["tables/*.toml"],
    "trustedWrappers": ["app.auth.check"],
}
"""A value of each type, or of a setting that is more particular."""
OFFERED: dict[str, dict[str, Any]] = {
    name.removeprefix("halfopen."): each
    for name, each in json.loads(PACKAGE.read_text(encoding="utf-8"))["contributes"]["configuration"][
        "properties"
    ].items()
}


def camel(name: str) -> str:
    return re.sub(r"-(\w)", lambda found: found[1].upper(), name)


def read_by_server(schema: dict[str, Any], root: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The settings' names in the editor's spelling, tables taken apart."""
    for name, each in schema["properties"].items():
        below = root["$defs"][each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each
        if "properties" in below:
            yield from read_by_server(below, root, f"{prefix}{camel(name)}.")
        else:
            yield prefix + camel(name)


def test_every_setting_is_offered_and_no_other() -> None:
    schema = Settings.model_json_schema(by_alias=True)
    assert OFFERED.keys() - OWN == set(read_by_server(schema, schema))


def test_each_is_described_and_has_a_type_and_a_place() -> None:
    for name, each in OFFERED.items():
        assert each.get("description") or each.get("markdownDescription"), name
        assert each["scope"] in {"resource", "window", "machine-overridable"}, name
        if name not in OWN:
            assert "null" in each["type"], f"{name}: the project's setting holds where nothing is set"
            assert each["default"] is None, name


def test_values_that_the_editor_takes_are_taken_by_the_server() -> None:
    for name in OFFERED.keys() - OWN:
        each = OFFERED[name]
        values = (
            [value for value in each["enum"] if value]
            if "enum" in each
            else [EXAMPLES.get(name.split(".")[0]) or EXAMPLES[each["type"][0]]]
        )
        for value in values:
            table: dict[str, Any] = {}
            below = table
            *tables, key = name.split(".")
            for part in tables:
                below = below.setdefault(part, {})
            below[key] = value
            assert not with_overrides(Settings(), table, "the editor")[1], name
