"""How a server answers the heartbeats of its clients."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.facts import Evidence
from halfopen.connections.liveness.branches import heartbeat_branches
from halfopen.connections.liveness.facts import Answer, Message
from halfopen.connections.liveness.payloads import is_heartbeat_word, message_of
from halfopen.connections.liveness.server_code import ServerCode, method_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, own_nodes

_DEPTH = 3


def server_answers(code: ServerCode) -> Iterator[Answer]:
    """The branches on heartbeat words, with what each sends back or hands back to be sent."""
    for function in code.functions:
        for words, block in heartbeat_branches(code.program, function):
            reply = _reply(code, block)
            said = f"sends {reply.shown}" if reply is not None else "sends nothing back"
            yield Answer(
                words, reply, block.span, (Evidence(block.span, f"on {' or '.join(words)}: {said}"),)
            )


def _reply(code: ServerCode, block: At[tree.Node]) -> Message | None:
    sends = {each.node: each for each in code.sends}
    unknown: Message | None = None
    for node in tree.walk(block.node, tree.same_function):
        if isinstance(node, tree.Call):
            if node in sends:
                return _message(code, block.to(node))
            if any(_sends(code, each, _DEPTH) for each in functions(code.program, block.to(node.callee))):
                found = _message(code, block.to(node))
                if found.fields:
                    return found
                unknown = found
        elif isinstance(node, tree.Return | tree.Yield) and node.value is not None:
            found = message_of(code.program, block.to(node.value))
            if any(map(is_heartbeat_word, found.words)):
                return found
        elif isinstance(node, tree.Assign) and node.value is not None:
            found = message_of(code.program, block.to(node.value))
            if any(map(is_heartbeat_word, found.words)):
                unknown = found
    return unknown


def _message(code: ServerCode, call: At[tree.Call]) -> Message:
    """The first argument that has something constant in it."""
    for argument in call.node.arguments:
        found = message_of(code.program, call.to(argument.value), method_of(call))
        if found.fields:
            return found
    return Message("json" if "json" in method_of(call) else "unknown")


def _sends(code: ServerCode, function: At[tree.Function], depth: int) -> bool:
    """Whether a function sends on the socket, itself or through those that it calls."""
    calls = {each.node for each in code.sends}
    for node in own_nodes(function):
        if isinstance(node, tree.Call):
            if node in calls:
                return True
            if depth > 0 and any(
                _sends(code, each, depth - 1)
                for each in functions(code.program, function.to(node.callee))
                if each.node is not function.node
            ):
                return True
    return False
