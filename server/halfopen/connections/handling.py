"""An endpoint with its socket and the functions that run for it, and what ways out of it amount to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from halfopen.connections.dossier import Leak
from halfopen.connections.endpoints import socket_parameter
from halfopen.connections.facts import Evidence
from halfopen.connections.handler_flow import (
    DISCONNECT,
    RECEIVERS,
    Sockets,
    caught_kinds,
    iterates_messages,
    socket_method,
)
from halfopen.semantics import tree
from halfopen.semantics.call_graph import called, functions
from halfopen.semantics.control import Exit
from halfopen.semantics.flow import aliases, aliases_of_target
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.qualified_names import qualified

_RECEIVERS = RECEIVERS | {"recv"}
DEPTH = 5
_MOST_FUNCTIONS = 150


@dataclass(frozen=True, slots=True)
class Handling:
    """An endpoint with its socket's expressions and the functions that run for it."""

    program: Program
    root: At[tree.Function]
    sockets: Sockets
    reachable: tuple[At[tree.Function], ...]
    name: str

    def queues(self) -> frozenset[tree.Node]:
        """The expressions that are a queue made for this connection."""
        key = ("queues of", self.reachable)
        return self.program.queries.get(key, lambda: frozenset(_queues(self)))

    def function_at(self, node: tree.Node) -> At[tree.Function] | None:
        return next((each for each in self.reachable if each.node is node), None)


def _queues(handling: Handling) -> Iterator[tree.Node]:
    for function in handling.reachable:
        for node in own_nodes(function):
            if isinstance(node, tree.Call) and "asyncio.Queue" in qualified(
                handling.program, function.to(node.callee)
            ):
                for alias in aliases(handling.program, function.to(node)):
                    yield alias.node


def handling_for(program: Program, function: At[tree.Function], name: str) -> Handling:
    nodes: set[tree.Node] = set()
    parameter = socket_parameter(program, function)
    if parameter is not None:
        nodes = {each.node for each in aliases_of_target(program, function.to(parameter.target))}
    sockets = Sockets(frozenset(nodes))
    return Handling(program, function, sockets, tuple(_reachable(program, function, sockets)), name)


def _reachable(program: Program, root: At[tree.Function], sockets: Sockets) -> Iterator[At[tree.Function]]:
    """The endpoint and the workspace functions it calls or starts, nearest first.

    Beyond the endpoint's own helpers only functions that have the socket in hand are followed further:
    the rest is the application's work, not the connection's.
    """
    seen: set[tree.Node] = {root.node}
    level: list[At[tree.Function]] = [root]
    for depth in range(DEPTH):
        next_level: list[At[tree.Function]] = []
        for function in level:
            yield function
            program.queries.note(function.unit)
            if len(seen) > _MOST_FUNCTIONS or (depth > 1 and not _goes_on(function, sockets)):
                continue
            for node in tree.walk(function.node.body):
                if isinstance(node, tree.Call):
                    for callee in called(program, function.to(node.callee)):
                        if callee.node not in seen:
                            seen.add(callee.node)
                            next_level.append(callee)
        level = next_level


def _goes_on(function: At[tree.Function], sockets: Sockets) -> bool:
    """Whether what a function calls still belongs to the connection: it has the socket, or wraps what has."""
    return sockets.mentions(function.node.body) or function.index.function_of(function.node) is not None


def statement_of(function: At[tree.Function], node: tree.Node) -> tree.Node | None:
    """The statement of the function's own top block that contains a node."""
    for statement in function.node.body.statements:
        if statement.start <= node.start and node.end <= statement.end:
            return statement
    return None


