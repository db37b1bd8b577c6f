"""What WS6A says of one client: how wide the window is in which the older value wins."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.estimates import placed


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
    lost = placed(finding, updates.lost_drafts) if updates is not None else None
    if lost is not None and lost.how == "cleared":
        return Assessment(
            f"The effect compares objects, and every event that changes anything of `{lost.by}` makes another one: what is "
            f"being typed into `{lost.draft}` is emptied though nobody asked for it.",
            "At one such event a minute and half a minute for a message to be written, every second message is lost half-way.",
        )
    if lost is not None:
        return Assessment(
            f"`{lost.draft}` travels as a whole and the last one wins: what was typed between another's change and its arrival "
            "is not in it.",
            "The window is the time of a round trip and of the pause before it is sent, 50 to 500 ms: of two people who type at "
            "the same time, each loses keys all along.",
        )
    control = placed(finding, updates.uncorrected_controls) if updates is not None else None
    if control is not None:
        return Assessment(
            f"`{control.state}` is what was asked for, not what the server has, and nothing ever brings the two together.",
            "One command that is dropped or refused, or one change by somebody else, is enough: the control stays wrong until "
            "the page is reloaded.",
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
