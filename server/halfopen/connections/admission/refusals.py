"""Refusals that do not refuse: a close in a failed check after which the handler goes on."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.credentials import credential_in
from halfopen.connections.admission.facts import Ignored
from halfopen.connections.admission.verification import is_check_name
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import Sockets, socket_method
from halfopen.semantics import tree
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import functions

_ENDS = tree.Return | tree.Raise | tree.Jump


def ignored_refusals(program: Program, root: At[tree.Function], sockets: Sockets) -> tuple[Ignored, ...]:
    """Those of the handler's own code, and helpers of it that close and come back without being asked how it went."""
    return (*_unended(root, sockets), *_unasked(program, root, sockets))


def _unended(root: At[tree.Function], sockets: Sockets) -> Iterator[Ignored]:
    """`if not token: await websocket.close(1008)` without a `return`, with more of the handler after it."""
    for node in own_nodes(root):
        if not isinstance(node, tree.If) or credential_in(node.test) is None:
            continue
        block = node.then
        closes = [each for each in block.statements if _closes(each, sockets)]
        if not closes or any(isinstance(each, _ENDS) for each in block.statements):
            continue
        if node.otherwise is None and _goes_on(root, node, sockets):
            said = Evidence(root.to(node).span, "nothing ends the handler here")
            yield Ignored("the handler goes on after closing", root.to(closes[0]).span, (said,))


def _unasked(program: Program, root: At[tree.Function], sockets: Sockets) -> Iterator[Ignored]:
    """`await authenticate(websocket, token)` as a statement, of a helper that closes and returns."""
    for node in own_nodes(root):
        if not isinstance(node, tree.Do):
            continue
        call = node.value.value if isinstance(node.value, tree.Await) else node.value
        if not isinstance(call, tree.Call) or not sockets.mentions(call):
            continue
        for function in functions(program, root.to(call.callee)):
            name = function.node.name or ""
            if not is_check_name(name):
                continue
            closes = [each for each in own_nodes(function) if socket_method(sockets, each) == "close"]
            raises = [each for each in own_nodes(function) if isinstance(each, tree.Raise)]
            if closes and not raises and _goes_on(root, node, sockets):
                said = Evidence(function.to(closes[0]).span, f"{name} closes here and returns")
                yield Ignored(f"the handler does not ask what {name} found", root.to(call).span, (said,))


def _closes(statement: tree.Node, sockets: Sockets) -> bool:
    return isinstance(statement, tree.Do) and any(
        socket_method(sockets, each) == "close" for each in tree.walk(statement)
    )


def _goes_on(root: At[tree.Function], node: tree.Node, sockets: Sockets) -> bool:
    """Whether code that uses the socket comes after a statement, outside every other branch of it."""
    return any(
        each.start > node.end
        and not isinstance(each, tree.Function)
        and socket_method(sockets, each) is not None
        for each in own_nodes(root)
    )
