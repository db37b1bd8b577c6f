"""JSON of no agreed shape, as clients send it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

Table: TypeAlias = Mapping[str, object]


def table(value: object) -> Table:
    """The value where it is an object, else an empty one."""
    return cast(Table, value) if isinstance(value, Mapping) else {}
