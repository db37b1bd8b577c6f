"""The server's half: loops that go on without their socket, and clauses that tell nobody."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.background.facts import Background, Catch, Spin
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence

CODE = "WS5A"
SLUG = "swallowed-error"


def check_server(dossier: Dossier) -> Iterator[Finding]:
    """One finding for each loop that outlives its socket, and one for the clauses that tell nobody."""
    background = dossier.background
    if background is None:
        return
    for spin in background.spins:
        yield _spinning(dossier, spin)
    spinning = {(each.span.unit, each.span.start) for each in background.spins}
    silent = [each for each in _silent(background) if (each.span.unit, each.span.start) not in spinning]
    if silent:
        yield _swallowing(dossier, silent)


def _spinning(dossier: Dossier, spin: Spin) -> Finding:
    name = dossier.connection.name
    if spin.freezes:
        severity = Severity.CRITICAL
        then = (
            f"`{spin.operation}` then raises at once, turn after turn, without ever waiting: every other "
            "connection of the process stands still"
        )
    else:
        severity = Severity.HIGH
        then = f"`{spin.operation}` then fails in each turn, and the handler never ends"
    when = "its client has left" if spin.swallowed is None else "a send to its client has failed"
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=severity,
        confidence=Confidence.HIGH,
        span=spin.span,
        message=f"The loop of {name} goes on after {when}: {then}",
        connection=dossier.connection.id,
        evidence=spin.evidence,
    )


def _silent(background: Background) -> list[Catch]:
    """The clauses that are a defect, the gravest first."""
    found = [each for each in background.catches if _weight(each) > 0]
    return sorted(found, key=_weight, reverse=True)


def _weight(catch: Catch) -> int:
    """How much a silent clause hides; 0 for one that may be silent."""
    if catch.reaction != "silent" or catch.stops not in ("errors", "everything"):
        return 0
    if catch.guards == "cleanup":
        return 2 if catch.stops == "everything" else 0
    if catch.while_failing or catch.guards in ("close", "listener"):
        return 0
    if catch.guards in ("serving", "feeding", "message"):
        return 3
    return 2 if not catch.shared else 1


def _swallowing(dossier: Dossier, silent: list[Catch]) -> Finding:
    first = silent[0]
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=_confidence(first),
        span=first.span,
        message=_message(dossier.connection.name, first),
        connection=dossier.connection.id,
        evidence=tuple(Evidence(each.span, "and here") for each in silent[1:6]),
    )


def _confidence(catch: Catch) -> Confidence:
    if catch.guards == "cleanup":
        return Confidence.MEDIUM
    return Confidence.HIGH if _weight(catch) == 3 else Confidence.LOW


def _message(name: str, catch: Catch) -> str:
    does = "does nothing" if catch.does == "nothing" else f"only does `{catch.does}`"
    if catch.guards == "cleanup":
        return (
            f"The cleanup of {name} may fail without a trace: this clause {does}, and stops the task's cancellation as "
            "well: a shutdown waits for whatever the handler does after it"
        )
    if catch.guards == "serving":
        return (
            f"Any error that ends {name} is stopped without a trace: this clause {does}, and a bug looks like "
            "a client that left"
        )
    if catch.guards == "feeding":
        return (
            f"An error of what feeds the clients of {name} is stopped without a trace: this clause {does}, and they receive "
            "nothing, as if there were nothing to send"
        )
    if catch.guards == "message":
        return (
            f"An error in the handling of a message of {name} is stopped without a trace: this clause {does}, "
            "and the message is lost unseen"
        )
    if catch.shared:
        return (
            f"A failed send to a client of {name} leaves no trace: this clause {does}, also for a payload "
            "that cannot be serialised"
        )
    return (
        f"A failed send of {name} leaves no trace: this clause {does}, and a message that the client "
        "never got looks delivered"
    )
