"""What WS3C says of one connection: what happens twice, and when."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.estimates import spanned, task_names


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what is doubled."""
    sending, updates = dossier.sending, dossier.updates
    if dossier.connection.side == "server":
        task = spanned(finding, sending.tasks_per_message) if sending is not None else None
        if task is not None:
            return Assessment(
                f"Nothing looks whether `{task.name}` already runs for the same thing, so a repeated message, which every "
                "reconnect or double click sends, adds a second stream.",
                "n requests are n streams: after 3 of them the client receives every update 3 times, and the server does "
                "the work 3 times, until the connection ends.",
                names=task_names(finding, task.name),
            )
        return Assessment(
            "The connection is registered for live messages before the stored ones are read: what arrives between is "
            "delivered live and again from the store.",
            "The window is the time of the read, some 1 to 50 ms for each connect: at 20 messages a second about one "
            "connect in one to fifty shows a message twice.",
            example=1,
        )
    if updates is not None and any(each.place == finding.span for each in updates.echoes):
        return Assessment(
            "Every open tab of every user answers the same announcement with a change of its own.",
            "n open tabs are n requests for each message: with 200 tabs 200 writes where one was meant; where the server "
            "announces each of them, 200 × 200 messages follow, and it never ends.",
        )
    write = (
        next((each for each in updates.writes if each.place == finding.span), None)
        if updates is not None
        else None
    )
    if write is not None:
        return Assessment(
            f"`{write.state}` grows by what comes, and nothing tells a repeated message from a new one.",
            "Each reconnect that replays the last messages doubles them: with a replay of 50, the list holds 50 entries "
            "twice after one drop, 50 more after the next.",
        )
    return Assessment(
        "A message that is sent again after a reconnect carries nothing by which the server could tell that it has it.",
        "Each drop between the send and its answer (a round trip of 50 to 500 ms, minutes when half-open) may do the work twice.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Ids by which copies are told, tasks that are looked for first."""
    writes = dossier.updates.writes if dossier.updates is not None else ()
    kept = [each for each in writes if each.deduplicated and each.how in ("appended", "merged")]
    if kept:
        names = ", ".join(dict.fromkeys(f"`{each.state}`" for each in kept[:4]))
        yield Mitigation(f"one entry is kept for each id ({names})", kept[0].evidence[:2])
    for task in dossier.sending.tasks_per_message if dossier.sending is not None else ():
        if task.is_guarded:
            yield Mitigation(
                f"`{task.name}` starts only where none runs for the same thing", task.evidence[:2]
            )


ACCOUNT = Account(assess, mitigations)
