"""How a client answers the heartbeats of a server: the branches of its message handlers on such a word."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import closure_of
from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.liveness.branches import heartbeat_branches
from halfopen.connections.liveness.client_sends import sends_of
from halfopen.connections.liveness.facts import Answer, Message
from halfopen.connections.liveness.payloads import message_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program


def client_answers(
    program: Program, site: ClientSite, view: View, messages: list[At[tree.Function]]
) -> Iterator[Answer]:
    """The branches on heartbeat words, with what each sends back."""
    sends = {each.node: each for each in sends_of(program, site, view)}
    for function in messages:
        for words, block in heartbeat_branches(program, function):
            reply = _reply(program, block, sends)
            said = f"sends {reply.shown}" if reply is not None else "sends nothing back"
            place = block.span
            yield Answer(words, reply, place, (Evidence(place, f"on {' or '.join(words)}: {said}"),))


def _reply(program: Program, block: At[tree.Node], sends: dict[tree.Call, At[tree.Call]]) -> Message | None:
    """The first message that a branch sends, itself or through the functions that it calls."""
    called: list[At[tree.Function]] = []
    for node in tree.walk(block.node):
        if isinstance(node, tree.Call):
            if node in sends:
                return _sent(program, sends[node])
            called += functions(program, block.to(node.callee))
    for function in closure_of(program, called):
        for node in tree.walk(function.node.body, tree.same_function):
            if isinstance(node, tree.Call) and node in sends:
                return _sent(program, sends[node])
    return None


def _sent(program: Program, send: At[tree.Call]) -> Message:
    if not send.node.arguments:
        return Message("unknown")
    return message_of(program, send.to(send.node.arguments[0].value))
