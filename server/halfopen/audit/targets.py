"""The reliability targets that rules measure against: the specification's, unless settings say else."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field


class Targets(BaseModel):
    """Reliability targets; all configurable under `[tool.halfopen.targets]`."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )

    recovery_seconds: float = Field(
        default=5.0, gt=0, description="A dropped connection is back within this time."
    )
    heartbeat_interval_seconds: float = Field(
        default=30.0, gt=0, description="The longest time between heartbeats."
    )
    heartbeat_timeout_seconds: float = Field(
        default=10.0, gt=0, description="How long the answer to a heartbeat may take."
    )
    connections_per_client: int = Field(
        default=3, ge=1, description="Concurrent connections that one client may hold."
    )
    queue_depth: int = Field(default=100, ge=1, description="Messages that may wait before an alert is due.")


def strictest(every: Iterable[Targets]) -> Targets:
    """The smallest value of each target: what holds for all of them. The specification's where there is none."""
    known = [each.model_dump() for each in every]
    return Targets.model_validate(
        {name: min(each[name] for each in known) for name in known[0]} if known else {}
    )
