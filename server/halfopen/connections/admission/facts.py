"""Who is let in: authentication, origin, limits and how long an admission lasts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is let in: authentication, origin, limits and how long an admission lasts."""
