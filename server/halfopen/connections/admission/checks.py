"""The checks that an endpoint makes of a client, of its guards and its own code."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.facts import Check, CheckPlace
from halfopen.connections.admission.guard import Guard
from halfopen.connections.admission.timeline import Event, carriers_of_event
from halfopen.connections.facts import Evidence
from halfopen.semantics.program import Program
from halfopen.semantics.unit import Span

CHECKS_NOTHING = (
    "asyncio.", "builtins.", "collections.", "datetime.", "fastapi.", "http.cookies.", "json.", "logging.", "loguru.",
    "starlette.", "structlog.", "time.", "urllib.parse.", "uuid.",
)  # fmt: skip
"""Modules whose functions may be given a credential, and ask nobody about it."""


def own_checks(program: Program, events: list[Event]) -> Iterator[Check]:
    accepted = False
    for event in events:
        accepted = accepted or event.kind == "accept"
        if event.kind == "check":
            yield check_of(program, "handler", event, accepted)


def trusted_check(guard: Guard) -> Check:
    """A guard that the settings trust to authenticate, whatever its code shows."""
    return Check(
        guard.place,
        guard.name,
        "parameter",
        next(each.place for each in guard.evidence if isinstance(each.place, Span)),
        evidence=(*guard.evidence, *(guard.trusted or ())),
    )


def check_of(program: Program, place: CheckPlace, event: Event, accepted: bool) -> Check:
    verification = event.verification
    assert verification is not None
    carriers = carriers_of_event(program, event)
    said = [Evidence(event.at.span, f"{verification.by} checks it here")]
    if event.callers:
        said.insert(0, Evidence(event.outermost.span, f"leads to {verification.by}"))
    said += verification.said
    return Check(
        place,
        verification.by,
        carriers[0] if carriers else "parameter",
        event.at.span,
        verification.expires,
        accepted,
        event.in_loop,
        tuple(said),
        verification.strength,
        verification.hands_on,
        carriers[1:],
    )
