"""The client's half of WS7B: what the server sends is believed to have the declared type."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Place
from halfopen.connections.messages.facts import Inbound, MessageField
from halfopen_rules.security.unvalidated_messages.wording import CODE, SLUG, keys, listed


def check_client(dossier: Dossier) -> Iterator[Finding]:
    """The gravest of a client's unchecked readings, the others as evidence."""
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
        confidence=_confidence(dossier, first),
        span=_place(first),
        message=_message(dossier, first),
        connection=dossier.connection.id,
        evidence=(
            *_evidence(first),
            *(Evidence(each.site, "read without a check here too") for each in bad if each is not first),
        ),
    )


def _is_unchecked(inbound: Inbound) -> bool:
    if inbound.rendered_as_html or inbound.executed_by:
        return True
    if inbound.format != "json" or inbound.validated_by:
        return False
    if inbound.rejected_by:
        return len(_used(inbound)) > 1
    if inbound.default_by and inbound.is_typed:
        return bool(inbound.lacks_into_state or inbound.stored_whole)
    return bool(inbound.used() or inbound.stored_whole)


def _used(inbound: Inbound) -> tuple[MessageField, ...]:
    """The fields that are used as they came; where messages without the outer ones are turned away, those within."""
    return tuple(each for each in inbound.used() if not inbound.rejected_by or "." in each.key)


def _severity(inbound: Inbound) -> Severity:
    return Severity.HIGH if inbound.rendered_as_html or inbound.executed_by else Severity.MEDIUM


def _confidence(dossier: Dossier, inbound: Inbound) -> Confidence:
    """Low where messages without their outer fields are turned away, and where a default branch takes unknown ones and
    either their type is declared or no more than one field is used as it came."""
    handled = dossier.messages.handled if dossier.messages is not None else ()
    if not inbound.stored_whole and set(keys(inbound.used())) <= {each.discriminator for each in handled}:
        return Confidence.LOW if _severity(inbound) is not Severity.HIGH else Confidence.HIGH
    if _severity(inbound) is Severity.HIGH:
        return Confidence.HIGH
    if inbound.rejected_by or (inbound.default_by and inbound.is_typed):
        return Confidence.LOW
    if not inbound.into_state and not inbound.used():
        return Confidence.LOW  # handed to takers that are not seen: they may need nothing but the event
    is_small = inbound.default_by and not inbound.stored_whole and len(inbound.used()) <= 1
    return Confidence.LOW if is_small else Confidence.HIGH


def _place(inbound: Inbound) -> Place:
    if inbound.executed_by:
        return inbound.executed_by[0].place
    if inbound.rendered_as_html:
        return inbound.rendered_as_html[0].place
    return inbound.parsed or inbound.site


def _message(dossier: Dossier, inbound: Inbound) -> str:
    name = f"`{dossier.connection.name}`"
    if inbound.executed_by:
        return f"{name} runs what the server sent as code: {inbound.executed_by[0].text}"
    if inbound.rendered_as_html:
        return f"{name} puts message text into the page as HTML: whoever can put text into a message runs script in every reader's page"
    used = keys(_used(inbound))
    unguarded = "" if inbound.parse_guarded else ", and a frame that is not JSON throws in the handler"
    if used:
        harm = "puts undefined into the state" if inbound.lacks_into_state else "goes on as undefined"
        return f"{name} uses {listed(used)} of its messages without a runtime check: what a message of another shape lacks {harm}{unguarded}"
    how = "as its declared type" if inbound.is_typed else "as it came"
    where = "the state" if inbound.into_state else "whatever it is handed to"
    return f"{name} hands on each parsed message {how}, without a runtime check: a message of another shape reaches {where}{unguarded}"


def _evidence(inbound: Inbound) -> Iterator[Evidence]:
    yield from inbound.executed_by
    yield from inbound.rendered_as_html
    yield from inbound.stored_whole[:2]
    for field in _used(inbound)[:3]:
        yield from field.evidence[:1]
