"""What WS5A says of one connection: what is stopped without a word, and what that hides."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen_rules.estimates import share, spanned


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what the clause holds."""
    background = dossier.background
    spin = spanned(finding, background.spins) if background is not None else None
    leaves = "leaves" if spin is None or spin.swallowed is None else "leaves while it is answered"
    if spin is not None and spin.freezes:
        return Assessment(
            "After a disconnect every further receive or send raises at once, without waiting: the loop never gives the "
            "event loop back.",
            f"The first client that {leaves} freezes the whole process: 0 % of the other connections{share(dossier)} are served, "
            "one core runs at 100 %, until it is killed.",
        )
    if spin is not None:
        return Assessment(
            "After a disconnect each turn fails again, and nothing ends the loop: a zombie handler.",
            "One task more for each client that left, for as long as the process lives: after 1,000 visits 1,000 loops that "
            "do nothing but fail and write to the log.",
        )
    catch = spanned(finding, background.catches) if background is not None else None
    if catch is None:
        return Assessment(
            "A refused handshake, a cut and a crash of the server all look like silence, to the user and to whoever has to "
            "find the cause.",
            "0 % of the failed connections leave a trace: the close codes, which tell a refusal (1008) from a restart (1012) "
            "and a lost network (1006), are seen by nobody, and an outage is known when users complain.",
        )
    match catch.guards:
        case "message" | "parse":
            return Assessment(
                "What fails here is gone: the message is lost, and the exception that would show the bug with it.",
                "100 % of the messages that fail are lost unseen. A release that renames one field makes that every message of "
                "its type, with nothing in any log.",
            )
        case "serving" | "connect":
            return Assessment(
                "A bug in the handler and a client that left end in the same silence.",
                "100 % of the errors that end a connection are invisible: the rate of failures cannot be told from the rate "
                "of departures.",
            )
        case "cleanup":
            return Assessment(
                "The clause stops CancelledError too, so that the task cannot be cancelled, and a failing cleanup leaves what "
                "it should have released.",
                "Each shutdown waits for the handler up to the server's time limit (uvicorn: without one unless it is set), "
                "for each open connection.",
            )
        case _:
            return Assessment(
                "A message that could not be sent looks delivered, and the dead client is tried again.",
                "100 % of the failing sends are invisible; the share of lost messages is unknown, in tests as in production.",
            )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Errors are told."""
    background = dossier.background
    if background is None:
        return
    for watching in background.watching:
        if watching.tells:
            yield Mitigation(
                "the socket's end or failure is logged, shown, or its code looked at", watching.evidence[:2]
            )
    for catch in background.catches[:8]:
        if catch.reaction not in ("silent",) and catch.guards in ("serving", "message"):
            where = "in the handling of a message" if catch.guards == "message" else "that ends the handler"
            yield Mitigation(f"an error {where} is told", catch.evidence[:2])
            return


ACCOUNT = Account(assess, mitigations)
