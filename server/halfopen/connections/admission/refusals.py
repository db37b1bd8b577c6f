"""Refusals that do not refuse: a close in a failed check after which the handler goes on."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.admission.credentials import credential_in
from halfopen.connections.admission.facts import Ignored
from halfopen.connections.admission.verification import is_check_name
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import RECEIVERS, Sockets, socket_method
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves, may_leave
from halfopen.semantics.program import At, Program, own_nodes


def ignored_refusals(program: Program, root: At[tree.Function], sockets: Sockets) -> tuple[Ignored, ...]:
    """Those of the handler's own code, and helpers of it that close and come back without being asked how it went."""
    return (*_unended(root, sockets), *_unasked(program, root, sockets))


def refuses_by(root: At[tree.Function], call: tree.Call) -> bool:
    """Whether the answer of a call ends the handler for some clients: `if not ask(...): return`, or by its name."""
    names: set[str] = set()
    for parent in root.index.ancestors(call):
        if parent is root.node:
            break
        if isinstance(parent, tree.If) and parent.test.start <= call.start < parent.test.end:
            return may_leave(parent.then, OUT_OF_FUNCTION)
        if isinstance(parent, tree.Assign):
            names |= {each.id for each in parent.targets if isinstance(each, tree.Name)}
    return any(
        isinstance(node, tree.If)
        and node.start > call.end
        and may_leave(node.then, OUT_OF_FUNCTION)
        and any(isinstance(each, tree.Name) and each.id in names for each in tree.walk(node.test))
        for node in own_nodes(root)
    )


def _unended(root: At[tree.Function], sockets: Sockets) -> Iterator[Ignored]:
    """`if not token: await websocket.close(1008)` without a `return`, with more of the handler after it.

    Or `except NotFound: await websocket.close(4404)` before the client is served at all.
    """
    for node in own_nodes(root):
        match node:
            case tree.If(test=test, then=block, otherwise=None) if credential_in(test) is not None:
                after: tree.Node = node
            case tree.Handler(body=block):
                guarded = root.index.parents.get(node)
                if not isinstance(guarded, tree.Try) or _serves(root, guarded, sockets):
                    continue
                after = guarded
            case _:
                continue
        closes = [each for each in block.statements if _closes(each, sockets)]
        if not closes or leaves(block):
            continue
        if _goes_on(root, after, sockets):
            said = Evidence(root.to(node).span, "nothing ends the handler here")
            yield Ignored("the handler goes on after closing", root.to(closes[0]).span, (said,))


def _serves(root: At[tree.Function], guarded: tree.Try, sockets: Sockets) -> bool:
    """Whether a `try` stands in a loop, or receives from the client: its clauses close what was served."""
    if any(isinstance(each, tree.Loop) for each in root.index.ancestors(guarded)):
        return True
    return any(
        isinstance(each, tree.Loop) or socket_method(sockets, each) in RECEIVERS
        for each in tree.walk(guarded.body, tree.same_function)
    )


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
        and (
            socket_method(sockets, each) is not None
            or (
                isinstance(each, tree.Await)
                and isinstance(each.value, tree.Call)
                and any(sockets.is_socket(argument.value) for argument in each.value.arguments)
            )
        )
        for each in own_nodes(root)
    )
