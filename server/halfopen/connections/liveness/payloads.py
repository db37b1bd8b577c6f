"""What a send carries, as far as the code fixes it: its format, and the constant texts in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from halfopen.connections.liveness.facts import Message
from halfopen.connections.messages.declared import type_when_made
from halfopen.connections.strings import texts_of
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

_ENCODERS = frozenset({"stringify", "dumps", "encode", "packb"})
_UNWRAPPED = frozenset({"decode", "model_dump", "model_dump_json", "dict", "json", "encode"})
_PING = re.compile(
    r"^(.*[^a-z])?(ping|heart_?beat|keep[-_ ]?alive|hb|pong|alive|noop|hello_?ping|probe)([^a-z].*)?$",
    re.IGNORECASE,
)
_MOST_FIELDS = 6


def is_heartbeat_word(text: str) -> bool:
    """Whether a constant text is what heartbeats are called: "ping", "heartbeat", "PONG", "keep-alive"."""
    return len(text) <= 40 and _PING.match(text) is not None


def is_heartbeat_name(name: str | None) -> bool:
    """Whether a function or variable is named after a heartbeat: `startHeartbeat`, `sendPing`, `ping_loop`."""
    if not name:
        return False
    if re.search(r"heart_?beat|keep_?alive", name, re.IGNORECASE):
        return True
    return bool(re.search(r"(^|_)p[io]ng(?![a-z])|P[io]ng(?![a-z])|(^|_)P[IO]NG(_|$)", name))


def message_of(program: Program, at: At[tree.Expr], method: str = "") -> Message:
    """The message that an expression gives to `send`; `method` tells where the call itself encodes (`send_json`)."""
    if method in ("send_json", "sendJsonMessage", "sendJson"):
        return _object_message(program, at) or Message("json")
    unwrapped = _unwrapped(program, at)
    if unwrapped is not None:
        return _object_message(program, unwrapped) or Message("json")
    found = _object_message(program, at)
    if found is not None:
        return found
    for text in texts_of(program, at).texts:
        if len(text) == 1 and isinstance(text[0], str):
            return _text_message(text[0])
    return Message("unknown")


def _text_message(text: str) -> Message:
    """A constant text, which may be JSON written by hand."""
    if text[:1] == "{":
        try:
            value = json.loads(text)
        except ValueError:
            return Message("text", (("", text[:60]),))
        fields = tuple((key, each) for key, each in value.items() if isinstance(each, str))
        return Message("json", fields[:_MOST_FIELDS])
    return Message("text", (("", text[:60]),))


def _unwrapped(program: Program, at: At[tree.Expr]) -> At[tree.Expr] | None:
    """What `JSON.stringify(x)`, `json.dumps(x)`, `orjson.dumps(x).decode()` encode."""
    for origin in (at, *origins(program, at)):
        if not isinstance(origin, At) or not isinstance(origin.node, tree.Call):
            continue
        call = origin.node
        callee = call.callee
        if not isinstance(callee, tree.Member | tree.Name):
            continue
        name = callee.name if isinstance(callee, tree.Member) else callee.id
        if name in _ENCODERS and call.arguments:
            return origin.to(call.arguments[0].value)
        if name in _UNWRAPPED and isinstance(callee, tree.Member) and not call.arguments:
            inner = _unwrapped(program, origin.to(callee.object))
            return inner if inner is not None else origin.to(callee.object) if "json" in name else None
    return None


def _object_message(program: Program, at: At[tree.Expr]) -> Message | None:
    """The constant texts of a dict or an object literal, or of a model: its keyword arguments and its type."""
    for origin in (at, *origins(program, at)):
        if not isinstance(origin, At):
            continue
        match origin.node:
            case tree.Object(entries=entries):
                fields = tuple(_fields(program, origin, entries))
                return Message("json", fields[:_MOST_FIELDS])
            case tree.Call(callee=callee, arguments=arguments) if _makes_record(callee):
                pairs = ((each.name or "", origin.to(each.value)) for each in arguments if each.name)
                given = {name: text for name, value in pairs for text in constant_texts(program, value)[:1]}
                fields = tuple((dict(_fields_when_made(program, origin.to(callee))) | given).items())
                if arguments or fields:
                    return Message("json", fields[:_MOST_FIELDS])
            case _:
                pass
    return None


def _fields_when_made(program: Program, callee: At[tree.Expr]) -> Iterator[tuple[str, str]]:
    """The type that a model's own default gives its messages."""
    for origin in origins(program, callee):
        if isinstance(origin, At) and isinstance(origin.node, tree.Class):
            made = type_when_made(program, origin.to(origin.node))
            if made is not None:
                yield made.discriminator, made.value


def _makes_record(callee: tree.Expr) -> bool:
    """Whether a call makes a model or a dict of its keyword arguments, told by the name's capital."""
    name = last_name(callee)
    return name[:1].isupper() or name == "dict"


def _fields(
    program: Program, at: At[tree.Expr], entries: tuple[tree.Entry, ...]
) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str):
            for text in constant_texts(program, at.to(entry.value))[:1]:
                yield entry.key.value, text


def constant_texts(program: Program, at: At[tree.Expr]) -> list[str]:
    """The texts that an expression is, where it is fixed."""
    if not isinstance(at.node, tree.Literal | tree.Name | tree.Member):
        return []
    if isinstance(at.node, tree.Literal) and not isinstance(at.node.value, str):
        return []
    if isinstance(at.node, tree.Member) and at.node.name == "value":
        return (
            constant_texts(program, at.to(at.node.object)) if isinstance(at.node.object, tree.Member) else []
        )
    return [
        text[0]
        for text in texts_of(program, at).texts
        if len(text) == 1 and isinstance(text[0], str) and len(text[0]) <= 60
    ]
