"""The close codes that a side sends, and those it tells apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Closing:
    """The close codes that a side sends, and those it tells apart."""
