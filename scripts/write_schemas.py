"""Write the JSON schemas of docs/schema from the models that the program uses: `make schemas`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from halfopen.audit.settings import Settings
from halfopen.report.json_output import ReportJson

FOLDER = Path(__file__).parent.parent / "docs" / "schema"


def schemas() -> dict[str, str]:
    """The text of each schema by the name of its file."""
    return {
        "audit-1.json": _text(
            "audit-1.json",
            "What `halfopen audit --format json` writes: schema 1. New fields may come; none goes or changes its "
            "meaning without another number.",
            _open(ReportJson.model_json_schema(mode="serialization")),
        ),
        "settings-1.json": _text(
            "settings-1.json",
            "The settings of halfopen: what halfopen.toml holds, and [tool.halfopen] in pyproject.toml.",
            Settings.model_json_schema(mode="validation"),
        ),
    }


def _text(name: str, description: str, schema: dict[str, Any]) -> str:
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:halfopen:schema:{name}",
        **schema,
        "description": description,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _open(part: Any) -> Any:
    """The schema without its refusals of further fields: what fits today must fit when fields were added."""
    if isinstance(part, dict):
        items: dict[str, Any] = part
        return {
            key: _open(each) for key, each in items.items() if (key, each) != ("additionalProperties", False)
        }
    if isinstance(part, list):
        return [_open(each) for each in part]
    return part


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
