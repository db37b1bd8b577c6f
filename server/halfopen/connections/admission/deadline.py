"""How long a handler waits for the message that carries the credential."""

from __future__ import annotations

from halfopen.connections.admission.facts import Check
from halfopen.connections.admission.guard import Guard
from halfopen.connections.admission.timeline import Event
from halfopen.connections.facts import Evidence, Fact, Known, Unknown


def message_deadline(
    checks: tuple[Check, ...], events: list[Event], guards: list[Guard]
) -> Fact[float | None] | None:
    """How long a handler waits for the message that carries the credential."""
    in_message = [each for each in checks if "message" in each.carriers and each.after_accept]
    if not in_message:
        return None
    if any(each.asks for each in guards) or any(
        not each.after_accept and each.strength in ("known", "compared") for each in checks
    ):
        return None  # Whoever waits here was asked before.
    receives = [each for each in events if each.kind == "receive"]
    for event in receives:
        if event.limited:
            said = (Evidence(event.at.span, "a time limit stands around it"),)
            if event.deadline_seconds is None:
                return Unknown("the number of seconds of the time limit", said)
            return Known(event.deadline_seconds, said)
    timer = _timer(events)
    if timer is not None:
        return timer
    said = tuple(Evidence(each.at.span, "waits for the message without a limit") for each in receives[:1])
    return Known(None, said)


def _timer(events: list[Event]) -> Fact[float | None] | None:
    """A task beside the handler that sleeps, and closes the socket of whoever has not signed in."""
    for sleep in events:
        if sleep.kind != "sleep" or sleep.in_loop or not sleep.callers:
            continue
        for close in events:
            if close.kind == "close" and close.callers[: len(sleep.callers)] == sleep.callers:
                said = (Evidence(close.at.span, "closes the connection when the time is over"),)
                if sleep.deadline_seconds is None:
                    return Unknown("the number of seconds of the time limit", said)
                return Known(sleep.deadline_seconds, said)
    return None
