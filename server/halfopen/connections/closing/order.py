"""Whether a place in an endpoint's code comes before the connection is accepted."""

from __future__ import annotations

from typing import TypeAlias

from halfopen.connections.facts import Fact, Known, Unknown
from halfopen.connections.handler_flow import socket_method
from halfopen.connections.handling import Handling
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, own_nodes

Chain: TypeAlias = tuple[tuple[tree.Node, tree.Node], ...]
"""How a place is reached from the endpoint: in each function the call that leads on, in the last the place itself."""


def accept_chains(handling: Handling) -> list[Chain]:
    """Every place that accepts the connection."""
    return [
        chain
        for function in handling.reachable
        for node in own_nodes(function)
        if socket_method(handling.sockets, node) == "accept"
        for chain in [chain_of(handling, function, node)]
        if chain is not None
    ]


def chain_of(handling: Handling, function: At[tree.Function], node: tree.Node) -> Chain | None:
    """How a node of a function is reached from the endpoint; None where only a dependency runs it."""
    parents = handling.program.queries.get(("calls of", handling.reachable), lambda: _parents(handling))
    chain: list[tuple[tree.Node, tree.Node]] = [(function.node, node)]
    while chain[0][0] is not handling.root.node:
        known = parents.get(chain[0][0])
        if known is None or len(chain) > 8:
            return None
        chain.insert(0, known)
    return tuple(chain)


def _parents(handling: Handling) -> dict[tree.Node, tuple[tree.Node, tree.Node]]:
    """By function the first caller met, with its call."""
    found: dict[tree.Node, tuple[tree.Node, tree.Node]] = {}
    for function in handling.reachable:
        for node in own_nodes(function):
            if isinstance(node, tree.Call):
                for callee in functions(handling.program, function.to(node.callee)):
                    if callee.node is not handling.root.node:
                        found.setdefault(callee.node, (function.node, node))
    return found


def is_before(chain: Chain | None, accepts: list[Chain]) -> Fact[bool]:
    """Whether a place is reached before any accept; what a dependency runs always is."""
    if chain is None:
        return Known(True)
    if not accepts:
        return Unknown("where the connection is accepted")
    return Known(all(_precedes(chain, each) for each in accepts))


def _precedes(one: Chain, two: Chain) -> bool:
    for (function, here), (other, there) in zip(one, two, strict=False):
        if function is not other:
            return False
        if here is not there:
            return here.start < there.start
    return False


__all__ = ["accept_chains", "chain_of", "is_before"]
