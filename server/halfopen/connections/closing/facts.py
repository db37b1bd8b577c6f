"""The close codes that a side sends, and those it tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.semantics.unit import Span

Why: TypeAlias = OneOf["error", "end", "timeout", "refusal", "own", "unknown"]
"""error: in an exception's handler. end: in a `finally`, or where the work is done. timeout: a timer or a missing
answer. refusal: a condition that keeps somebody out. own: the side lets go by itself (a cleanup, a click)."""

NORMAL = 1000
RESERVED = frozenset({1004, 1005, 1006, 1015})
"""Codes that no endpoint may send (RFC 6455, 7.4.1): they say what was seen without a code."""


def is_application_code(code: int) -> bool:
    return 3000 <= code <= 4999


def is_sendable(code: int) -> bool:
    """Whether a server may send a code (RFC 6455, 7.4)."""
    return (1000 <= code <= 1014 and code not in RESERVED) or is_application_code(code)


def is_sendable_by_browser(code: int) -> bool:
    """Whether `WebSocket.close` takes a code; it throws InvalidAccessError for others (WHATWG WebSockets)."""
    return code == NORMAL or is_application_code(code)


@dataclass(frozen=True, slots=True)
class Close:
    """One place that ends the connection with a close code.

    `is_default`: no code is given, and 1000 (of a server) or none (of a browser: 1005) is sent.
    `before_accept`: the handshake is refused instead, and the browser sees 1006 whatever the code.
    """

    code: Fact[int]
    why: Why
    place: Span
    is_default: bool = False
    before_accept: Fact[bool] = Unknown("where the connection is accepted")
    is_raised: bool = False
    """Whether an exception carries the code; `WebSocketDisconnect` never sends it."""
    is_sent: bool = True
    reason: str = ""
    told: Evidence | None = None
    """What is sent to the client right before, in the same clause or branch: it says why, whatever the code."""
    evidence: tuple[Evidence, ...] = ()


_NO: Fact[bool] = Known(False)


@dataclass(frozen=True, slots=True)
class Closing:
    """How one side ends connections, and what it makes of the other's end.

    Of a client: `asks_code` whether its close handler looks at the code or `wasClean`, `told_apart` the codes
    that it names, `learns_in_band` where a message tells it not to come back. Of a server: `silent_errors` are
    handlers of errors that end the connection without any close.
    """

    closes: tuple[Close, ...] = ()
    asks_code: Fact[bool] = Unknown("the close handler")
    told_apart: tuple[int, ...] = ()
    learns_in_band: Fact[bool] = _NO
    silent_errors: tuple[Evidence, ...] = ()
