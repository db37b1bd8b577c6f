"""What a message is for, told by the type that it carries."""

from __future__ import annotations

import re

from halfopen.connections.delivery.facts import Purpose
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_TYPE_KEYS = ("type", "action", "event", "kind", "op", "cmd", "command", "method", "t")
_ID_KEYS = re.compile(
    r"^(id|_id|uuid|nonce|seq|(message|msg|request|req|client|client_message|correlation|idempotency|temp)_?(id|key))$",
    re.IGNORECASE,
)
_HEARTBEAT = re.compile(r"^(ping|pong|heart_?beat|hb|keep_?alive)\b", re.IGNORECASE)
_SUBSCRIPTION = re.compile(
    r"(^|[^a-z])(un)?subscri|^(join|leave|watch|unwatch|listen|follow|unfollow)([^a-z]|$)", re.IGNORECASE
)
_AUTHENTICATION = re.compile(r"^(auth|login|token|connection_init|hello|identify)", re.IGNORECASE)
_GREETING = re.compile(
    r"(^|[^a-z])(connect(ed|ion)?|ready|auth\w*|welcome|hello|init\w*|session|established|open|reconnect(ed)?)",
    re.IGNORECASE,
)
_PRESENCE = re.compile(
    r"(^|[^a-z]|(?-i:[a-z](?=[A-Z])))(typing|cursor|presence|mouse|resize|viewport|ack|seen)", re.IGNORECASE
)


def payload_of(program: Program, argument: At[tree.Expr]) -> At[tree.Expr]:
    """What is sent, out of its encoding: `JSON.stringify(x)` sends x."""
    node = argument.node
    if isinstance(node, tree.Call) and node.arguments:
        callee = node.callee
        if isinstance(callee, tree.Member) and callee.name in ("stringify", "encode", "serialize"):
            return payload_of(program, argument.to(node.arguments[0].value))
    if isinstance(node, tree.Name):
        found = [each for each in origins(program, argument) if isinstance(each, At)]
        if len(found) == 1 and isinstance(
            found[0].node, tree.Call | tree.Object | tree.Template | tree.Literal
        ):
            inner = found[0]
            if isinstance(inner.node, tree.Call):
                unwrapped = payload_of(program, inner)
                return unwrapped if unwrapped.node is not inner.node else argument
            return inner
    return argument


def type_of(program: Program, payload: At[tree.Expr]) -> str | None:
    """The type that a message carries: the literal of its `type`, `action` or `event`, or its leading word."""
    node = payload.node
    match node:
        case tree.Literal(value=str(text)):
            return text.split(maxsplit=1)[0] if text.split() else text
        case tree.Template(parts=(str(text), *_)) if text.split():
            word = text.split(maxsplit=1)[0]
            return word if re.fullmatch(r"[\w.:/-]+", word) else None
        case tree.Object(entries=entries):
            for key in _TYPE_KEYS:
                for entry in entries:
                    if isinstance(entry.key, tree.Literal) and entry.key.value == key:
                        for origin in origins(program, payload.to(entry.value)):
                            if (
                                isinstance(origin, At)
                                and isinstance(origin.node, tree.Literal)
                                and isinstance(origin.node.value, str)
                            ):
                                return origin.node.value
        case _:
            pass
    return None


def carries_id(payload: At[tree.Expr]) -> bool:
    """Whether a message has an id of its own, by which a copy of it can be told from it."""
    return isinstance(payload.node, tree.Object) and any(
        isinstance(entry.key, tree.Literal)
        and isinstance(entry.key.value, str)
        and _ID_KEYS.match(entry.key.value) is not None
        for entry in payload.node.entries
    )


def purpose_of(message: str | None) -> Purpose:
    """What a message of a type is for; what cannot be told is a command."""
    if message is None:
        return "command"
    kinds: tuple[tuple[re.Pattern[str], Purpose], ...] = (
        (_HEARTBEAT, "heartbeat"),
        (_SUBSCRIPTION, "subscription"),
        (_AUTHENTICATION, "authentication"),
        (_PRESENCE, "presence"),
    )
    for pattern, purpose in kinds:
        if pattern.search(message):
            return purpose
    return "command"


def greets(message: str) -> bool:
    """Whether a server says with a message of that type that the connection is there."""
    return _GREETING.search(message) is not None


def begins(message: str) -> bool:
    """Whether a message of that type is among the first on a new connection: a greeting, the answer to the first ping."""
    return greets(message) or _HEARTBEAT.search(message) is not None
