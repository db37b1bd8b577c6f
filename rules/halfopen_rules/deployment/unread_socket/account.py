"""What WS8D says of one endpoint: after how long a client that sends is closed."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import seconds, server_name, spanned


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what goes unread, and for a handler that only sends by the pings of the server program."""
    receiving = dossier.receiving
    if receiving is not None and spanned(finding, receiving.long_waits) is not None:
        return Assessment(
            "The loop that reads is the one that works: until the work is done, pings, pongs and a cancel wait unread, and "
            "whoever counts them takes a busy connection for a dead one.",
            "Runs shorter than the deadline that the message names pass; of those that are longer 100 % lose their connection, "
            "or cannot be cancelled, and a result that then goes to a closed socket is paid for and lost.",
        )
    keepalive = dossier.surroundings.serving.keepalive
    known = keepalive.value if isinstance(keepalive, Known) else None
    first = known.timeout_seconds if known is not None else None
    last = known.detects_after_seconds if known is not None else None
    times = f"{seconds(first)} to {seconds(last)}" if first is not None and last is not None else "20 to 40 s"
    hour = 3600 / last if last else 90
    return Assessment(
        "A message that nobody receives stops the reading of the TCP socket, and with it of pongs: the server takes a healthy "
        "client for dead.",
        f"Each client that sends one message is closed {times} later with 1011 “keepalive ping timeout” "
        f"({server_name(dossier)}); where it sends again after each reconnect, up to {hour:.0f} times an hour.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The handler reads."""
    reading = dossier.receiving.reading if dossier.receiving is not None else None
    if isinstance(reading, Known) and reading.value == "loop":
        yield Mitigation("the handler receives in a loop", reading.evidence[:1])


ACCOUNT = Account(assess, mitigations)
