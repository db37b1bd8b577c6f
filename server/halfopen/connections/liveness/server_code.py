"""An endpoint's code as its liveness is read from it: its sends, its receives, and the functions around them."""

from __future__ import annotations

from dataclasses import dataclass

from halfopen.connections.endpoints import socket_parameter
from halfopen.connections.handler_flow import ITERATORS, RECEIVERS, SENDERS
from halfopen.connections.queued import queued_for
from halfopen.connections.sending.members import members_of
from halfopen.connections.sending.registered import entered_by
from halfopen.connections.server_site import ServerSite, site_key
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.flow import aliases_of_target
from halfopen.semantics.mentions import may_define_member
from halfopen.semantics.names import method_call
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.queries import AnswerToken
from halfopen.semantics.scopes import index_of

_OF_CLASSES = frozenset({"send", "send_json", "write_message"})
_MOST_FUNCTIONS = 200
_DEPTH = 4
_MOST_FILES = 30


@dataclass(frozen=True, slots=True)
class ServerCode:
    """`functions` run for a connection or hold its socket; the calls are those on the socket itself, by method.

    What is put into a queue that a task empties into the socket is a send as well: `outbox.put_nowait(Ping())`.
    """

    program: Program
    functions: tuple[At[tree.Function], ...]
    sends: tuple[At[tree.Call], ...]
    receives: tuple[At[tree.Call], ...]
    closes: frozenset[tree.Node]
    handler: At[tree.Node]

    def function_of(self, at: At[tree.Node]) -> At[tree.Function] | None:
        function = at.index.function_of(at.node)
        return at.to(function) if function is not None else None


def server_code(site: ServerSite) -> ServerCode | None:
    """The code of an endpoint that is a function, or a class of handlers; None for a server made by one call."""

    def compute() -> ServerCode | None:
        site.program.queries.note(AnswerToken(site_key(site.endpoint)))
        return _of_handling(site) if site.handling else _of_class(site)

    return site.program.queries.get(("liveness code", site.endpoint), compute)


def _of_handling(site: ServerSite) -> ServerCode | None:
    handling = site.handling
    if handling is None:
        return None
    program = site.program
    parameter = socket_parameter(program, handling.root)
    held: list[At[tree.Expr]] = []
    if parameter is not None:
        held += aliases_of_target(program, handling.root.to(parameter.target))
    found = {each.node: each for each in handling.reachable}
    calls: list[tuple[str, At[tree.Call]]] = []
    # What a registry holds leads to the same sockets, also through objects around them.
    for entered in entered_by(site):
        if entered.held == "sockets":
            held += [member.at for member in members_of(program, entered.container)]
    for alias in dict.fromkeys(held):
        called = method_call(alias)
        if called is not None:
            calls.append(called)
        function = alias.index.function_of(alias.node)
        if function is not None:
            found.setdefault(function, alias.to(function))
    return _code(program, tuple(found.values()), calls, handling.root)


def _of_class(site: ServerSite) -> ServerCode | None:
    """Channels, WebSocketEndpoint, Tornado: the methods, and what is called on the instance."""
    handler = site.endpoint.handler
    if not isinstance(handler.node, tree.Class):
        return None
    program = site.program
    found: dict[tree.Node, At[tree.Function]] = {}
    level = [
        handler.to(statement.value)
        for statement in handler.node.body.statements
        if isinstance(statement, tree.Assign) and isinstance(statement.value, tree.Function)
    ]
    calls: list[tuple[str, At[tree.Call]]] = []
    own = {each.node for each in level}
    for _ in range(_DEPTH):
        following: list[At[tree.Function]] = []
        for function in level:
            if function.node in found or len(found) > _MOST_FUNCTIONS:
                continue
            found[function.node] = function
            program.queries.note(function.unit)
            for node in own_nodes(function):
                if not isinstance(node, tree.Call):
                    continue
                following += functions(program, function.to(node.callee))
                callee = node.callee
                if (
                    function.node in own
                    and isinstance(callee, tree.Member)
                    and isinstance(callee.object, tree.Name)
                    and callee.object.id == function.node.receiver
                    and (callee.name in _OF_CLASSES or callee.name == "close")
                ):
                    calls.append((callee.name, function.to(node)))
        level = following
    return _code(program, tuple(found.values()), calls, handler)


def _code(
    program: Program,
    found: tuple[At[tree.Function], ...],
    calls: list[tuple[str, At[tree.Call]]],
    handler: At[tree.Node],
) -> ServerCode:
    direct = [call for name, call in calls if name in SENDERS or name in _OF_CLASSES]
    queued = [put for send in direct for put in queued_for(program, send)]
    putting = [
        put.to(function) for put in queued if (function := put.index.function_of(put.node)) is not None
    ]
    running = tuple(dict.fromkeys((*found, *putting)))
    for each in running:
        program.queries.note(each.unit)
    return ServerCode(
        program,
        running,
        tuple(dict.fromkeys((*direct, *queued))),
        tuple(call for name, call in calls if name in RECEIVERS or name in ITERATORS),
        frozenset(call.node for name, call in calls if name == "close"),
        handler,
    )


def method_of(call: At[tree.Call]) -> str:
    callee = call.node.callee
    return callee.name if isinstance(callee, tree.Member) else ""


def called(program: Program, callee: At[tree.Expr]) -> list[At[tree.Function]]:
    """The functions that a callee or a property may be; where its object is not known, the only method of its name."""
    found = functions(program, callee)
    if found or not isinstance(callee.node, tree.Member):
        return found
    name = callee.node.name
    language = callee.unit.language
    key = ("only method named", language, name)
    return program.queries.search(key, lambda: _only_method(program, language, name))


def _only_method(program: Program, language: str, name: str) -> list[At[tree.Function]]:
    found: list[At[tree.Function]] = []
    if program.files_with(name, language) > _MOST_FILES:
        return found
    for module, unit in program.units_with(name, language):
        if not may_define_member(unit, name):
            continue
        for klass in index_of(unit).classes:
            at = At(module.path, unit, klass)
            found += [
                at.to(statement.value)
                for statement in klass.body.statements
                if isinstance(statement, tree.Assign)
                and isinstance(statement.value, tree.Function)
                and statement.value.name == name
            ]
    return found if len(found) == 1 else []
