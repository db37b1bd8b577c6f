"""Work that runs beside the connection, and who sees it fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Background:
    """Work that runs beside the connection, and who sees it fail."""
