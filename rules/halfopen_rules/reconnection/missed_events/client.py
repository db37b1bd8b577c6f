"""WS2C in the client: it connects again and asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.connections.delivery.facts import CatchUp
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known, Unknown
from halfopen.connections.updates.facts import Write
from halfopen.semantics.unit import Span

CODE = "WS2C"
SLUG = "missed-events"


def check_client(dossier: Dossier) -> Iterator[Finding]:
    """One finding for a client that comes back with the state of before."""
    delivery, updates, reconnection = dossier.delivery, dossier.updates, dossier.reconnection
    if delivery is None or updates is None or reconnection is None:
        return
    if not (isinstance(reconnection.automatic, Known) and reconnection.automatic.value):
        return
    if delivery.last_message is not None and _is_lost_for_good(dossier):
        yield _unended(dossier, delivery.last_message)
        return
    if isinstance(reconnection.one_shot, Known) and reconnection.one_shot.value:
        return
    stale = stale_writes(dossier)
    if not stale and not (updates.other_effects and not updates.writes) and not updates.refetches:
        return
    if is_brought_up_to_date(dossier) or snapshot_of_server(dossier):
        return
    moved = next((each for each in delivery.catch_up if each.trigger == "message" and each.asked), None)
    if moved is not None and moved.asked is not None:
        yield _too_late(dossier, moved, moved.asked)
        return
    if not stale and updates.refetches:
        yield _not_asked_anew(dossier, updates.refetches)
        return
    late = [each for each in delivery.catch_up if each.trigger == "message" and each.kind == "fetch"]
    dead = [each for each in delivery.catch_up if each.trigger == "greeting" and not each.type_is_sent]
    unheard = [
        each for each in delivery.catch_up if each.kind == "message" and not _is_answered(dossier, each)
    ]
    first = reconnection.first
    yield Finding(
        code=CODE,
        slug=SLUG,
        severity=_severity(stale),
        confidence=_confidence(dossier, stale, bool(late) or (not dead and _only_answers(dossier))),
        span=delivery.open_handler or (first.place if first is not None else dossier.connection.site),
        message=_message(dossier, stale, dead),
        connection=dossier.connection.id,
        evidence=(
            *((Evidence(first.place, "connects again here"),) if first is not None else ()),
            *(each for write in stale[:3] for each in write.evidence),
            *(each for one in (*dead, *late[:1]) for each in one.evidence),
            *(
                Evidence(each.place, f"asks with `{each.message_type}`, which no linked endpoint looks at")
                for each in unheard[:1]
            ),
        ),
    )


def _is_lost_for_good(dossier: Dossier) -> bool:
    """Whether a server that goes on while the client is away sends it nothing of that, and the client asks for nothing."""
    sending = [each.dossier.sending for each in dossier.surroundings.others]
    return (
        bool(sending)
        and all(
            each is not None
            and isinstance(each.snapshot_on_connect, Known)
            and not each.snapshot_on_connect.value
            and not isinstance(each.resume_parameter, Known)
            and bool(each.forwards or each.registries or each.broadcasts)
            for each in sending
        )
        and not is_brought_up_to_date(dossier)
    )


def _unended(dossier: Dossier, last: Span) -> Finding:
    """The one message that ends the work may fall into a gap, and nothing follows it that would put that right."""
    name = dossier.connection.name
    first = dossier.reconnection.first if dossier.reconnection is not None else None
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        span=last,
        message=(
            f"{name} waits for the message that ends its work, connects again after a drop and asks for nothing: where that "
            "message came meanwhile no other follows, and the page shows the work as running for ever"
        ),
        connection=dossier.connection.id,
        evidence=(
            *((Evidence(first.place, "connects again here"),) if first is not None else ()),
            *(
                Evidence(each.dossier.connection.site, "sends what comes from now on alone")
                for each in dossier.surroundings.others[:1]
            ),
        ),
    )


def _not_asked_anew(dossier: Dossier, refetches: tuple[Evidence, ...]) -> Finding:
    """A message is the sign to ask for the data, and the one that came during the outage is not made up for."""
    first = dossier.reconnection.first if dossier.reconnection is not None else None
    opening = dossier.delivery.open_handler if dossier.delivery is not None else None
    place = opening or (first.place if first is not None else dossier.connection.site)
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.LOW,
        span=place,
        message=(
            f"A message makes {dossier.connection.name} ask for the data anew, and connecting again does not: what changed "
            "meanwhile shows with the next message or the next visit"
        ),
        connection=dossier.connection.id,
        evidence=refetches[:2],
    )


def _too_late(dossier: Dossier, moved: CatchUp, asked: Span) -> Finding:
    """What was missed is asked for from a point that live messages have passed by then."""
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        span=asked,
        message=(
            f"What was missed is asked for from `{moved.cursor}` on, and only after a message `{moved.message_type}`: live "
            "messages that come before it have moved that on, and the gap is skipped"
        ),
        connection=dossier.connection.id,
        evidence=moved.evidence,
    )


def stale_writes(dossier: Dossier) -> list[Write]:
    """State that rests on every message having come: what is only replaced is right again with the next one."""
    updates = dossier.updates
    return [
        each
        for each in (updates.writes if updates is not None else ())
        if each.how in ("appended", "merged", "removed") and not each.polled
    ]


def is_brought_up_to_date(dossier: Dossier) -> bool:
    """Whether something asks for the present state after each reconnect, and is answered as far as can be seen, or a clock
    does all along."""
    polls = dossier.reconnection.polls if dossier.reconnection is not None else None
    if isinstance(polls, Known) and polls.value:
        return True
    known = dossier.delivery.catch_up if dossier.delivery is not None else ()
    return any(_is_effective(each) and _is_answered(dossier, each) for each in known)


def _is_effective(caught: CatchUp) -> bool:
    return caught.trigger in ("open", "effect") or (caught.trigger == "greeting" and caught.type_is_sent)


def _is_answered(dossier: Dossier, caught: CatchUp) -> bool:
    """Whether a message that asks for the state may be answered: some linked endpoint looks at what it is sent."""
    others = dossier.surroundings.others
    if caught.kind != "message" or caught.trigger == "message" or not caught.message_type or not others:
        return True
    return any(_may_look_at(each.dossier, caught.message_type) for each in others)


def _may_look_at(endpoint: Dossier, asked: str) -> bool:
    receiving, messages = endpoint.receiving, endpoint.messages
    if receiving is None or messages is None:
        return True
    if messages.handled:
        rest, only = messages.handles_rest, messages.handles_only
        is_all = isinstance(only, Known) and isinstance(rest, Known) and not rest.value
        return not is_all or any(each.value == asked for each in messages.handled)
    reads_on = isinstance(receiving.reading, Known) and receiving.reading.value == "loop"
    return (
        not reads_on
        or not messages.inbound
        or any(
            each.used() or each.stored_whole or each.validated_by or each.executed_by
            for each in messages.inbound
        )
    )


def snapshot_of_server(dossier: Dossier) -> bool:
    """Whether the server gives each new connection what it needs."""
    return any(
        other.dossier.sending is not None
        and isinstance(other.dossier.sending.snapshot_on_connect, Known)
        and other.dossier.sending.snapshot_on_connect.value
        for other in dossier.surroundings.others
    )


def _severity(stale: list[Write]) -> Severity:
    """A feed that lacks some entries is MEDIUM; state of entities that stays wrong is HIGH."""
    return Severity.MEDIUM if stale and all(each.how == "appended" for each in stale) else Severity.HIGH


def _confidence(dossier: Dossier, stale: list[Write], is_mild: bool) -> Confidence:
    """High where the server's code was seen to send nothing by itself, low where no server is to be seen, and where the
    server only answers: what a client has not asked for cannot pass it by."""
    known = [
        other.dossier.sending.snapshot_on_connect
        for other in dossier.surroundings.others
        if other.dossier.sending is not None
    ]
    if is_mild or not known or _is_told_by_key(dossier):
        return Confidence.LOW
    if stale and all(isinstance(each, Known) for each in known):
        return Confidence.HIGH
    return Confidence.MEDIUM


def _is_told_by_key(dossier: Dossier) -> bool:
    """Whether a linked server sends state before live messages to a client that it looks up, which may be this one."""
    return any(
        isinstance(each.dossier.sending.snapshot_on_connect, Unknown)
        and each.dossier.sending.snapshot_on_connect.evidence
        for each in dossier.surroundings.others
        if each.dossier.sending is not None
    )


def _only_answers(dossier: Dossier) -> bool:
    """Whether each linked endpoint sends in its own receiving loop alone: nothing keeps its sockets or goes on beside it."""
    return all(_answers(each.dossier) for each in dossier.surroundings.others)


def _answers(endpoint: Dossier) -> bool:
    receiving, sending = endpoint.receiving, endpoint.sending
    if receiving is None or sending is None:
        return False
    return (
        isinstance(receiving.reading, Known)
        and receiving.reading.value == "loop"
        and not receiving.work
        and not any(each.kind in ("task", "subscription", "registration") for each in endpoint.resources)
        and not (sending.registries or sending.broadcasts or sending.foreign_sends or sending.queues)
        and not (sending.forwards or sending.drained or sending.unsaved)
    )


def _message(dossier: Dossier, stale: list[Write], dead: list[CatchUp]) -> str:
    name = dossier.connection.name
    what = " and ".join(f"`{each}`" for each in dict.fromkeys(write.state for write in stale[:2]))
    lost = (
        f"what {what} should have got meanwhile is never made up for"
        if what
        else "what came meanwhile is lost"
    )
    if dead:
        return (
            f"{name} asks for what it missed only after a message `{dead[0].message_type}`, which the server never sends: "
            f"{lost}"
        )
    if _is_told_by_key(dossier):
        return (
            f"{name} connects again and asks for nothing, and what the server sends by itself goes to one by its key: unless "
            f"that is this client, {lost}"
        )
    return f"{name} connects again and asks for nothing: no fetch, no cursor, no snapshot from the server; {lost}"
