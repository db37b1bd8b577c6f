"""What a client makes of the end of its connection, and the codes that it ends it with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from halfopen.connections.client_release import closure_of, statements_of
from halfopen.connections.client_site import ClientSite
from halfopen.connections.client_view import View, is_timer
from halfopen.connections.closing.facts import Close, Closing, Why
from halfopen.connections.closing.python_client import codes_asked
from halfopen.connections.facts import Evidence, Fact, Known, Unknown
from halfopen.connections.library_clients import LibraryClient, argument, option
from halfopen.connections.reconnection.conditions import conditions_on, is_code
from halfopen.connections.reconnection.given import handlers_given
from halfopen.connections.reconnection.numbers import number_of
from halfopen.connections.shipped import is_shipped
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, callers, functions
from halfopen.semantics.function_shape import argument_of
from halfopen.semantics.names import method_call
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, Program, own_nodes
from halfopen.semantics.values import origins

_REFUSAL = re.compile(r"auth|invalid|forbid|denied|fatal|permanent|reject|refus|expired", re.IGNORECASE)
_LIBRARY_HANDLERS = ("shouldReconnect", "onClose", "shouldRetry", "shouldReconnectOnClose", "retryOnError")
_NO_CODE = 1005
"""What a browser's `close()` without a code leads to."""
_DEEPEST_CODE = 3


def closing_of_client(site: ClientSite) -> Closing:
    """The facts of one client."""
    if site.is_python:
        return Closing(told_apart=tuple(dict.fromkeys(codes_asked(site.program, site.call))))
    if site.view is None:
        return Closing()
    view = site.view
    handlers = view.socket.handlers(site.program, view.held, "close")
    if site.made_with is not None:
        handlers += _given_to_library(site.program, site.made_with)
    closure = _told(site.program, handlers)
    told = tuple(dict.fromkeys(_codes(site.program, closure)))
    return Closing(
        tuple(_closes(view)),
        _asks(site.program, handlers, closure),
        told,
        _in_band(view, closure),
    )


def _given_to_library(program: Program, made: LibraryClient) -> list[At[tree.Function]]:
    """The functions among a library's options that are told of a close."""
    position = made.constructor.options_argument
    options = argument(made.client.call, position) if position is not None else None
    if options is None:
        return []
    given = [option(program, options, name) for name in _LIBRARY_HANDLERS]
    return [each for at in given if at is not None for each in functions(program, at)]


def _told(program: Program, handlers: list[At[tree.Function]]) -> list[At[tree.Function]]:
    """What runs when the connection ends: the handlers, and what they hand the close on to."""
    found: dict[tree.Node, At[tree.Function]] = {each.node: each for each in closure_of(program, handlers)}
    for function in list(found.values()):
        for node in own_nodes(function):
            if isinstance(node, tree.Call):
                callee = function.to(node.callee)
                for each in callbacks(program, callee) or handlers_given(program, callee):
                    if is_shipped(each.path):
                        found.setdefault(each.node, each)
    return list(found.values())


def _asks(
    program: Program, handlers: list[At[tree.Function]], closure: list[At[tree.Function]]
) -> Fact[bool]:
    """Whether what is told of the close decides anything by its code; printing it is no decision."""
    if not handlers:
        return Unknown("the close handler")
    for at in statements_of(closure):
        if isinstance(at.node, tree.Member) and at.node.name in ("code", "wasClean") and _decides(at):
            return Known(True, (Evidence(at.span, "the close code is looked at"),))
        if isinstance(at.node, tree.Name) and is_code(program, at.to(at.node)) and _decides(at):
            return Known(True, (Evidence(at.span, "the close code is looked at"),))
    return Known(False, (Evidence(handlers[0].span, "the close code is not looked at"),))


def _decides(at: At[tree.Node]) -> bool:
    """Whether a value is compared, tested or handed to a function that is not a log."""
    child: tree.Node = at.node
    for ancestor in at.index.ancestors(at.node):
        match ancestor:
            case tree.Operation() | tree.If() | tree.Switch() | tree.Conditional() | tree.Index():
                return True
            case tree.Call(callee=callee):
                return child is not callee and not _is_log(callee)
            case tree.Assign() | tree.Function() | tree.Do():
                return False
            case tree.Entry():
                return True
            case _:
                pass
        child = ancestor
    return False


_LOGS = frozenset({"console", "logger", "log", "Logger", "logging"})


def _is_log(callee: tree.Expr) -> bool:
    if isinstance(callee, tree.Member):
        return callee.name in ("log", "debug", "info", "warn", "error") or _is_log(callee.object)
    return isinstance(callee, tree.Name) and callee.id in _LOGS


