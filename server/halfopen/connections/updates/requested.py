"""The requests that a message makes the page send: to change what it was told of, or to ask for it anew."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.updates.applied import callees, runs
from halfopen.connections.updates.facts import Echo
from halfopen.connections.updates.requests import Request, requests_in
from halfopen.semantics import tree
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.unit import Span
from halfopen.semantics.values import origins


def echoes(
    program: Program, roots: list[At[tree.Function]], running: list[At[tree.Function]]
) -> Iterator[Echo]:
    """The requests that change something, made because a message came: `running` is what its handlers, the `roots`, run."""
    seen: set[tree.Node] = set()
    for function in running:
        for request in requests_in(program, [function]):
            if request.at.node in seen or not _writes_what_came(program, request):
                continue
            if request.kind == "fetch" and request.changes:
                seen.add(request.at.node)
                place = _called_from(program, roots, request.at)
                yield Echo(
                    place, request.at.span, (Evidence(request.at.span, "changes it on the server again"),)
                )


def refetches(
    program: Program, roots: list[At[tree.Function]], running: list[At[tree.Function]]
) -> Iterator[Evidence]:
    """The requests for data that a message makes the page send."""
    for request in requests_in(program, running):
        if not request.changes:
            yield Evidence(
                _called_from(program, roots, request.at), "a message makes the page ask for it anew"
            )


def _writes_what_came(program: Program, request: Request) -> bool:
    """Whether a request is made of what its function was given: a token that is renewed on the way is not."""
    return any(
        isinstance(origin, ParameterOf)
        for argument in request.at.node.arguments
        for node in tree.walk(argument.value)
        if isinstance(node, tree.Name)
        for origin in origins(program, request.at.to(node))
    )


def _called_from(program: Program, roots: list[At[tree.Function]], request: At[tree.Call]) -> Span:
    """The call in the handler's own code that leads to a request."""
    for root in roots:
        for function in runs(program, [root])[:6]:
            for node in own_nodes(function):
                if not isinstance(node, tree.Call):
                    continue
                reached = runs(program, callees(program, function.to(node)))
                if function.unit is root.unit and any(
                    request.node.start >= each.node.start
                    and request.node.end <= each.node.end
                    and request.unit is each.unit
                    for each in reached
                ):
                    deeper = any(
                        each.unit is root.unit and each.node is not function.node for each in reached
                    )
                    if not deeper:
                        return function.to(node).span
    return request.span
