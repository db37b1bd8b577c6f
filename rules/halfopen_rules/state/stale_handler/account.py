"""What WS6B says of one client: how often its socket is made anew, or since when its handler is out of date."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen.connections.freshness.facts import ChurnCause
from halfopen_rules.estimates import spanned

_OFTEN: dict[ChurnCause, str] = {
    "each-render": (
        "Every render of the component is one close and one handshake: at a render a second 60 handshakes a minute from "
        "one tab, against an alert of 10 a minute for all."
    ),
    "own-open": (
        "The open event itself closes the socket and opens the next, without end: some 2 to 10 handshakes a second from each tab."
    ),
    "own-message": (
        "Each message costs the connection: at one message a second one handshake a second, and what comes in the 100 to "
        "500 ms of each gap is lost, 10 to 50 % of it."
    ),
    "own-effect": (
        "The effect sets off its own next run, without end: some 10 to 60 turns a second from each tab."
    ),
    "typing": (
        "Each key is one close and one handshake: a word of ten letters is ten connections within two seconds, and what "
        "comes meanwhile is lost."
    ),
    "unread": (
        "Each refresh of the data is one close and one handshake, and what comes in the 100 to 500 ms of the gap is lost."
    ),
}


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By why the effect runs again, or what the handler goes on seeing."""
    freshness = dossier.freshness
    churn = spanned(finding, freshness.churn) if freshness is not None else None
    if churn is not None and churn.role == "request":
        return Assessment(
            f"`{churn.dependency}` is among the effect's dependencies, and its provider makes it anew each time it renders, "
            "which is with each message.",
            "1 request for each message, for as long as the page is open: at 10 messages a second, 10 requests a second.",
        )
    if churn is not None:
        what = "the socket" if churn.role == "socket" else "the subscription"
        return Assessment(
            f"`{churn.dependency}` is among the effect's dependencies and changes far too often, so {what} is closed and "
            "opened again each time: connection drops that the client makes itself.",
            _OFTEN[churn.cause],
        )
    stale = spanned(finding, freshness.stale_reads) if freshness is not None else None
    if stale is not None:
        verb = "decides by" if stale.decides else "works with"
        return Assessment(
            f"The {stale.handler} handler belongs to the render that made the socket, and goes on seeing its values.",
            f"From the first change of `{stale.name}` on, 100 % of the messages are handled by a handler that {verb} the old "
            "value, for as long as the socket lives.",
        )
    again = spanned(finding, freshness.reapplied) if freshness is not None else None
    if again is not None:
        often = (
            f"Each run sets `{again.sets}` and so causes the next: the page renders all the time, some 10 to 60 times a "
            "second, from the first message on."
            if again.sets
            else "Whatever renders the page, a key typed or a clock, acts on the last message once more."
        )
        return Assessment(
            f"`{again.dependency}` is among the effect's dependencies and another one on each render, so the effect does not "
            f"wait for a new `{again.message}`.",
            often,
        )
    frozen = spanned(finding, freshness.frozen_hooks) if freshness is not None else None
    name = f"`{frozen.state}` of `{frozen.hook}`" if frozen is not None else "the state"
    return Assessment(
        "What the hook returned on the first render is kept in a ref for ever.",
        f"100 % of the later changes of {name} never reach who uses it.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """The React Compiler keeps identities."""
    compiled = dossier.freshness.compiled if dossier.freshness is not None else None
    if isinstance(compiled, Known) and compiled.value:
        yield Mitigation(
            "the React Compiler keeps the identity of what components make", compiled.evidence[:2]
        )


ACCOUNT = Account(assess, mitigations)
