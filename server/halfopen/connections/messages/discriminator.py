"""The field that tells messages apart, and the texts that an expression may give for it."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program
from halfopen.semantics.values import origins

DISCRIMINATORS = (
    "type",
    "event",
    "action",
    "kind",
    "op",
    "msg_type",
    "message_type",
    "command",
    "cmd",
    "method",
)
"""The fields that tell messages apart, the likeliest first."""

_DEPTH = 5
MOST_CALLERS = 60
"""A parameter of a function with more calls is not followed to what they give."""


def literals_of(program: Program, at: At[tree.Expr], depth: int = _DEPTH) -> Iterator[str | None]:
    """The texts that an expression may be, through constants, enumerations and parameters; None for what is not known."""
    if depth == 0:
        yield None
        return
    node = at.node
    if isinstance(node, tree.Member) and node.name == "value":
        inner = list(literals_of(program, at.to(node.object), depth - 1))
        if inner and None not in inner:
            yield from inner
            return
    for origin in origins(program, at):
        if isinstance(origin, ParameterOf) and not origin.steps:
            found = callers(program, origin.function)
            if not found or len(found) > MOST_CALLERS:
                yield None
            for call in found[:MOST_CALLERS]:
                given = argument_of(call.node, origin.function.node, origin.parameter)
                value = given if given is not None else origin.parameter.default
                place = call if given is not None else origin.function
                yield from literals_of(program, place.to(value), depth - 1) if value is not None else (None,)
        elif isinstance(origin, At) and isinstance(origin.node, tree.Literal):
            yield origin.node.value if isinstance(origin.node.value, str) else None
        else:
            yield None
