"""What a client does after its connection ended: trigger, delay, cap, jitter, attempts, reset, close codes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reconnection:
    """What a client does after its connection ended: trigger, delay, cap, jitter, attempts, reset, close codes."""
