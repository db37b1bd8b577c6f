"""What WS1A says of one client: which event comes too late, and what that adds up to."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.connection.untold_closes.rule import worst_confusion
from halfopen_rules.estimates import delay_of, outside_react, seconds

_LATE = (
    "`close()` returns at once, and its close event comes after the closing handshake: some milliseconds later, on a "
    "dead network up to the browser's own limit of many seconds."
)


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By what the late event overwrites."""
    presentation, worst = dossier.presentation, worst_confusion(dossier)
    if presentation is None or worst is None or worst.overwrites is None:
        return _others(finding, dossier)
    successor = presentation.successor
    cause = (
        f"change of `{successor.by}`" if successor is not None and successor.kind == "dependencies" else None
    )
    each = f"each {cause}" if cause else "each time one socket follows another"
    match worst.overwrites:
        case "reconnect":
            delay = delay_of(dossier)
            after = (
                f" {seconds(delay.initial_ms / 1000)} later"
                if delay is not None and delay.initial_ms
                else " after the retry's delay"
            )
            limit = targets.connections_per_client
            estimate = (
                f"One socket more{after} for {each}: after {limit} of them one page holds {limit + 1} connections, above the "
                f"target of {limit}, and handles every message {limit + 1} times. Leaving the page does not end them."
            )
        case "reference":
            estimate = (
                f"For {each}, the new socket is open and nobody holds it: from then on 100 % of the sends are refused, "
                "until the page is reloaded."
            )
        case "timer":
            estimate = (
                f"For {each}, the new connection loses its heartbeat or its retry: it works until the first "
                "interruption, which then goes unnoticed or stays final."
            )
        case "status":
            estimate = (
                f"For {each}, the page says “disconnected” while messages arrive, until the next open event; what asks "
                "for the status before it sends refuses 100 % of the sends meanwhile."
            )
    return Assessment(_LATE, estimate, example=int(outside_react(dossier)))


def _others(finding: Finding, dossier: Dossier) -> Assessment:
    presentation = dossier.presentation
    if presentation is not None and presentation.parallel and presentation.parallel.span == finding.span:
        return Assessment(
            "A socket takes one round trip for TCP, one or two for TLS and one for the handshake to open: each call in "
            "that time passes the test and opens another.",
            "About 100 to 500 ms on a good line and seconds on a slow one, in which two calls (StrictMode's second mount "
            "is one, in development) give two sockets, and every message is handled twice for as long as the page lives.",
            example=1,
        )
    if presentation is not None and presentation.held_lock and presentation.held_lock.span == finding.span:
        flag = presentation.held_lock.flag
        return Assessment(
            f"`{flag}` stays set on one way out, and every later connect returns at once because of it.",
            "One failed attempt, such as the first one during a restart of the server, is enough: from then on the page "
            "never connects again until it is reloaded.",
            example=1,
        )
    return Assessment(
        "In CONNECTING, `send` throws InvalidStateError; in CLOSING and CLOSED it drops the message in silence. "
        "Code that knows none of the four states meets all of them.",
        "A send in the first 100 to 500 ms of each visit throws, and after the connection's end 100 % of the messages "
        "are dropped in silence; the page looks the same in all of these.",
        example=int(outside_react(dossier)),
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The code asks for the socket's state, and no event of an old socket reaches its successor."""
    presentation = dossier.presentation
    if presentation is None:
        return
    known = presentation.knows_state
    if (
        isinstance(known, Known)
        and known.value
        and not presentation.only_logged
        and not presentation.late_events
    ):
        yield Mitigation(
            "the socket's state is followed, and no event of an old socket acts on its successor",
            known.evidence[:2],
        )


ACCOUNT = Account(assess, mitigations)
