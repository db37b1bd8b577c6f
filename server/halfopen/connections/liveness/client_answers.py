"""How a client answers the heartbeats of a server: the branches of its message handlers on such a word."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import closure_of
from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View
from halfopen.connections.facts import Evidence
from halfopen.connections.liveness.branches import heartbeat_branches
from halfopen.connections.liveness.client_sends import message_handlers, sends_of
from halfopen.connections.liveness.facts import Answer, Message
from halfopen.connections.liveness.payloads import message_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, functions
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
    for node in tree.walk(block.node):
        if isinstance(node, tree.Call) and node in sends:
            return _sent(program, sends[node])
    for node in tree.walk(block.node):
        if isinstance(node, tree.Call):
            send = _send_in(program, functions(program, block.to(node.callee)), sends)
            if send is not None:
                given = _sent(program, block.to(node))
                return given if given.fields else _sent(program, send)
    return None


def _send_in(
    program: Program, called: list[At[tree.Function]], sends: dict[tree.Call, At[tree.Call]]
) -> At[tree.Call] | None:
    for function in closure_of(program, called):
        for node in tree.walk(function.node.body, tree.same_function):
            if isinstance(node, tree.Call) and node in sends:
                return sends[node]
    return None


def answers_everything(program: Program, site: ClientSite, view: View) -> bool:
    """Whether each message makes the client send, whatever it says: no condition stands before that."""
    sends = {each.node for each in sends_of(program, site, view)}
    seen: set[tree.Node] = set()
    waiting = message_handlers(site, view)
    while waiting:
        function = waiting.pop()
        if function.node in seen:
            continue
        seen.add(function.node)
        for node in tree.walk(function.node.body, _is_unconditional):
            if isinstance(node, tree.Call):
                if node in sends:
                    return True
                waiting += callbacks(program, function.to(node.callee))
    return False


def _is_unconditional(node: tree.Node) -> bool:
    return not isinstance(
        node, tree.If | tree.Switch | tree.Conditional | tree.Loop | tree.Handler | tree.Function | tree.Class
    )


def _sent(program: Program, send: At[tree.Call]) -> Message:
    if not send.node.arguments:
        return Message("unknown")
    return message_of(program, send.to(send.node.arguments[0].value))
