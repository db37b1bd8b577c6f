"""What sets a client socket up again after its owner let go of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from halfopen.connections.client_pause import entry_tests
from halfopen.connections.client_release import (
    closers,
    guards_of,
    requires_open,
    statements_of,
    tested_names,
    written_names,
)
from halfopen.connections.client_view import View, is_cleared, is_timer
from halfopen.connections.dossier import Leak, LeakKind, Resource
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import changes_of
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callbacks, functions
from halfopen.semantics.flow import aliases
from halfopen.semantics.leaving import leaves
from halfopen.semantics.program import At, own_nodes


def reconnects(view: View) -> Iterator[Resource]:
    """What sets the socket up again after its owner let go: the close handler, and timers that are left running."""
    if not view.roots or not closers(view.socket, view.released) or _detaches(view):
        handlers: list[At[tree.Function]] = []
    else:
        handlers = view.socket.handlers(view.program, view.held, "close")
    if not view.roots:
        return
    every = written_names(view.released)
    written = every - _set_again(view)
    told: set[tree.Node] = set()
    for handler in handlers:
        for trigger, chain in _triggers(view, handler):
            if trigger.node in told or _guarded(view, trigger, chain, written):
                continue
            told.add(trigger.node)
            if any(_asks_reason(test) for each in chain for test in guards_of(view.program, each)):
                continue
            release = closers(view.socket, view.released)[0]
            kind: LeakKind = "rearmed"
            text = "closing here fires the close handler, which sets the socket up again"
            if _guarded(view, trigger, chain, every):
                kind = "flag-set-anew"
                text = "the close event comes later, and finds the flag as the effect's next run has set it"
            elif any(_asks_code(test) for each in chain for test in guards_of(view.program, each)):
                kind = "rearmed-connecting"
                text = "closing here while the socket is connecting is reported as code 1006, not as the code given"
            yield Resource(
                "timer",
                "the reconnect",
                view.owner.name,
                trigger.span,
                (
                    Leak(
                        kind,
                        (
                            Evidence(release.span, text),
                            Evidence(view.call.span, "the socket that comes back"),
                        ),
                        is_refused=kind == "flag-set-anew" and _meets_the_next(view, trigger),
                    ),
                ),
            )
    for trigger in _timers(view):
        chain = [trigger]
        if is_cleared(view.program, trigger, view.released) or _guarded(
            view, trigger, chain, written, pending=True
        ):
            continue
        root = view.roots[0]
        yield Resource(
            "timer",
            "the reconnect timer",
            view.owner.name,
            trigger.span,
            (Leak("uncleared", (Evidence(root.span, "this release leaves a pending timer running"),)),),
        )


def _set_again(view: View) -> frozenset[str]:
    """Refs that the effect sets anew each time it runs: after a change of its dependencies the close event
    of the socket before, which comes later, finds the flag of the run after it."""
    found: set[str] = set()
    for effect in view.reach.effects:
        dependencies = effect.dependencies
        if dependencies is not None and not any(
            changes_of(view.program, effect.call.to(each)) for each in dependencies
        ):
            continue
        for node in own_nodes(effect.callback):
            if isinstance(node, tree.Assign) and isinstance(node.value, tree.Literal):
                for target in node.targets:
                    if (
                        isinstance(target, tree.Member)
                        and target.name == "current"
                        and isinstance(target.object, tree.Name)
                    ):
                        found.add(target.object.id)
    return frozenset(found)


def _triggers(view: View, handler: At[tree.Function]) -> Iterator[tuple[At[tree.Call], list[At[tree.Node]]]]:
    """The calls by which a close handler sets the socket up again, each with the calls that lead to it."""
    waiting: list[tuple[At[tree.Function], list[At[tree.Node]]]] = [(handler, [])]
    seen: set[tree.Node] = set()
    while waiting:
        function, path = waiting.pop(0)
        if function.node in seen or len(path) > 4:
            continue
        seen.add(function.node)
        for node in own_nodes(function):
            if not isinstance(node, tree.Call):
                continue
            call = function.to(node)
            callees = callbacks(view.program, call.to(node.callee))
            if is_timer(view.program, call) and view.reach.enters(view.program, call):
                yield call, [*path, call]
            elif any(each.node in view.reach.functions for each in callees):
                if _schedules(view, callees):
                    waiting += [(each, [*path, call]) for each in callees]
                else:
                    yield call, [*path, call]
            else:
                waiting += [(each, [*path, call]) for each in callees]


def _schedules(view: View, callees: list[At[tree.Function]]) -> bool:
    """Whether the functions reach the creation only through a timer of their own (`scheduleReconnect()`)."""
    for function in callees:
        for node in own_nodes(function):
            if node is view.call.node:
                return False
            if isinstance(node, tree.Call):
                call = function.to(node)
                if is_timer(view.program, call) and view.reach.enters(view.program, call):
                    return True
    return False


def _timers(view: View) -> Iterator[At[tree.Call]]:
    """Every `setTimeout` that leads to the socket's creation."""
    seen: set[tree.Node] = set()
    home = {view.call.unit, view.owner.span.unit}
    for function in view.reach.functions.values():
        if function.unit not in home:
            continue
        for node in tree.walk(function.node.body):
            if isinstance(node, tree.Call) and node not in seen:
                seen.add(node)
                call = function.to(node)
                if is_timer(view.program, call) and view.reach.enters(view.program, call):
                    yield call


