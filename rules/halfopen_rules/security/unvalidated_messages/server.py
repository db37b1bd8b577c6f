"""The server's half of WS7B: what a client sends drives the server without a schema."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Place
from halfopen.connections.messages.facts import Inbound
from halfopen.semantics.unit import Span
from halfopen_rules.security.unvalidated_messages.wording import CODE, SLUG, keys, listed


def check_server(dossier: Dossier) -> Iterator[Finding]:
    """The gravest of an endpoint's unchecked readings, the others as evidence."""
    if dossier.messages is None:
        return
    bad = [each for each in dossier.messages.inbound if _is_unchecked(each)]
    if not bad:
        return
    first = max(bad, key=_severity)
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=_severity(first),
        confidence=Confidence.HIGH,
        span=_place(first),
        message=_message(dossier, first),
        connection=dossier.connection.id,
        evidence=(
            *_evidence(first),
            *(Evidence(each.site, "read without a schema here too") for each in bad if each is not first),
        ),
    )


def _is_unchecked(inbound: Inbound) -> bool:
    if inbound.executed_by:
        return True
    if inbound.format != "json":
        return False
    if inbound.validated_by:
        return _is_read_first(inbound)
    return bool(inbound.spread_into or inbound.used() or _ends(inbound))


def _is_read_first(inbound: Inbound) -> bool:
    """Whether a message is read before its schema is asked, and ends the connection where it is no object."""
    if not _ends(inbound):
        return False
    read = inbound.ends_on_error[0].place
    checks = [each.place for each in inbound.validated_by]
    return isinstance(read, Span) and all(
        isinstance(each, Span) and each.unit is read.unit and read.end <= each.start for each in checks
    )


def _ends(inbound: Inbound) -> bool:
    """Whether a message that is no object ends the connection."""
    return bool(inbound.ends_on_error) and not inbound.shape_checked_by


def _severity(inbound: Inbound) -> Severity:
    if inbound.executed_by:
        return Severity.CRITICAL
    if inbound.spread_into or (inbound.used() and not inbound.validated_by):
        return Severity.HIGH
    return Severity.MEDIUM


def _place(inbound: Inbound) -> Place:
    return inbound.executed_by[0].place if inbound.executed_by else inbound.parsed or inbound.site


def _message(dossier: Dossier, inbound: Inbound) -> str:
    name = f"`{dossier.connection.name}`"
    if inbound.executed_by:
        return f"{name} runs what a client sent: {inbound.executed_by[0].text}, so any client can run code on the server"
    if inbound.spread_into:
        return f"{name} takes every field that a client names: {inbound.spread_into[0].text} without a schema"
    if inbound.validated_by:
        return (
            f"{name} reads {listed(keys(inbound.fields)) or 'a field'} of each message before its schema is asked: "
            "`[]` or `1` raises there and ends the connection, as if there were no schema"
        )
    used, read = keys(inbound.used()), keys(inbound.fields)
    ends = "a message that is no object (`[]`, `1`) raises and ends the connection"
    if used and _ends(inbound):
        return (
            f"{name} has no schema for what clients send: {listed(used)} {_goes(used)} on as sent, and {ends}"
        )
    if used:
        return f"{name} has no schema for what clients send: {listed(used)} {_goes(used)} on as sent, of any type and size"
    return (
        f"{name} reads {listed(read)} of each message without checking that it is an object: `[]` or `1` raises and "
        "ends the connection"
    )


def _goes(names: list[str]) -> str:
    return "go" if len(names) > 1 else "goes"


def _evidence(inbound: Inbound) -> Iterator[Evidence]:
    yield from inbound.executed_by
    yield from inbound.spread_into
    if _ends(inbound):
        yield from inbound.ends_on_error
    for field in inbound.used()[:4]:
        yield from field.evidence[:1]
