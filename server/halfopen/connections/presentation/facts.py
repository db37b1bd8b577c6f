"""What the user sees: the states told apart, whether they reach the screen, what stands in while there is no connection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Presentation:
    """What the user sees: the states told apart, whether they reach the screen, what stands in while there is no connection."""
