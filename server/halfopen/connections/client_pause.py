"""Sockets that are made after a pause, in which their owner may have gone."""

from __future__ import annotations

from collections.abc import Iterator

from halfopen.connections.client_release import guards_of, tested_names, written_names
from halfopen.connections.client_view import View
from halfopen.connections.dossier import Leak
from halfopen.connections.facts import Evidence
from halfopen.semantics import tree
from halfopen.semantics.call_graph import functions
from halfopen.semantics.program import At, Program, own_nodes


def after_pause(view: View) -> Leak | None:
    """Made after an await or in a `.then`, with nothing that asks whether the owner is still there."""
    if not view.roots:
        return None
    written = written_names(view.released, with_own=False)
    home = {view.call.unit, view.owner.span.unit}
    for function in view.reach.functions.values():
        if function.unit not in home or _rearming(view, function):
            continue
        pause = _pause_before(view, function)
        if pause is None:
            continue
        asked = [test for test in _conditions_in(view.program, function) if _is_after(function, test, pause)]
        if any(tested_names(test) & written for test in asked) or _asked_within(view, function, written):
            continue
        return Leak(
            "after-await",
            (
                Evidence(function.to(pause).span, f"{view.owner.name} may be gone when this is done"),
                *(
                    Evidence(root.span, "this release has nothing to close yet then")
                    for root in view.roots[:1]
                ),
            ),
        )
    return None


def _asked_within(view: View, function: At[tree.Function], written: frozenset[str]) -> bool:
    """Whether the functions called after the pause ask before they make the socket."""
    for node in own_nodes(function):
        if isinstance(node, tree.Call) and view.reach.enters(view.program, function.to(node)):
            for callee in functions(view.program, function.to(node.callee)):
                if any(tested_names(test) & written for test in entry_tests(view, callee)):
                    return True
    return False


def _is_after(function: At[tree.Function], test: tree.Expr, pause: tree.Node) -> bool:
    """Whether a condition is asked once the pause is over; one of a called function is taken to be."""
    within = function.node.start <= test.start and test.end <= function.node.end
    return not within or test.start >= pause.end or pause.start <= test.start


def _rearming(view: View, function: At[tree.Function]) -> bool:
    """A pause inside a socket's own handler is the reconnect's matter."""
    handlers = [
        each for event in ("close", "error") for each in view.socket.handlers(view.program, view.held, event)
    ]
    return function in handlers


def _pause_before(view: View, function: At[tree.Function]) -> tree.Node | None:
    """The await after which a function makes the socket or calls what makes it; or the `.then` it is given to."""
    makes = [
        node
        for node in own_nodes(function)
        if node is view.call.node or (isinstance(node, tree.Call) and _calls_maker(view, function.to(node)))
    ]
    if function.node.is_async:
        for made in makes:
            for each in own_nodes(function):
                if isinstance(each, tree.Await) and each.end <= made.start:
                    return each
    if all(isinstance(each, tree.Call) and _waits(function, each) for each in makes):
        return None
    parent = function.parent
    call = function.index.parents.get(parent) if isinstance(parent, tree.Argument) else None
    if isinstance(call, tree.Call) and isinstance(call.callee, tree.Member) and call.callee.name == "then":
        return call
    return None


def _waits(function: At[tree.Function], call: tree.Call) -> bool:
    """An awaited call may be the pause itself, and what follows it then belongs to the function called."""
    return isinstance(function.index.parents.get(call), tree.Await)


def _calls_maker(view: View, call: At[tree.Call]) -> bool:
    return any(
        each.node in view.reach.functions for each in functions(view.program, call.to(call.node.callee))
    )


def _conditions_in(program: Program, function: At[tree.Function]) -> Iterator[tree.Expr]:
    for node in own_nodes(function):
        match node:
            case tree.If(test=test) | tree.Conditional(test=test):
                yield test
                for inner in tree.walk(test):
                    if isinstance(inner, tree.Call):
                        for called in functions(program, function.to(inner.callee)):
                            for each in own_nodes(called):
                                if isinstance(each, tree.Return) and each.value is not None:
                                    yield each.value
            case tree.Operation(operator="and" | "or"):
                yield node
            case tree.Call(arguments=arguments):
                for argument in arguments:
                    if isinstance(argument.value, tree.Object):
                        for entry in argument.value.entries:
                            if isinstance(entry.key, tree.Literal) and entry.key.value == "signal":
                                yield entry.value
            case _:
                pass


def entry_tests(view: View, function: At[tree.Function]) -> list[tree.Expr]:
    """The conditions met between a function's start and the creation, in it and in what it calls on the way."""
    tests: list[tree.Expr] = []
    seen: set[tree.Node] = set()
    waiting = [function]
    while waiting:
        current = waiting.pop()
        if current.node in seen or len(seen) > 8:
            continue
        seen.add(current.node)
        for node in own_nodes(current):
            if isinstance(node, tree.Call):
                call = current.to(node)
                if node is view.call.node or view.reach.enters(view.program, call):
                    tests += guards_of(view.program, call)
                    waiting += [
                        each
                        for each in functions(view.program, call.to(node.callee))
                        if each.node in view.reach.functions
                    ]
    return tests