def leaks_of_exits(
    handling: Handling, exits: list[Exit], releases: Callable[[tree.Node], bool], state: str
) -> Iterator[Leak]:
    """The leaks that a list of held exits amounts to, the gravest alone. `releases` says of a node whether it lets go."""
    root = handling.root

    def evidence(each: Exit, text: str) -> tuple[Evidence, ...]:
        return (Evidence(root.to(each.node).span, text),)

    disconnects = [each for each in exits if each.kind == "exception" and each.raises == "disconnect"]
    errors = [each for each in exits if each.kind == "exception" and each.raises == "error"]
    receiving = [each for each in disconnects if _receives(handling, each.node)]
    if receiving:
        yield Leak(
            "on-disconnect",
            evidence(receiving[0], f"a disconnect raised here leaves the handler while it {state}"),
        )
    elif any(each.kind in ("end", "return") for each in exits):
        shadowed = _shadowed_release(handling, releases)
        if shadowed is not None:
            broad, narrow = shadowed
            yield Leak(
                "shadowed",
                (
                    Evidence(root.to(broad).span, f"takes every disconnect, while it {state}"),
                    Evidence(root.to(narrow).span, "lets go of it, and is never reached behind that clause"),
                ),
            )
            return
        first = next(each for each in exits if each.kind in ("end", "return"))
        last = _last_of(root.node.body) if first.kind == "end" else first.node
        yield Leak("unreached", (Evidence(root.to(last).span, f"the handler ends here while it {state}"),))
    elif any(map(_awaits_task, (disconnects or errors)[:1])):
        first = (disconnects or errors)[0]
        text = f"raises what the task has failed with, and leaves the handler while it {state}"
        yield Leak("awaited", evidence(first, text))
    elif disconnects:
        yield Leak(
            "on-send",
            evidence(disconnects[0], f"a client that leaves during this ends the handler while it {state}"),
        )
    elif errors:
        covered = _is_covered(handling, errors[0].node)
        why = _why_receiving_fails(handling, errors[0].node)
        yield Leak(
            "on-error" if covered else "uncovered",
            evidence(errors[0], f"an error raised here{why} leaves the handler while it {state}"),
        )


def _awaits_task(leaving: Exit) -> bool:
    return isinstance(leaving.node, tree.Await) and isinstance(leaving.node.value, tree.Name)


def _is_covered(handling: Handling, node: tree.Node) -> bool:
    """Whether a clause of the handler catches a disconnect that is raised at a node."""
    inner = node
    for ancestor in handling.root.index.ancestors(node):
        if isinstance(ancestor, tree.Try) and inner is ancestor.body:
            for clause in ancestor.handlers:
                if caught_kinds(handling.program, handling.root.to(clause)) & (DISCONNECT | {"*"}):
                    return True
        inner = ancestor
    return False


def _shadowed_release(
    handling: Handling, releases: Callable[[tree.Node], bool]
) -> tuple[tree.Handler, tree.Handler] | None:
    """A clause for disconnects that lets go behind a broader one that does not: Python takes the first that fits."""
    for node in own_nodes(handling.root):
        broad: tree.Handler | None = None
        for clause in node.handlers if isinstance(node, tree.Try) else ():
            kinds = caught_kinds(handling.program, handling.root.to(clause))
            lets_go = any(releases(each) for each in tree.walk(clause.body))
            if broad is not None and kinds == DISCONNECT and lets_go:
                return broad, clause
            if broad is None and "*" in kinds and not lets_go:
                broad = clause
    return None


def _last_of(block: tree.Block) -> tree.Node:
    """What a block does last, within a `finally` where it ends with one."""
    if not block.statements:
        return block
    last = block.statements[-1]
    return _last_of(last.final) if isinstance(last, tree.Try) and last.final is not None else last


_FAILING: Mapping[str, str] = {
    "receive_json": " (a binary frame, bad JSON)",
    "receive_text": " (a binary frame)",
    "receive_bytes": " (a text frame)",
}
"""What a client may send that makes a receive fail, in Starlette."""


def _why_receiving_fails(handling: Handling, node: tree.Node) -> str:
    methods = {method for method in _receiving_methods(handling, node) if method in _FAILING}
    return _FAILING[min(methods)] if methods else ""


def _receives(handling: Handling, node: tree.Node) -> bool:
    """Whether the client's leaving is normally noticed here: at a receive, directly or in a called function."""
    return iterates_messages(handling.sockets, node) or any(True for _ in _receiving_methods(handling, node))


def _receiving_methods(handling: Handling, node: tree.Node) -> Iterator[str]:
    for each in tree.walk(node):
        method = socket_method(handling.sockets, each)
        if method in _RECEIVERS:
            yield method
        if isinstance(each, tree.Call):
            for callee in functions(handling.program, handling.root.to(each.callee)):
                for inner in tree.walk(callee.node.body):
                    method = socket_method(handling.sockets, inner)
                    if method in _RECEIVERS:
                        yield method
