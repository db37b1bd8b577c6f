"""What WS6A says of one client: how wide the window is in which the older value wins."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what overwrites."""
    updates = dossier.updates
    pending = (
        next((each for each in updates.pending if each.place == finding.span), None)
        if updates is not None
        else None
    )
    if pending is not None:
        return Assessment(
            "The page shows the result before the server has answered, and nothing takes it back when the answer cannot come.",
            f"Each drop between the action and its answer (50 to 500 ms on a good line, seconds on a slow one) leaves "
            f"`{pending.state}` wrong until the page is reloaded.",
            example=1,
        )
    write = (
        next((each for each in updates.writes if each.place == finding.span), None)
        if updates is not None
        else None
    )
    what = f"`{write.state}`" if write is not None else "the state"
    polled = write is not None and write.polled
    often = " With the poll that there is, the window opens again at each turn." if polled else ""
    return Assessment(
        "The answer to a request says what was true when the server read it; a message that overtakes it is newer and is "
        "overwritten: state desynchronisation.",
        f"The window is the time of the request, 50 ms on a good day and seconds under load, for each load and refresh: at "
        f"one message a second and 200 ms, one load in five puts an older value into {what}. After the last message it stays.{often}",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """A comparison stands before the write; the early change is taken back."""
    updates = dossier.updates
    if updates is None:
        return
    for write in updates.writes:
        if write.versioned and write.refetched:
            yield Mitigation(f"`{write.state}` takes only what is newer", write.evidence[:2])
    for pending in updates.pending:
        if pending.rolled_back:
            yield Mitigation(
                f"the early change of `{pending.state}` is taken back when the connection ends",
                pending.evidence[:2],
            )


ACCOUNT = Account(assess, mitigations)