def _detaches(view: View) -> bool:
    """Whether the release takes the close handler off before it closes."""
    for at in statements_of(view.released):
        match at.node:
            case tree.Assign(targets=targets):
                for target in targets:
                    if (
                        isinstance(target, tree.Member)
                        and target.name == "onclose"
                        and target.object in view.socket.nodes
                    ):
                        return True
            case tree.Call(callee=tree.Member(object=inner, name="removeEventListener"), arguments=arguments):
                if (
                    inner in view.socket.nodes
                    and arguments
                    and isinstance(arguments[0].value, tree.Literal)
                    and arguments[0].value.value == "close"
                ):
                    return True
            case _:
                pass
    return False


def _guarded(
    view: View,
    trigger: At[tree.Call],
    chain: Sequence[At[tree.Node]],
    written: frozenset[str],
    pending: bool = False,
) -> bool:
    """Whether a condition on the way to the creation reads what the release writes."""
    tests: list[tree.Expr] = []
    if not pending:
        for each in chain:
            tests += guards_of(view.program, each)
    for argument in trigger.node.arguments:
        for callback in functions(view.program, trigger.to(argument.value)):
            tests += _asked_later(view, callback)
    if not is_timer(view.program, trigger):
        for callee in functions(view.program, trigger.to(trigger.node.callee)):
            tests += _asked_later(view, callee)
    if any(tested_names(test) & written for test in tests if _asks_whose(view, test)):
        return True
    relevant = written - _socket_state_names(view, tests) - _emptied_handles(view, trigger)
    return any(
        (tested_names(test) - _given_names(view, test)) & relevant
        for test in tests
        if not _lets_through(view, test)
    )


def _meets_the_next(view: View, trigger: At[tree.Call]) -> bool:
    """Whether an attempt asks for an open socket in the place that the newer one has by then, and leaves if it is there."""
    found = [*functions(view.program, trigger.to(trigger.node.callee))]
    for argument in trigger.node.arguments:
        found += functions(view.program, trigger.to(argument.value))
    return any(
        requires_open(node) and any(each in view.socket.nodes for each in tree.walk(node))
        for function in found
        for test in entry_tests(view, function)
        for node in tree.walk(test)
        if isinstance(node, tree.Operation)
    )


def _emptied_handles(view: View, trigger: At[tree.Call]) -> frozenset[str]:
    """The names that keep the handle of the reconnect's own timer, where the release sets them to nothing: a guard
    against a second timer (`if (this.timer) return`) then lets the next one through."""
    handles = {
        each.node.name for each in aliases(view.program, trigger) if isinstance(each.node, tree.Member)
    }
    return frozenset(
        target.name
        for at in statements_of(view.released)
        if isinstance(at.node, tree.Assign)
        and isinstance(at.node.value, tree.Literal)
        and at.node.value.value is None
        for target in at.node.targets
        if isinstance(target, tree.Member) and target.name in handles
    )


