"""The `catch` clauses around a client's use of its socket, and what each does with what it stops."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.background.client_code import ClientCode
from halfopen.connections.background.facts import Catch, Guards
from halfopen.connections.caught import Reaction, head_of, is_empty, while_failing
from halfopen.connections.client_view import is_timer
from halfopen.connections.endpoint_code import own_tries
from halfopen.connections.facts import Evidence
from halfopen.connections.liveness.payloads import is_heartbeat_word, message_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At
from halfopen.semantics.qualified_names import qualified
from halfopen.semantics.values import origins

_CONTAINERS = frozenset(
    {
        "get",
        "set",
        "has",
        "delete",
        "add",
        "push",
        "clear",
        "slice",
        "map",
        "filter",
        "forEach",
        "from",
        "keys",
    }
)


def client_catches(code: ClientCode) -> Iterator[Catch]:
    """Every clause around the handling of the socket's events, its sends, its closing and its making."""
    for function in code.everything():
        for statement in own_tries(function):
            guards = _guards(code, function, statement)
            for handler in statement.node.handlers if guards is not None else ():
                assert guards is not None
                clause = statement.to(handler)
                told = guards != "message" and _tells_caller(function, statement, clause)
                yield _catch(guards, clause, while_failing(statement), told)


def _tells_caller(function: At[tree.Function], at: At[tree.Try], clause: At[tree.Handler]) -> bool:
    """Whether a clause answers `false` where the function answers `true` if nothing fails."""
    failed = {
        each.value.value
        for each in clause.node.body.statements
        if isinstance(each, tree.Return)
        and isinstance(each.value, tree.Literal)
        and isinstance(each.value.value, bool)
    }
    done = {
        each.value.value
        for each in tree.walk(function.node.body, tree.same_function)
        if isinstance(each, tree.Return)
        and isinstance(each.value, tree.Literal)
        and isinstance(each.value.value, bool)
        and not clause.node.start <= each.start < clause.node.end
        and each.start >= at.node.start
    }
    return bool(failed) and bool(done - failed)


def _catch(guards: Guards, clause: At[tree.Handler], failing: bool, told: bool) -> Catch:
    program_reaction: Reaction = "answered" if told else "silent" if is_empty(clause) else "kept"
    head = head_of(clause)
    said = "does nothing with it" if program_reaction == "silent" else "deals with it"
    return Catch(
        guards,
        "everything",
        program_reaction,
        "nothing"
        if program_reaction == "silent"
        else " ".join(clause.to(clause.node.body).text.split())[:60],
        False,
        failing,
        head,
        (Evidence(head, f"this clause {said}"),),
    )


def _guards(code: ClientCode, function: At[tree.Function], at: At[tree.Try]) -> Guards | None:
    """What the `try` holds of the socket's business; None where it has nothing to do with it."""
    view = code.view
    body = at.node.body
    nodes = tuple(tree.walk(body, tree.same_function))
    if any(node is view.call.node for node in nodes) or any(
        isinstance(node, tree.Call)
        and view.reach.enters(view.program, at.to(node))
        and not is_timer(view.program, at.to(node))
        for node in nodes
    ):
        return "connect"
    used = {
        word
        for node in nodes
        if isinstance(node, tree.Call)
        and isinstance(node.callee, tree.Member)
        and node.callee.object in view.socket.nodes
        for word in ("send", "close")
        if node.callee.name in getattr(view.socket.interface, word)
    }
    others = [
        node
        for node in nodes
        if isinstance(node, tree.Call)
        and not (isinstance(node.callee, tree.Member) and node.callee.object in view.socket.nodes)
        and _is_business(code, at.to(node))
    ]
    if function in code.runs["message"] and (
        any(_parses_message(code, at.to(node)) for node in nodes)
        or (function in code.handlers["message"] and others and not _only_listeners(code, at, others))
    ):
        return "message" if any(not _parses_message(code, at.to(node)) for node in others) else "parse"
    if used and any(functions(view.program, at.to(node.callee)) for node in others):
        return "other"
    if "send" in used:
        return None if _only_heartbeats(code, at, nodes) else "send"
    if used:
        return "close"
    return None


def _only_heartbeats(code: ClientCode, at: At[tree.Try], nodes: tuple[tree.Node, ...]) -> bool:
    """Whether all that is sent is a heartbeat: the next one, or the close event, tells that it failed."""
    view = code.view
    sent = [
        at.to(node.arguments[0].value)
        for node in nodes
        if isinstance(node, tree.Call)
        and node.arguments
        and isinstance(node.callee, tree.Member)
        and node.callee.object in view.socket.nodes
        and node.callee.name in view.socket.interface.send
    ]
    return bool(sent) and all(
        any(is_heartbeat_word(text) for _, text in message_of(view.program, each).fields) for each in sent
    )


def _is_business(code: ClientCode, call: At[tree.Call]) -> bool:
    """Whether a call does something that may fail: not a container's own method, nor writing JSON."""
    callee = call.node.callee
    if isinstance(callee, tree.Member):
        if callee.name in _CONTAINERS or callee.name == "stringify":
            return False
        return "localStorage" not in call.to(callee).text and "sessionStorage" not in call.to(callee).text
    return True


def _only_listeners(code: ClientCode, at: At[tree.Try], calls: list[tree.Call]) -> bool:
    """Whether the `try` only runs callbacks that others have given: `try { listener(event) } catch {}`."""
    return all(isinstance(node.callee, tree.Name) and _is_given(code, at.to(node.callee)) for node in calls)


def _is_given(code: ClientCode, name: At[tree.Name]) -> bool:
    return any(isinstance(each, ParameterOf) for each in origins(code.view.program, name)) or any(
        each.kind == "element"
        for each in (name.index.bindings[name.node].definitions if name.node in name.index.bindings else ())
    )


def _parses_message(code: ClientCode, at: At[tree.Node]) -> bool:
    """`JSON.parse(...)` of what came in, and not of something stored."""
    node = at.node
    if not isinstance(node, tree.Call) or not node.arguments:
        return False
    callee = node.callee
    if not (isinstance(callee, tree.Member) and callee.name == "parse"):
        return False
    if "JSON.parse" not in qualified(code.view.program, at.to(callee)):
        return False
    text = node.arguments[0].value
    if any(isinstance(each, tree.Member) and each.name == "data" for each in tree.walk(text)):
        return True
    return any(isinstance(each, ParameterOf) for each in origins(code.view.program, at.to(text)))
