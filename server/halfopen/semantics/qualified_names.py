"""The dotted names of what stands outside the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from halfopen.semantics import tree
from halfopen.semantics.declared_types import annotation_parts
from halfopen.semantics.origin import Origin, ParameterOf
from halfopen.semantics.program import At, External, Program
from halfopen.semantics.values import origins

_LONGEST_NAME = 12
"""Dots and calls in a qualified name; longer ones name nothing that anyone asks for."""
_MOST_NAMES = 100
"""Qualified names of one expression."""


def qualified(program: Program, at: At[tree.Expr]) -> frozenset[str]:
    """The dotted names of the external things an expression may be.

    "fastapi.WebSocket", "react.useEffect", "WebSocket" (a browser or language builtin). A member of an
    instance of an external class reads "fastapi.FastAPI().websocket"; a parameter annotated with one
    counts as its instance.
    """

    def compute() -> frozenset[str]:
        program.queries.note(at.unit)
        names = (name for origin in origins(program, at) for name in _names_of(program, origin))
        short = (name for name in names if name.count(".") + name.count("(") <= _LONGEST_NAME)
        return frozenset(islice(dict.fromkeys(short), _MOST_NAMES))

    nothing: frozenset[str] = frozenset()
    return program.queries.get_or(("qualified", at.node), compute, nothing)


def _names_of(program: Program, origin: Origin) -> Iterator[str]:
    if isinstance(origin, External):
        yield str(origin)
        return
    if isinstance(origin, ParameterOf):
        for annotation in () if origin.steps else annotation_parts(origin.parameter):
            for name in sorted(qualified(program, origin.function.to(annotation))):
                yield f"{name}()"
        return
    match origin.node:
        case tree.Call(callee=callee):
            for name in sorted(qualified(program, origin.to(callee))):
                yield f"{name}()"
        case tree.Member(object=inner, name=member):
            for name in sorted(qualified(program, origin.to(inner))):
                yield f"{name}.{member}"
        case _:
            return
