"""What becomes of messages: sends and their guard, the outbox, acknowledgement, order, duplicates, what is asked for after a gap."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of messages: sends and their guard, the outbox, acknowledgement, order, duplicates, what is asked for after a gap."""
