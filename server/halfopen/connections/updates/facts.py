"""What messages do to state: copies or mutations, optimistic changes, versions, reads before an await."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Updates:
    """What messages do to state: copies or mutations, optimistic changes, versions, reads before an await."""
