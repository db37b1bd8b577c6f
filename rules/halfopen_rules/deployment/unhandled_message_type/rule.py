"""WS8G: one side sends a message type that no branch of the other side handles."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from halfopen.audit.finding import Confidence, Finding, Severity
from halfopen.audit.rule import Category, Rule
from halfopen.audit.targets import Targets
from halfopen.connections.dossier import Dossier, Other
from halfopen.connections.facts import Evidence, Known
from halfopen.connections.messages.facts import Messages, MessageType

CODE = "WS8G"
SLUG = "unhandled-message-type"

_COURTESIES = frozenset(
    {
        "ping", "pong", "heartbeat", "heartbeat_ack", "keepalive", "keep_alive", "ack", "ok", "hello", "welcome",
        "connected", "connection", "connection_established", "connection_ack", "ready", "subscribed", "unsubscribed",
        "disconnect", "close", "closing", "goodbye", "bye",
    }
)  # fmt: skip
"""Types that inform at most: leaving them out loses nothing. What a missing pong does is for WS4D."""
_ALIKE = 0.7
"""From this likeness on, two names are taken for one that was changed on one side (difflib's ratio)."""


def check(dossier: Dossier, targets: Targets) -> Iterator[Finding]:
    """One finding for each connection, at the first type that nobody on the other side handles."""
    messages = dossier.messages
    others = [each for each in dossier.surroundings.others if each.dossier.messages is not None]
    if messages is None or not others or not all(_is_known(each) for each in others):
        return
    lost = [
        each
        for each in messages.sent
        if _is_lost(each, others) and not _is_unasked(each, messages.handled, others)
    ]
    if lost:
        yield _finding(
            dossier,
            messages,
            others,
            sorted(lost, key=lambda each: (_twin(each, messages, others) is None, each.refuses)),
        )


def _is_known(other: Other) -> bool:
    """Whether all that a peer handles is known, and nothing else."""
    messages = other.dossier.messages
    return (
        messages is not None
        and isinstance(messages.handles_only, Known)
        and isinstance(messages.handles_rest, Known)
        and not messages.handles_rest.value
    )


def _is_lost(sent: MessageType, others: list[Other]) -> bool:
    if sent.value.lower() in _COURTESIES or sent.is_named_elsewhere:
        return False
    return all(
        any(each.discriminator == sent.discriminator for each in _handled(other))
        and not any(each.value == sent.value for each in _handled(other))
        for other in others
    )


def _is_unasked(sent: MessageType, handled: tuple[MessageType, ...], others: list[Other]) -> bool:
    """Whether a type only answers types that no peer sends: it is never sent itself."""
    known = {each.value for each in handled}
    asked = tuple(each for each in sent.answers if each in known)
    return bool(asked) and not any(_may_send(each, asked) for each in others)


def _may_send(other: Other, values: tuple[str, ...]) -> bool:
    messages, delivery = other.dossier.messages, other.dossier.delivery
    if messages is None or any(each.value in values for each in messages.sent):
        return True
    silent = delivery is not None and not delivery.sends
    return not silent and not isinstance(messages.sends_only, Known)


def _handled(other: Other) -> tuple[MessageType, ...]:
    return other.dossier.messages.handled if other.dossier.messages is not None else ()


def _twin(sent: MessageType, messages: Messages, others: list[Other]) -> MessageType | None:
    """A type that a peer waits for, that is not sent, and that has nearly the same name."""
    known = {each.value for each in messages.sent}
    waiting = [
        each
        for other in others
        for each in _handled(other)
        if each.value not in known and each.discriminator == sent.discriminator
    ]
    likely = max(waiting, key=lambda each: _likeness(sent, each), default=None)
    return likely if likely is not None and _likeness(sent, likely) >= _ALIKE else None


def _likeness(one: MessageType, other: MessageType) -> float:
    return SequenceMatcher(None, one.value, other.value).ratio()


def _finding(dossier: Dossier, messages: Messages, others: list[Other], lost: list[MessageType]) -> Finding:
    first = lost[0]
    twin = _twin(first, messages, others)
    names = ", ".join(f"`{each.value}`" for each in lost[:4]) + (
        f" and {len(lost) - 4} more" if len(lost) > 4 else ""
    )
    peers = " nor ".join(f"`{each.dossier.connection.name}`" for each in others[:3])
    them = "it" if len(lost) == 1 else "them"
    if all(each.is_let_pass for other in others for each in _handled(other)):
        message = f"`{dossier.connection.name}` sends {names}, and no schema of {peers} knows {them}: the other side refuses the message, and what it asks for never happens"
    else:
        message = f"`{dossier.connection.name}` sends {names}, and no branch of {peers} handles {them}: the other side drops the message without a word"
    if first.refuses:
        message += "; only a client that sends what cannot be read would be told"
    if twin is not None:
        message += f"; it waits for `{twin.value}` instead of `{first.value}`, which nobody sends"
    is_certain = all(each.strength == "certain" for each in others)
    return Finding(
        code=CODE,
        slug=SLUG,
        severity=_severity(first, twin),
        confidence=Confidence.HIGH if is_certain and twin is not None else Confidence.MEDIUM,
        span=first.span,
        message=message,
        connection=dossier.connection.id,
        evidence=(
            *((Evidence(twin.span, f"waits for `{twin.value}`"),) if twin is not None else ()),
            *(Evidence(each.span, f"sends `{each.value}`") for each in lost[1:5]),
            *(
                Evidence(
                    handled.span,
                    f"{'lets' if handled.is_let_pass else 'looks for'} `{handled.value}`{' pass' if handled.is_let_pass else ''}",
                )
                for other in others
                for handled in _handled(other)[:3]
            ),
        ),
    )


def _severity(first: MessageType, twin: MessageType | None) -> Severity:
    """MONITOR for the answer to what cannot be read: the peer's own code never sends that."""
    if twin is not None:
        return Severity.HIGH
    return Severity.MONITOR if first.refuses else Severity.MEDIUM


RULE = Rule(
    code=CODE,
    slug=SLUG,
    title="Unhandled message type",
    section="8G Unhandled Message Types",
    category=Category.MESSAGING,
    severity=Severity.MEDIUM,
    effort_hours=(0.25, 1.5),
    check=check,
    monitoring=("messages of unknown type, counted on both sides by type: 0",),
    related=("typescript-eslint:switch-exhaustiveness-check",),
)