def _codes(program: Program, closure: list[At[tree.Function]]) -> Iterator[int]:
    """The codes that the close handler names."""
    for at in statements_of(closure):
        match at.node:
            case tree.Operation(operator="==" | "!=", operands=(left, right)):
                for one, two in ((left, right), (right, left)):
                    if is_code(program, at.to(one)):
                        number = number_of(program, at.to(two))
                        if number is not None:
                            yield int(number)
            case tree.Switch(subject=subject, cases=cases) if is_code(program, at.to(subject)):
                for case in cases:
                    number = number_of(program, at.to(case.pattern)) if case.pattern is not None else None
                    if number is not None:
                        yield int(number)
            case tree.Call(callee=tree.Member(object=listed, name="includes" | "has"), arguments=(first,)):
                if is_code(program, at.to(first.value)):
                    yield from _listed(program, at.to(listed))
            case _:
                pass


def _listed(program: Program, at: At[tree.Expr]) -> Iterator[int]:
    for origin in origins(program, at):
        if not isinstance(origin, At):
            continue
        node = origin.node
        if isinstance(node, tree.Call) and node.arguments:
            yield from _listed(program, origin.to(node.arguments[0].value))
        elif isinstance(node, tree.Sequence):
            for item in node.items:
                number = number_of(program, origin.to(item))
                if number is not None:
                    yield int(number)


def _in_band(view: View, closure: list[At[tree.Function]]) -> Fact[bool]:
    """Whether a message of the server sets a flag that the close handler asks before it comes back."""
    told = view.socket.handlers(view.program, view.held, "message")
    written: set[str] = set()
    for at in statements_of(closure_of(view.program, told)):
        if isinstance(at.node, tree.Assign):
            for target in at.node.targets:
                name = target.id if isinstance(target, tree.Name) else ""
                if isinstance(target, tree.Member):
                    name = at.to(target).text
                if _REFUSAL.search(name):
                    written.add(name)
    for at in statements_of(closure):
        if isinstance(at.node, tree.Call):
            for condition in conditions_on(at):
                text = condition.test.text
                if any(name in text for name in written):
                    return Known(
                        True, (Evidence(condition.test.span, "a message of the server decides this"),)
                    )
    return Known(False)


def _closes(view: View) -> Iterator[Close]:
    """The places where the client itself closes."""
    for alias in view.held:
        called = method_call(alias)
        if called is None or called[0] != "close" or not is_shipped(alias.path):
            continue
        at = called[1]
        given = argument(at, 0)
        if given is None:
            yield _close(view, at, Known(_NO_CODE), None)
            continue
        for call, code in _given(view.program, at, given):
            number = number_of(view.program, code) if not _is_looked_at(call, code) else None
            known: Fact[int] = (
                Unknown("the expression of the close code") if number is None else Known(int(number))
            )
            yield _close(view, call, known, code)


def _close(view: View, at: At[tree.Call], code: Fact[int], given: At[tree.Expr] | None) -> Close:
    shown = given.text if given is not None else "no code"
    evidence = (Evidence(at.span, f"closes with {shown}"),)
    return Close(code, _why(view, at), at.span, given is None, Known(False), evidence=evidence)


def _given(
    program: Program, call: At[tree.Call], code: At[tree.Expr], depth: int = 0
) -> Iterator[tuple[At[tree.Call], At[tree.Expr]]]:
    """What a close is given as its code, and where: of `leave(code)`, which closes with it, each call's own."""
    given = False
    is_plain = isinstance(code.node, tree.Name) and not _is_looked_at(call, code)
    for origin in origins(program, code) if is_plain and depth < _DEEPEST_CODE else ():
        if not isinstance(origin, ParameterOf) or origin.steps:
            continue
        for caller in callers(program, origin.function):
            argument_ = argument_of(caller.node, origin.function.node, origin.parameter)
            if argument_ is not None and is_shipped(caller.path):
                given = True
                yield from _given(program, caller, caller.to(argument_), depth + 1)
    if not given:
        yield call, code


def _is_looked_at(call: At[tree.Call], code: At[tree.Expr]) -> bool:
    """Whether a name's value decides about the close before it is closed with: not every one is passed on."""
    return isinstance(code.node, tree.Name) and any(
        code.text in condition.test.text for condition in conditions_on(call)
    )


def _why(view: View, call: At[tree.Call]) -> Why:
    """A timer's callback closes what stays silent; the release closes for good."""
    for ancestor in call.index.ancestors(call.node):
        if not isinstance(ancestor, tree.Function):
            continue
        argument_ = call.index.parents.get(ancestor)
        timer = call.index.parents.get(argument_) if isinstance(argument_, tree.Argument) else None
        if isinstance(timer, tree.Call):
            at = call.to(timer)
            if is_timer(view.program, at) or is_timer(view.program, at, "setInterval"):
                return "timeout"
        if any(each.node is ancestor for each in view.released):
            return "own"
    return "unknown"
