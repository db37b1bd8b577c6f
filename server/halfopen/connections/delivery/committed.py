"""Whether the function that sends a message also asks the server over HTTP for what the message says."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.delivery.guards import STRENGTH, Guards
from halfopen.connections.delivery.purpose import payload_of
from halfopen.connections.updates.requests import reaches_request
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, own_nodes

_CONVERSIONS = frozenset({"JSON", "String", "Number", "Boolean", "Date", "Math", "Object", "Array"})
_SHORTEST_TYPE = 4
_DEPTH = 2


def is_committed_by_request(
    guards: Guards, call: At[tree.Call], message: At[tree.Expr] | None, kind: str | None
) -> bool:
    """Whether a request that changes something, and is made open socket or not, carries the same as a message.

    It does where it is made of a value that the message is made of, or asks for an address that names the message's type.
    """
    around = call.index.function_of(call.node)
    if around is None or message is None:
        return False
    said = frozenset(_values_in(payload_of(guards.program, message).node))
    function = call.to(around)
    return any(
        isinstance(node, tree.Call)
        and node is not call.node
        and (said.intersection(_given(node)) or _names_type(node, kind))
        and _changes_something(guards, function.to(node))
        and STRENGTH[guards.of(function.to(node), function, frozenset()).guard] <= STRENGTH["present"]
        for node in own_nodes(function)
    )


def _changes_something(guards: Guards, call: At[tree.Call]) -> bool:
    request = reaches_request(guards.program, call, _DEPTH)
    return request is not None and request.kind == "fetch" and request.changes


def _given(call: tree.Call) -> Iterator[str]:
    for argument in call.arguments:
        yield from _values_in(argument.value)


def _values_in(node: tree.Node) -> Iterator[str]:
    """The variables that a value is made of, without what converts it."""
    return (
        each.id for each in tree.walk(node) if isinstance(each, tree.Name) and each.id not in _CONVERSIONS
    )


def _names_type(call: tree.Call, kind: str | None) -> bool:
    """Whether a request's address, or what is called for it, has the message's type as a word: `/chat/cancel/${id}`."""
    if kind is None or len(kind) < _SHORTEST_TYPE:
        return False
    word = kind.lower()
    if (last_name(call.callee) or "").lower().startswith(word):
        return True
    return any(
        word in text.lower().split("/")
        for argument in call.arguments[:1]
        for each in tree.walk(argument.value)
        for text in _texts(each)
    )


def _texts(node: tree.Node) -> Iterator[str]:
    match node:
        case tree.Literal(value=str(text)):
            yield text
        case tree.Template(parts=parts):
            yield from (part for part in parts if isinstance(part, str))
        case _:
            pass
