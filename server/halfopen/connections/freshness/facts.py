"""Whether handlers see current props and state, and how often the socket is made anew."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether handlers see current props and state, and how often the socket is made anew."""
