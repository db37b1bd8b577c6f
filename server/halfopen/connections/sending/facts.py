"""How an endpoint sends: guards, timeouts, broadcasts, queues, what a client that comes back is given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sending:
    """How an endpoint sends: guards, timeouts, broadcasts, queues, what a client that comes back is given."""
