"""What serves a connection on its way: the server program, its processes, and the proxies before it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Serving:
    """What serves a connection on its way."""
