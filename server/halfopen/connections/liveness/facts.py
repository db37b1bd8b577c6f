"""How each side notices that the other is gone: application heartbeats, their answers, deadlines, watchdogs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Liveness:
    """How each side notices that the other is gone: application heartbeats, their answers, deadlines, watchdogs."""
