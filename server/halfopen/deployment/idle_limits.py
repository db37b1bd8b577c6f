"""How long a silent connection lives on its way: proxies and platforms, as data.

"Idle" means that no byte flows; ping frames of the protocol are bytes. A maximum age is another
thing: it ends busy connections too, and no heartbeat helps.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

_DATA = Path(__file__).with_name("data") / "idle_limits.toml"


@dataclass(frozen=True, slots=True)
class IdleLimit:
    """One limit on the path, with where it was found.

    `path` and `line` name the setting, or the file that shows that this layer is present; they
    are None for a limit that nothing in the workspace speaks of. `set_here`: the number stands in
    that file, and is not the layer's default.
    """

    layer: str
    seconds: float
    kind: Literal["idle", "max_age"]
    source: str
    confidence: Literal["high", "medium"]
    path: str | None = None
    line: int | None = None
    set_here: bool = False


@dataclass(frozen=True, slots=True)
class LayerDefault:
    """A row of the table: what a layer does unless told otherwise. None: it has no such limit."""

    layer: str
    title: str
    idle_seconds: float | None
    max_age_seconds: float | None
    setting: str
    """How it is changed, in the layer's own words; empty when it cannot be."""
    source: str
    confidence: Literal["high", "medium"]

    def limits(self, path: str | None = None, line: int | None = None) -> tuple[IdleLimit, ...]:
        """The layer's default limits, evidenced by the file that shows its presence."""
        given: list[tuple[Literal["idle", "max_age"], float | None]] = [
            ("idle", self.idle_seconds),
            ("max_age", self.max_age_seconds),
        ]
        return tuple(
            IdleLimit(self.layer, seconds, kind, self.source, self.confidence, path, line)
            for kind, seconds in given
            if seconds is not None
        )


@cache
def layer_defaults() -> Mapping[str, LayerDefault]:
    """The table, by layer."""
    document = tomllib.loads(_DATA.read_text("utf-8"))
    return {row["layer"]: _row(row) for row in cast("list[dict[str, Any]]", document["layer"])}


def _row(row: dict[str, Any]) -> LayerDefault:
    return LayerDefault(
        layer=row["layer"],
        title=row["title"],
        idle_seconds=row.get("idle_seconds"),
        max_age_seconds=row.get("max_age_seconds"),
        setting=row.get("setting", ""),
        source=row["source"],
        confidence=row.get("confidence", "high"),
    )


def smallest_idle_limit(limits: Iterable[IdleLimit]) -> IdleLimit | None:
    """The limit that cuts a silent connection first, or None when no layer has one."""
    return min(
        (limit for limit in limits if limit.kind == "idle"), key=lambda limit: limit.seconds, default=None
    )


def longest_safe_ping_period_seconds(limit: IdleLimit) -> float:
    """Half the limit: one ping may be lost or late without the connection being cut."""
    return limit.seconds / 2
