"""Requests over HTTP and refreshes of cached queries, told by what a call reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from halfopen.connections.updates.applied import callees
from halfopen.semantics import tree
from halfopen.semantics.names import last_name
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

_CLIENTS = re.compile(r"^(fetch|axios|ky|got|superagent|ofetch|wretch|umi-request|alova)\b|^\$fetch$")
_REFRESH = frozenset(
    {
        "invalidateQueries",
        "refetchQueries",
        "resetQueries",
        "refetch",
        "mutate",
        "revalidate",
        "invalidate",
        "refresh",
    }
)
_CHANGING = frozenset({"put", "post", "patch", "delete"})
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Request:
    """A call that asks the server over HTTP, or refreshes what was asked before. `at` is the innermost call."""

    kind: OneOf["fetch", "refresh"]
    at: At[tree.Call]
    changes: bool
    """Whether its method changes something on the server."""


def request_of(program: Program, call: At[tree.Call]) -> Request | None:
    """What a call asks for by itself."""
    callee = call.node.callee
    last = last_name(callee)
    if last in _REFRESH and not isinstance(call.parent, tree.Argument):
        return Request("refresh", call, False)
    if any(_CLIENTS.match(name) for name in qualified(program, call.to(callee))):
        return Request("fetch", call, last in _CHANGING or _method_changes(call.node))
    return None


def _method_changes(call: tree.Call) -> bool:
    return any(
        isinstance(entry.key, tree.Literal)
        and entry.key.value == "method"
        and isinstance(entry.value, tree.Literal)
        and str(entry.value.value).lower() in _CHANGING
        for argument in call.arguments
        if isinstance(argument.value, tree.Object)
        for entry in argument.value.entries
    )


def requests_in(program: Program, functions: Iterable[At[tree.Function]]) -> Iterator[Request]:
    """The requests that functions make themselves."""
    for function in functions:
        for node in own_nodes(function):
            if isinstance(node, tree.Call):
                found = request_of(program, function.to(node))
                if found is not None:
                    yield found


def reaches_request(program: Program, call: At[tree.Call], depth: int = _DEPTH) -> Request | None:
    """The request that a call makes, directly or through the functions it calls."""
    found = request_of(program, call)
    if found is not None or depth <= 0:
        return found
    for function in callees(program, call):
        for node in own_nodes(function):
            if isinstance(node, tree.Call):
                found = reaches_request(program, function.to(node), depth - 1)
                if found is not None and found.kind == "fetch":
                    return found
    return None
