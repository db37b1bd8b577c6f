"""What is said: message types sent and handled, how they are parsed and validated, what of them is logged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Messages:
    """What is said: message types sent and handled, how they are parsed and validated, what of them is logged."""
