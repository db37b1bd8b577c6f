"""Commands of a client that are lost: sent to a socket that is not open, or refused without a word."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.finding import Confidence, Finding, Fix, Severity
from halfopen.connections.delivery.facts import Delivery, Outbox, Send
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.updates.facts import Overtaken
from halfopen_rules.delivery.lost_send.repairs import outbox_fix

CODE = "WS3A"
SLUG = "lost-send"


def check_client(dossier: Dossier) -> Iterator[Finding]:
    """One finding for a client: its worst send, with the others as further places."""
    if dossier.delivery is None:
        return
    garbled = [each for each in dossier.delivery.sends if each.is_object]
    if garbled and dossier.connection.library == "native":
        yield _garbled(dossier, garbled)
        return
    unread = next((each for each in dossier.delivery.outboxes if _is_unread(each)), None)
    if unread is not None:
        yield _never_sent(dossier, unread)
        return
    commands = [
        each
        for each in dossier.delivery.sends
        if each.purpose == "command" and "user" in each.triggers and not each.is_committed
    ]
    lost = sorted((each for each in commands if is_lost(each)), key=_rank)
    if _is_unused(dossier):
        # What a server only echoes or logs is missed by nobody; a send that throws is an error all the same.
        lost = [each for each in lost if each.guard == "none"]
        if not lost:
            return
    if lost:
        worst = lost[0]
        yield Finding(
            code=CODE,
            slug=SLUG,
            severity=_severity(worst),
            confidence=_confidence(dossier, worst),
            span=worst.sent,
            message=_message(worst),
            connection=dossier.connection.id,
            evidence=(*_places(worst), *(_also(each, worst) for each in lost[1:])),
            fixes=tuple(_fixes(dossier, lost)),
        )
        return
    for each in _stranded(dossier):
        yield each
        return
    for each in dossier.updates.overtaken[:1] if dossier.updates is not None else ():
        yield _overtaken(dossier, each)
        return
    for each in _handed_on(dossier, dossier.delivery)[:1]:
        yield each
        return
    for each in commands:
        if each.guard in ("open", "flag") and not each.identified and each.refusal != "queued":
            yield Finding(
                code=CODE,
                slug=SLUG,
                severity=Severity.MEDIUM,
                confidence=Confidence.LOW,
                span=each.sent,
                message=(
                    f"{_named(each)} counts as delivered once the socket has taken it: it carries no id that an answer "
                    "could acknowledge, so what was under way when the connection broke is lost and nothing tells"
                ),
                connection=dossier.connection.id,
                evidence=each.evidence,
            )
            return


def _handed_on(dossier: Dossier, delivery: Delivery) -> list[Finding]:
    """What another library's listener sends, as an editor's of each change, and a guard drops: whether a person makes it do so
    is not to be seen, and what it tells has happened by then."""
    return [
        Finding(
            code=CODE,
            slug=SLUG,
            severity=_severity(each),
            confidence=Confidence.LOW,
            span=each.sent,
            message=_message(each),
            connection=dossier.connection.id,
            evidence=_places(each),
        )
        for each in delivery.sends
        if each.purpose == "command"
        and each.is_typed
        and each.triggers == ("handed-on",)
        and each.guard in ("open", "flag")
        and each.refusal in ("silent", "logged")
        and not each.is_committed
    ]


def _overtaken(dossier: Dossier, each: Overtaken) -> Finding:
    """Messages pass through a place for one: what comes before the next render is overwritten there."""
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.MEDIUM,
        confidence=Confidence.LOW if each.in_store else Confidence.MEDIUM,
        span=each.place,
        message=(
            f"`{each.state}` holds the latest message alone, and an effect puts it into `{each.kept_in}` after a render: "
            "of two messages in quick succession the first is overwritten before it gets there"
        ),
        connection=dossier.connection.id,
        evidence=each.evidence,
    )


def _garbled(dossier: Dossier, sends: list[Send]) -> Finding:
    """`send` takes text and bytes; whatever else it is given becomes a text by `String(...)`."""
    first = sends[0]
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        span=first.sent,
        message=(
            f"{_named(first)} is sent as an object, which the browser turns into the text `[object Object]`: nothing of it "
            "reaches the server, and no error is raised"
        ),
        connection=dossier.connection.id,
        evidence=tuple(_also(each, first) for each in sends[1:]),
    )


def _is_unread(box: Outbox) -> bool:
    return isinstance(box.is_read, Known) and not box.is_read.value


def _never_sent(dossier: Dossier, box: Outbox) -> Finding:
    """What waits for the connection waits for ever."""
    by_user = "user" in box.fed_by
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=Severity.HIGH if by_user else Severity.MEDIUM,
        confidence=Confidence.HIGH if by_user else Confidence.MEDIUM,
        span=box.place,
        message=(
            f"{box.container} takes what is sent while the connection is down, and nothing ever reads it: those messages "
            "are lost without a word, and it grows with each"
        ),
        connection=dossier.connection.id,
        evidence=box.evidence,
        effects=("WS3D",),
    )


def _stranded(dossier: Dossier) -> Iterator[Finding]:
    """What waits for the next open event, where nothing makes a socket after the first one was lost."""
    recovery = dossier.reconnection
    if recovery is None or dossier.delivery is None or dossier.connection.library != "native":
        return
    if not isinstance(recovery.automatic, Known) or recovery.automatic.value:
        return
    by_hand = bool(recovery.triggers) or recovery.renewal is not None
    for box in dossier.delivery.outboxes:
        if "user" not in box.fed_by or box.place.path != dossier.connection.site.path:
            continue  # an outbox with a file of its own may do more than wait
        until = "until somebody connects again" if by_hand else "for ever"
        yield Finding(
            code=CODE,
            slug=SLUG,
            severity=Severity.MEDIUM if by_hand else Severity.HIGH,
            confidence=Confidence.LOW if by_hand else Confidence.MEDIUM,
            span=box.place,
            message=(
                f"{box.container} takes what is sent while the connection is down, for an open event that nothing brings about: "
                f"after a drop those messages wait {until}, and look sent"
            ),
            connection=dossier.connection.id,
            evidence=box.evidence,
        )
        return


def _fixes(dossier: Dossier, lost: list[Send]) -> Iterator[Fix]:
    fix = outbox_fix(lost) if dossier.connection.library == "native" else None
    if fix is not None:
        yield fix


def is_lost(send: Send) -> bool:
    """Whether a message that cannot be sent now is gone, without the user or the caller learning of it."""
    return send.guard != "awaited" and send.refusal in ("silent", "logged") and not send.is_kept


def _confidence(dossier: Dossier, send: Send) -> Confidence:
    """Low where the page takes its content away for as long as there is no connection, or disables what sends."""
    if _is_withheld(dossier, send):
        return Confidence.LOW
    if send.guard in ("none", "present"):
        return Confidence.HIGH
    if dossier.presentation is not None and dossier.presentation.blocked:
        return Confidence.LOW
    return Confidence.HIGH if send.guard == "open" else Confidence.MEDIUM


def _is_withheld(dossier: Dossier, send: Send) -> bool:
    """Whether all that has it sent is disabled while there is no connection."""
    elements = dossier.presentation.withheld if dossier.presentation is not None else ()
    return (
        send.triggers == ("user",)
        and bool(send.set_off)
        and all(
            any(
                each.path == place.path and each.unit is place.unit and each.start <= place.start < each.end
                for each in elements
            )
            for place in send.set_off
        )
    )


def _rank(send: Send) -> tuple[int, str, int]:
    order = ("none", "present", "flag", "open")
    return (order.index(send.guard) if send.guard in order else len(order), send.place.path, send.place.start)


def _severity(send: Send) -> Severity:
    """A command of the protocol that nobody guards is HIGH; free text, or what a guard keeps back, is MEDIUM."""
    return Severity.HIGH if send.guard in ("none", "present") and send.is_typed else Severity.MEDIUM


def _named(send: Send) -> str:
    if send.is_typed:
        return f"`{send.message}`"
    return send.message[0].upper() + send.message[1:] if send.message.startswith("a ") else send.message


def _inside(name: str) -> str:
    """The name within a sentence."""
    return name[0].lower() + name[1:] if name.startswith("A ") else name


def _is_unused(dossier: Dossier) -> bool:
    """Whether each linked endpoint is known to do nothing with what it gets: it only echoes or logs that, or never reads."""
    others = [each.dossier for each in dossier.surroundings.others]
    return bool(others) and all(_ignores_messages(each) for each in others)


def _ignores_messages(endpoint: Dossier) -> bool:
    receiving, messages = endpoint.receiving, endpoint.messages
    if receiving is None or messages is None or receiving.work or messages.handled:
        return False
    if isinstance(receiving.reading, Known) and receiving.reading.value == "never":
        return True
    if not isinstance(receiving.reading, Known) or receiving.reading.value != "loop":
        return False
    return all(
        each.format == "text" and not each.used() and not each.stored_whole for each in messages.inbound
    )


def _message(send: Send) -> str:
    name = _named(send)
    match send.guard:
        case "present" if send.is_held_once_open:
            return f"{name} is sent if there is a socket, open or not: after it closed, the message vanishes without an error"
        case "none":
            return (
                f"{name} is sent without asking whether the connection is open: while it connects, `send` throws, and "
                "after it closed the message vanishes without an error"
            )
        case "present":
            return (
                f"{name} is sent as soon as there is a socket, open or not: while it connects, `send` throws, and after "
                "it closed the message vanishes without an error"
            )
        case _ if send.refusal == "logged":
            return (
                f"While the connection is down, {send.function} drops {_inside(name)} and only writes to the console: the page "
                "goes on as if it had been sent"
            )
        case _:
            return (
                f"While the connection is down, {send.function} drops {_inside(name)} and tells nobody: it is neither kept for "
                "the next connection nor refused"
            )


def _places(send: Send) -> tuple[Evidence, ...]:
    here = (Evidence(send.place, f"{_named(send)} comes from here"),) if send.place != send.sent else ()
    return (*here, *send.evidence)


def _also(send: Send, worst: Send) -> Evidence:
    how = (
        "is lost in the same way"
        if send.guard == worst.guard
        else "is dropped while the connection is not open"
    )
    return Evidence(send.place, f"{_named(send)} {how}")
