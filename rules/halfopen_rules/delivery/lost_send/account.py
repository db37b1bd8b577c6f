"""What WS3A says of one connection: which messages are lost, and how many of them."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.audit.account import Account, Assessment, Mitigation
from halfopen.audit.finding import Finding
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier
from halfopen.connections.facts import Known
from halfopen_rules.estimates import gap, placed, spanned
from halfopen_rules.snippets import source_of

_OUTBOX = {"outbox.ts": source_of("outbox")}
_NOWHERE = "The message is handed to nobody, and no exception, queue or answer says so: silent message loss."


def assess(finding: Finding, dossier: Dossier, targets: Targets) -> Assessment:
    """By who sends and what becomes of it."""
    if dossier.connection.side == "client":
        return _client(finding, dossier)
    return _server(finding, dossier)


def _client(finding: Finding, dossier: Dossier) -> Assessment:
    delivery = dossier.delivery
    said = gap(dossier)
    send = (
        next((each for each in delivery.sends if each.sent == finding.span), None)
        if delivery is not None
        else None
    )
    if send is not None and send.is_object:
        return Assessment(
            "The browser turns what is no text into one: the server receives the words “[object Object]”.",
            "100 % of these messages arrive without their content, on every connection and every day.",
        )
    if delivery is not None and placed(finding, delivery.outboxes) is not None:
        return Assessment(
            "What is put aside while there is no connection is never taken out again.",
            f"100 % of what is sent in a gap is lost although it is kept: {said}.",
        )
    if send is not None and send.guard == "none":
        return Assessment(
            "While the socket is connecting `send` throws, and when it is closing or closed it drops the message in silence.",
            f"100 % of what is sent in a gap is lost: {said}; on top come the first 100 to 500 ms of each visit, in which "
            "it throws instead.",
            modules=_OUTBOX,
        )
    if send is not None and send.refusal in ("silent", "logged"):
        return Assessment(
            "Where the guard refuses, the message goes nowhere and the user is not told: to the page it looks sent.",
            f"100 % of what a user does in a gap is lost: {said}. In a half-open connection the guard still passes, and "
            "all is lost until it is noticed.",
            modules=_OUTBOX,
        )
    return Assessment(
        "`send` only fills a buffer: what is under way when the connection breaks is gone, and nothing acknowledges what "
        "arrived.",
        "Of each drop, the messages of the last round trip (some 50 to 500 ms) are lost without a sign; in a half-open "
        f"connection all until it is noticed. Besides, {said}.",
        example=1,
    )


def _server(finding: Finding, dossier: Dossier) -> Assessment:
    sending = dossier.sending
    if sending is None:
        return Assessment(_NOWHERE, f"{gap(dossier).capitalize()}: all that is sent in it is lost.")
    foreign = spanned(finding, sending.foreign_sends)
    if foreign is not None:
        if foreign.kind == "task-queue-worker":
            return Assessment(
                "A worker is a process of its own with a registry of its own, which no client ever entered.",
                f"100 % of what `{foreign.caller}` sends reaches 0 clients, in development as in production.",
            )
        if foreign.kind == "no-event-loop":
            return Assessment(
                "Only the thread that runs the server has an event loop: asked for in another one, it is an exception.",
                f"100 % of what `{foreign.caller}` is to send from that thread reaches 0 clients; where the exception is caught, "
                "without a line in any log.",
            )
        return Assessment(
            "A socket belongs to the event loop that accepted it; awaited from another loop, a send raises or hangs.",
            f"0 to 100 % of what `{foreign.caller}` sends arrives, by chance of timing; a hanging send also blocks its caller.",
        )
    broadcast = spanned(finding, sending.broadcasts)
    if broadcast is not None and broadcast.live_iteration in ("skips", "raises"):
        if broadcast.live_iteration == "raises":
            return Assessment(
                "A set or dict that changes while it is gone through raises RuntimeError, which ends the loop.",
                "One client that joins or leaves during a broadcast keeps the message from all clients after that point: "
                "on average half of them.",
            )
        return Assessment(
            "A list that loses an entry while it is gone through moves up by one, and the loop steps over a neighbour.",
            "One client that leaves during a broadcast costs one other client that message: 100 departures during "
            "broadcasts are 100 messages that a healthy connection never got.",
        )
    if broadcast is not None:
        return Assessment(
            _NOWHERE,
            "Every failing send is one message that its client never gets, and the dead client is sent the next ones too: "
            "the number of losses is not even known.",
        )
    if spanned(finding, sending.dropped_subscribers) is not None:
        return Assessment(
            "The slow client is taken out of the registry while its connection stays open: it is connected and deaf.",
            "From then on it receives 0 % of the messages, until its connection ends for another reason: minutes to hours.",
        )
    if spanned(finding, sending.unsaved) is not None:
        return Assessment(
            "The send to a client that has left raises in the loop that makes the result, and what would store it comes after.",
            "100 % of the results during which their client leaves are lost, with all that they cost: at answers of 30 s and "
            "one drop in 10 minutes, one answer in 20.",
        )
    return Assessment(
        "What is taken out of a queue is nowhere else: the first send that fails ends the loop, and the rest is dropped.",
        "One client that leaves during the sends costs all messages that were still to be sent: up to the whole queue.",
    )


def mitigations(dossier: Dossier) -> Iterator[Mitigation]:
    """Sends that are queued or refused aloud, broadcasts over a copy."""
    for send in dossier.delivery.sends if dossier.delivery is not None else ():
        if send.purpose == "command" and send.refusal in ("throws", "queued", "shown", "returned"):
            words = {
                "throws": "throws",
                "queued": "is queued",
                "shown": "tells the user",
                "returned": "tells the caller",
            }[send.refusal]
            yield Mitigation(f"`{send.message}` {words} while there is no connection", send.evidence[:2])
    for broadcast in dossier.sending.broadcasts if dossier.sending is not None else ():
        if broadcast.live_iteration in ("copied", "locked") and broadcast.failure_is_seen:
            yield Mitigation(
                f"`{broadcast.name}` goes over a copy or holds the lock, and a failing send is seen",
                broadcast.evidence[:2],
            )
    if (
        dossier.sending is not None
        and isinstance(dossier.sending.bridged, Known)
        and dossier.sending.bridged.value
    ):
        yield Mitigation("messages reach the registry through a broker", dossier.sending.bridged.evidence[:2])


ACCOUNT = Account(assess, mitigations)