def _lets_through(view: View, test: tree.Expr) -> bool:
    """Whether a way out (`if (connecting || connected) return`) asks for what the release sets to false: it then goes on."""
    if not isinstance(test, tree.Name | tree.Member) or test in view.socket.nodes:
        return False
    index = view.call.index
    way_out = next((each for each in index.ancestors(test) if isinstance(each, tree.If)), None)
    if way_out is None or not way_out.test.start <= test.start < way_out.test.end or not leaves(way_out.then):
        return False
    within = [
        each
        for each in index.ancestors(test)
        if way_out.test.start <= each.start and each.end <= way_out.test.end
    ]
    if not all(isinstance(each, tree.Operation) and each.operator == "or" for each in within):
        return False
    text = view.call.to(test).text
    given = [
        at.node.value
        for at in statements_of(view.released)
        if isinstance(at.node, tree.Assign) and any(at.to(each).text == text for each in at.node.targets)
    ]
    return bool(given) and all(isinstance(each, tree.Literal) and not each.value for each in given)


def _asks_whose(view: View, test: tree.Expr) -> bool:
    """Whether a condition compares the socket with the one that is kept: `get().ws === ws`."""
    return any(
        isinstance(node, tree.Operation)
        and node.operator in ("==", "!=")
        and all(each in view.socket.nodes for each in node.operands)
        for node in tree.walk(test)
    )


def _asked_later(view: View, function: At[tree.Function]) -> list[tree.Expr]:
    """The conditions that an attempt meets, without those that only tell whether another attempt has begun since:
    `const turn = ++this.turn` is read when the attempt begins, and knows nothing of what was before."""
    tests = [part for test in entry_tests(view, function) for part in _parts(test)]
    beginnings = {test: list(_beginnings(view, test)) for test in tests}
    read = {each for found in beginnings.values() for each in found}
    return [test for test in tests if not beginnings[test] and test not in read]


def _parts(test: tree.Expr) -> Iterator[tree.Expr]:
    if isinstance(test, tree.Operation) and test.operator in ("and", "or"):
        for operand in test.operands:
            yield from _parts(operand)
    else:
        yield test


def _beginnings(view: View, test: tree.Expr) -> Iterator[tree.Expr]:
    """What a local was given when its function began, where a condition compares it with the field it was read from."""
    if not isinstance(test, tree.Operation) or test.operator not in ("==", "!="):
        return
    index = view.call.index
    for one, other in (test.operands, test.operands[::-1]):
        if not isinstance(one, tree.Name) or not isinstance(other, tree.Member):
            continue
        binding = index.bindings.get(one)
        for definition in binding.definitions if binding is not None else ():
            value = definition.value
            if (
                value is not None
                and index.function_of(definition.node) is index.function_of(test)
                and other.name in tested_names(value)
            ):
                yield value


def _given_names(view: View, test: tree.Expr) -> frozenset[str]:
    """Names of plain values that a function or hook was given: what a release writes elsewhere under the same name,
    such as a key of a store, does not change them."""
    index = view.call.index
    return frozenset(
        node.id
        for node in tree.walk(test)
        if isinstance(node, tree.Name)
        and not isinstance(index.parents.get(node), tree.Member)
        and _is_given(view, node)
    )


def _is_given(view: View, name: tree.Name) -> bool:
    """Whether a name is a parameter, or taken out of one, and never assigned."""
    binding = view.call.index.bindings.get(name)
    if binding is None or len(binding.definitions) != 1:
        return False
    definition = binding.definitions[0]
    if definition.kind == "parameter":
        return True
    return (
        definition.kind == "value"
        and isinstance(definition.value, tree.Name)
        and bool(definition.steps)
        and _is_given(view, definition.value)
    )


def _socket_state_names(view: View, tests: list[tree.Expr]) -> frozenset[str]:
    """Names that only say "a socket is there and open", which keeps no new one from being made after release."""
    names: set[str] = set()
    for test in tests:
        for node in tree.walk(test):
            if isinstance(node, tree.Operation) and requires_open(node):
                names |= tested_names(node)
    return frozenset(names)


def _asks_reason(test: tree.Expr) -> bool:
    """Whether a condition asks for a reason of socket.io's that no close of the client's own has."""
    return any(
        isinstance(node, tree.Operation)
        and node.operator == "=="
        and any(isinstance(each, tree.Literal) and each.value in _NOT_OWN for each in node.operands)
        for node in tree.walk(test)
    )


_NOT_OWN = frozenset({"io server disconnect", "transport close", "transport error", "ping timeout"})
"""Reasons of socket.io's `disconnect` event; the client's own close has "io client disconnect"."""


def _asks_code(test: tree.Expr) -> bool:
    return any(
        isinstance(node, tree.Member) and node.name in ("code", "wasClean") for node in tree.walk(test)
    ) or any(isinstance(node, tree.Name) and node.id in ("code", "wasClean") for node in tree.walk(test))
