"""What a server program does with a connection of which one message waits unread."""

from __future__ import annotations

from halfopen.connections.facts import Known
from halfopen.connections.serving import Serving


def goes_on_reading(serving: Serving) -> bool:
    """Whether the server is known to read on, to send no pings, or not to be uvicorn, of which alone this is known."""
    pauses, keepalive, server = serving.reading_pauses_while_unread, serving.keepalive, serving.server
    if isinstance(pauses, Known):
        return not pauses.value
    if isinstance(keepalive, Known) and keepalive.value.detects_after_seconds is None:
        return True
    return isinstance(server, Known) and server.value.name != "uvicorn"


def closing(serving: Serving) -> str:
    """What stops reading, and when that ends the connection, as far as the server program is known."""
    if not isinstance(serving.reading_pauses_while_unread, Known):
        return "uvicorn 0.50 and newer from reading the socket at all, pongs too, and by its defaults 40 s later it closes"
    keepalive = serving.keepalive
    deadline = keepalive.value.detects_after_seconds if isinstance(keepalive, Known) else None
    soon = f"{deadline:g} s later" if deadline is not None else "at the deadline for the pong"
    return f"the server from reading the socket at all, pongs too, and {soon} it closes"
