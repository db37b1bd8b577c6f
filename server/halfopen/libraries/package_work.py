"""What a call into a package costs, and what it leaves behind: packages of Python, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

_DATA = Path(__file__).with_name("data") / "work" / "python.toml"
_LONGEST = 3
"""Parts that the name of a package has at most: `google.cloud.speech`."""

PackageWorkKind: TypeAlias = Literal["model", "database", "request", "process", "job", "file"]


@dataclass(frozen=True, slots=True)
class PackageWork:
    """A row of the table.

    `loads_model`: making one of its objects loads a model. `stays_inside`: it tells nothing that the giver did not
    know, and changes nothing outside of the process.
    """

    work: PackageWorkKind | None
    loads_model: bool
    stays_inside: bool
    source: str
    confidence: Literal["high", "medium"]


@cache
def packages() -> Mapping[str, PackageWork]:
    """The table, by the name of the package."""
    document = tomllib.loads(_DATA.read_text("utf-8"))
    rows = cast("list[dict[str, Any]]", document["package"])
    return {name: _row(row) for row in rows for name in row["names"]}


def _row(row: Mapping[str, Any]) -> PackageWork:
    return PackageWork(
        row.get("work"),
        row.get("loads_model", False),
        row.get("stays_inside", False),
        row["source"],
        row.get("confidence", "high"),
    )


def package_work(name: str) -> PackageWork | None:
    """What is known of the package that a call of a qualified name goes into: `openai.OpenAI().chat.create`."""
    parts = name.replace("()", "").split(".")
    known = packages()
    for length in range(min(_LONGEST, len(parts) - 1), 0, -1):
        found = known.get(".".join(parts[:length]))
        if found is not None:
            return found
    return None
