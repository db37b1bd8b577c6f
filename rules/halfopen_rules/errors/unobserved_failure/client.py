"""The client's half: promises whose rejection nobody handles."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Finding, Severity
from halfopen.connections.background.facts import Floating
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence

CODE = "WS5D"
SLUG = "unobserved-failure"


def check_client(dossier: Dossier) -> Iterator[Finding]:
    """One finding for the client, at what loses messages first."""
    background = dossier.background
    if background is None or not background.floating:
        return
    first = background.floating[0]
    more = tuple(Evidence(each.span, f"{each.what} too") for each in background.floating[1:5])
    reported = background.rejections_are_reported
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MONITOR if reported else _severity(first),
        confidence=first.confidence,
        span=first.span,
        message=_message(dossier.connection.name, first),
        connection=dossier.connection.id,
        evidence=(*first.evidence, *more, *reported[:1]),
    )


def _severity(floating: Floating) -> Severity:
    """HIGH where a rejection is the end of the connection: the socket is never made again."""
    return Severity.HIGH if floating.event == "connect" and floating.kind == "chain" else Severity.MEDIUM


def _message(name: str, floating: Floating) -> str:
    risk = f"`{floating.risk.rstrip(';')}`"
    fails = "runs" if floating.risk.startswith("throw ") else "fails"
    if floating.kind == "handler":
        lost = "that message is lost" if floating.event == "message" else "the rest of it does not run"
        return (
            f"The {floating.event} handler of {name} is async and catches nothing: when {risk} {fails}, {lost} and the "
            "failure is an unhandled rejection"
        )
    if floating.kind == "promise":
        return (
            f"Nobody handles a rejection of `{floating.what}()`, which makes the socket of {name}: whenever {risk} runs, "
            "that attempt ends in an unhandled rejection"
        )
    if floating.event == "beside":
        what = f"{floating.what}()" if floating.kind == "call" else floating.what
        risk = "it" if floating.kind == "request" else risk
        return (
            f"Nobody handles a rejection of `{what}`, which is started beside the socket of {name}: when {risk} {fails}, what "
            "it asks for is missing, unseen"
        )
    if floating.event == "connect":
        what = floating.what if floating.kind == "chain" else f"{floating.what}()"
        return (
            f"Nobody handles a rejection of `{what}`: when {risk} {fails}, {name} makes no socket and "
            "nothing tries again"
        )
    match floating.kind:
        case "chain":
            what = f"The chain of `{floating.what}`"
        case "request":
            what = f"`{floating.what}`"
        case _:
            what = f"`{floating.what}()`"
    risk = "it" if floating.kind == "request" else risk
    lost = (
        "what the message asked for is not done"
        if floating.event == "message"
        else "what it is to do is not done"
    )
    return f"{what} runs on {floating.event} of {name} with nobody to handle its rejection: when {risk} {fails}, {lost}, unseen"
