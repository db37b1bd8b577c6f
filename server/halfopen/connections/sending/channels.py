"""Which channels of a broker a listener takes messages from, and whether what is published can reach them."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.strings import texts_of
from halfopen.connections.texts import Text
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.scopes import index_of
from halfopen.semantics.values import origins

_SUBSCRIBING = frozenset({"subscribe", "psubscribe", "ssubscribe", "add_listener"})


def subscribed(program: Program, function: At[tree.Function]) -> tuple[Text, ...]:
    """The channels that a listener subscribes to, or else its class or file; none where the code does not tell."""
    own = [node for node in own_nodes(function) if isinstance(node, tree.Call)]
    calls = [node for node in own if _subscribes(node)]
    calls = calls or [node for node in index_of(function.unit).calls if _subscribes(node)]
    found: list[Text] = []
    for call in calls:
        for argument in call.arguments:
            if argument.name is None:
                found += _channels(program, function.to(argument.value))
    return tuple(found)


def _subscribes(call: tree.Call) -> bool:
    return isinstance(call.callee, tree.Member) and call.callee.name in _SUBSCRIBING and bool(call.arguments)


def _channels(program: Program, at: At[tree.Expr]) -> Iterator[Text]:
    if isinstance(at.node, tree.Spread):
        for origin in origins(program, at.to(at.node.value)):
            if isinstance(origin, At) and isinstance(origin.node, tree.Sequence):
                for item in origin.node.items:
                    yield from texts_of(program, origin.to(item)).texts
            else:
                yield ()
        return
    yield from texts_of(program, at).texts


def reaches(program: Program, call: At[tree.Call], channels: tuple[Text, ...]) -> bool:
    """Whether what a call publishes may come on one of the channels."""
    if not channels or not call.node.arguments:
        return True
    published = texts_of(program, call.to(call.node.arguments[0].value)).texts
    return any(_may_be_same(one, other) for one in published for other in channels)


def _may_be_same(one: Text, other: Text) -> bool:
    """Whether two texts with gaps may be the same text, by what they begin and end with."""
    first, second = _ends(one), _ends(other)
    return all(
        left.startswith(right) or right.startswith(left)
        for left, right in ((first[0], second[0]), (first[1], second[1]))
    ) and (not (first[2] and second[2]) or first[0] == second[0])


def _ends(text: Text) -> tuple[str, str, bool]:
    """What a text begins with, what it ends with read backwards, and whether that is all of it.

    `*` is the wildcard of `psubscribe`.
    """
    head = text[0] if text and isinstance(text[0], str) else ""
    tail = text[-1] if text and isinstance(text[-1], str) else ""
    whole = len(text) == 1 and isinstance(text[0], str) and "*" not in text[0]
    return head.partition("*")[0], tail.rpartition("*")[2][::-1], whole
