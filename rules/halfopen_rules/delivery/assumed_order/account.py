"""What WS3B says of one connection: how two messages change places, and how often that may be."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what waits between the messages."""
    if dossier.connection.side == "server":
        return Assessment(
            "Who hears the message and asks at once reads the state of before the commit, and no later message corrects it: "
            "the news overtakes what it tells of.",
            "The window is the rest of the transaction, some 1 to 100 ms; a client on a fast line asks within 20 ms, so the "
            "faster the network, the more often the old state stays on the screen.",
        )
    updates = dossier.updates
    write = (
        next((each for each in updates.writes if each.place == finding.span), None)
        if updates is not None
        else None
    )
    what = f"`{write.state}`" if write is not None else "the state"
    return Assessment(
        "The browser delivers messages in order, but a handler that awaits lets the next one overtake it: the last write "
        "wins, not the last message.",
        f"Two messages within the time of the awaited work (50 to 500 ms for a request) may leave {what} at the older "
        "value, until the next message: after the last one of a job for good.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """A version or sequence number is compared."""
    for each in dossier.updates.writes if dossier.updates is not None else ():
        if each.versioned:
            yield Mitigation(f"`{each.state}` takes only what is newer", each.evidence[:2])


ACCOUNT = Account(assess, mitigations)
