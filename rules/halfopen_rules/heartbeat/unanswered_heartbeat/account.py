"""What WS4D says of one connection: after how long each one ends for want of an answer."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import seconds, spanned


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By the deadline of the side that waits; a feed that the ping itself ends lives until the first one."""
    if dossier.background is not None and spanned(finding, dossier.background.broken_steps) is not None:
        return Assessment(
            "A cancelled step finishes its asynchronous generator: the handler answers the ping and has nothing left to send.",
            "100 % of the connections lose their feed with the first message of their client, at the latest at its first "
            "ping; a client that connects again loses it again after the same time.",
        )
    sides = [dossier, *(each.dossier for each in dossier.surroundings.others)]
    deadlines = [
        dog.deadline_seconds.value
        for side in sides
        if side.liveness is not None
        for dog in side.liveness.watchdogs
        if isinstance(dog.deadline_seconds, Known)
    ]
    failure = (
        "One side gives the connection up when an answer is missing, and the other never learned to answer: the heartbeat "
        "that should find dead connections ends live ones."
    )
    if not deadlines:
        return Assessment(
            failure,
            "Every connection ends after the same time, however healthy it is: with the usual 30 to 90 s that is 40 to 120 "
            "reconnects an hour from each client, against an alert of 10 a minute for all.",
        )
    after = min(deadlines)
    return Assessment(
        failure,
        f"100 % of the connections end {seconds(after)} after their last sign of life, {3600 / max(after, 1):.0f} times an hour "
        f"from each client: 100 open pages are {100 * 60 / max(after, 1):.0f} reconnects a minute, against an alert of 10. What "
        "is sent in each gap is lost.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The heartbeat is answered."""
    for each in dossier.liveness.answers if dossier.liveness is not None else ():
        if each.reply is not None:
            yield Mitigation(
                f"`{', '.join(each.to)}` is answered with `{each.reply.shown}`", each.evidence[:2]
            )


ACCOUNT = Account(assess, mitigations)
