"""How an endpoint reads: its receive loop, what becomes of each exception, the work it does for a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Receiving:
    """How an endpoint reads: its receive loop, what becomes of each exception, the work it does for a message."""
