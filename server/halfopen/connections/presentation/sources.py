"""What the page has besides the socket: other sources of the same data, and what it shows while there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from halfopen.connections.client_view import View
from halfopen.connections.delivery.purpose import purpose_of
from halfopen.connections.delivery.triggers import runs_of, socket_handlers
from halfopen.connections.facts import Evidence
from halfopen.connections.freshness.changes import Change, setters_of
from halfopen.connections.presentation.display import Reach, reach_of_target, reach_of_use
from halfopen.connections.presentation.facts import SocketData, StuckFlag
from halfopen.connections.presentation.loading import loading_of
from halfopen.connections.presentation.overlaid import stood_in_for
from halfopen.connections.presentation.polling import asks_by_clock
from halfopen.connections.presentation.reducing import only_reduces
from halfopen.connections.presentation.running import handlers_of, running
from halfopen.connections.shipped import is_shipped
from halfopen.connections.updates.answers import answers_given
from halfopen.connections.updates.requests import reaches_request
from halfopen.semantics import tree
from halfopen.semantics.call_graph import callers, functions
from halfopen.semantics.flow import state_hook
from halfopen.semantics.function_shape import argument_of, returned
from halfopen.semantics.leaving import OUT_OF_FUNCTION, leaves
from halfopen.semantics.origin import ParameterOf
from halfopen.semantics.program import At, own_nodes
from halfopen.semantics.stores import readers, store_around, store_setter_of
from halfopen.semantics.values import origins

_WORDS = re.compile(r"[^\W\d_]{3}")
_REFETCHES = ("invalidate", "refetch", "mutate", "refresh")
"""Names of what makes a page ask the server again: then the socket is only a signal."""


@dataclass(frozen=True, slots=True)
class Written:
    """A state that a handler sets, with the call that does so, what it is given, and the calls that lead there."""

    state: Change
    call: At[tree.Call]
    value: At[tree.Expr]
    chain: tuple[At[tree.Call], ...] = ()


def socket_data(view: View) -> tuple[SocketData, ...]:
    """The states that messages fill and the screen shows, with what else fills them."""
    return view.program.queries.get(("socket data", view.call.node), lambda: _socket_data(view))


def _socket_data(view: View) -> tuple[SocketData, ...]:
    handling = running(view, handlers_of(view, "message"))
    if any(_refetches(at) for current in handling for at in current.nodes()):
        return ()
    inside: set[tree.Node] = {each.function.node for each in handling}
    status = {
        (each.state.at.node, each.state.key)
        for event in ("open", "close", "error")
        for each in written_on(view, event)
        if not is_answer(view, each.call)
    }
    found: dict[tuple[tree.Node, str], SocketData] = {}
    for written in written_on(view, "message"):
        key = (written.state.at.node, written.state.key)
        if (
            key in found
            or key in status
            or _is_constant(written.value.node)
            or _is_own_text(view, written.value)
            or is_answer(view, written.call)
            or not is_shown(view, written.state)
        ):
            continue
        setters = [
            each
            for each in setters_of(view.program, written.state)
            if not _sets_constant(each, written.state.key) and not only_reduces(each)
        ]
        others = [
            each for each in setters if not any(node in inside for node in each.index.ancestors(each.node))
        ]
        others += _given_answers(view, written)
        others += _wrapped(view, written, inside)
        overlaid = tuple(_overlaid(view, written.state))
        found[key] = SocketData(
            written.state.what,
            _appends(written.value.node),
            "state" if written.state.kind == "state" else "store",
            written.call.span,
            (
                *(Evidence(each.span, f"fills {written.state.what} as well") for each in others[:3]),
                *overlaid,
            ),
            (Evidence(written.call.span, f"fills {written.state.what}"),),
            (
                *(
                    Evidence(each.span, f"asks for {written.state.what} at an interval")
                    for each in others
                    if _is_polled(view, each)
                ),
                *overlaid,
            ),
            is_momentary=purpose_of(written.state.what) == "presence",
            loading=loading_of(view, dict.fromkeys((*setters, *others))),
        )
    return tuple(found.values())


def _overlaid(view: View, state: Change) -> Iterator[Evidence]:
    """What an interval asks for and the page shows where the socket has brought nothing newer."""
    target = _target(state.at) if state.kind == "state" else None
    for other in stood_in_for(view.program, target) if target is not None else ():
        polling = [each for each in setters_of(view.program, other) if _is_polled(view, each)]
        if polling or asks_by_clock(other.at):
            place = polling[0].span if polling else other.at.span
            yield Evidence(place, f"asks for {other.what} at an interval, which {state.what} is laid over")
            return


def _is_polled(view: View, setter: At[tree.Call]) -> bool:
    """Whether each turn of an interval sets a state: `setInterval(fetchJob, 2000)`."""
    function = setter.index.function_of(setter.node)
    return function is not None and any(
        run.trigger == "timer" and not _is_settled_by_constant(run.at)
        for run in runs_of(view.program, setter.to(function), socket_handlers(view))
    )


def _is_settled_by_constant(timer: At[tree.Node]) -> bool:
    """Whether a constant of the module keeps an interval from starting: `if (USE_WEBSOCKET) return`, where the socket is on."""
    around = timer.index.function_of(timer.node)
    return any(
        isinstance(each, tree.Name) and each.id.isupper() and timer.index.bindings.get(each) is None
        for statement in (around.body.statements if around is not None else ())
        if isinstance(statement, tree.If)
        and statement.end <= timer.node.start
        and leaves(statement.then, OUT_OF_FUNCTION)
        for each in tree.walk(statement.test)
    )


def _given_answers(view: View, written: Written) -> Iterator[At[tree.Call]]:
    """The calls that give the action which sets a state the answer to a request."""
    function = written.call.index.function_of(written.call.node)
    if function is not None:
        yield from answers_given(view.program, written.call.to(function))


def _wrapped(view: View, written: Written, inside: set[tree.Node]) -> Iterator[At[tree.Call]]:
    """The calls from elsewhere of a setter of the code's own (`useCallback((next) => setRaw(merge(next)), [])`)."""
    function = written.call.index.function_of(written.call.node)
    if function is None or not written.chain or not function.parameters:
        return
    given = {each.id for each in tree.walk(written.call.node) if isinstance(each, tree.Name)}
    if not any(
        isinstance(each.target, tree.Name) and each.target.id in given for each in function.parameters
    ):
        return
    for call in callers(view.program, written.call.to(function)):
        if (
            call.node.arguments
            and is_shipped(call.path)
            and not _is_constant(call.node.arguments[0].value)
            and not any(node in inside for node in call.index.ancestors(call.node))
            and not only_reduces(call)
        ):
            yield call


def is_answer(view: View, call: At[tree.Call]) -> bool:
    """Whether a state is set where the answer to a request has come: the message only made the page ask for it."""
    function = call.index.function_of(call.node)
    if function is None or not function.is_async:
        return False
    return any(
        isinstance(node, tree.Await)
        and node.start < call.node.start
        and any(
            isinstance(inner, tree.Call) and reaches_request(view.program, call.to(inner), 2) is not None
            for inner in tree.walk(node)
        )
        for node in own_nodes(call.to(function))
    )


def stuck_flags(view: View) -> tuple[StuckFlag, ...]:
    """Flags on the screen that a message takes back, and that neither close nor error does."""
    inside = _functions(view)
    ended = {
        (each.state.at.node, each.state.key)
        for event in ("close", "error")
        for each in written_on(view, event)
    }
    found: dict[tree.Node, StuckFlag] = {}
    for written in written_on(view, "message"):
        state, value = written.state, written.value.node
        if not isinstance(value, tree.Literal) or value.value is not False or state.kind != "state":
            continue
        if (state.at.node, state.key) in ended or state.at.node in found or not is_shown(view, state):
            continue
        sets = [
            each
            for each in setters_of(view.program, state)
            if not any(node in inside for node in each.index.ancestors(each.node)) and _gives(each, True)
        ]
        if sets:
            found[state.at.node] = StuckFlag(
                state.what,
                written.call.span,
                (
                    Evidence(sets[0].span, f"sets {state.what}"),
                    Evidence(written.call.span, "only a message takes it back"),
                ),
            )
    return tuple(found.values())


def _functions(view: View) -> set[tree.Node]:
    """All functions that run on the socket's events."""
    roots = [each for event in ("message", "open", "close", "error") for each in handlers_of(view, event)]
    return {each.function.node for each in running(view, roots)}


def _refetches(at: At[tree.Node]) -> bool:
    if not isinstance(at.node, tree.Call):
        return False
    written = at.to(at.node.callee).text.lower()
    return any(each in written.rpartition(".")[2] for each in _REFETCHES)


def written_on(view: View, event: str) -> Iterator[Written]:
    """The states that the handlers of an event set."""
    for current in running(view, handlers_of(view, event)):
        for at in current.nodes():
            if isinstance(at.node, tree.Call):
                for each in states_set_by(view, at.to(at.node)):
                    yield replace(each, chain=current.chain)


def states_set_by(view: View, call: At[tree.Call]) -> Iterator[Written]:
    """The states of React or of a store that a call sets."""
    if not call.node.arguments:
        return
    callee, value = call.node.callee, call.to(call.node.arguments[0].value)
    if isinstance(callee, tree.Name):
        for hook in _hooks_set_by(view, call.to(callee)):
            name = _state_name(hook)
            if name is not None:
                yield Written(Change("state", name, hook), call, value)
    store = store_around(view.program, call) if store_setter_of(view.program, call) is not None else None
    for state in _new_states(view, value) if store is not None else ():
        for entry in state.node.entries:
            if isinstance(entry.key, tree.Literal) and isinstance(entry.key.value, str) and store is not None:
                yield Written(
                    Change("store", entry.key.value, store, entry.key.value), call, state.to(entry.value)
                )


def _new_states(view: View, value: At[tree.Expr]) -> Iterator[At[tree.Object]]:
    """`set({ ... })`, `set((state) => ({ ... }))`."""
    if isinstance(value.node, tree.Object):
        yield value.to(value.node)
    for function in functions(view.program, value):
        for state in returned(function):
            if isinstance(state.node, tree.Object):
                yield state.to(state.node)


def _hooks_set_by(view: View, name: At[tree.Name]) -> Iterator[At[tree.Call]]:
    """The `useState` calls whose setter a name is, also where a hook was handed the setter."""
    hook = state_hook(view.program, name)
    if hook is not None:
        if hook[1] == 1:
            yield hook[0]
        return
    for origin in origins(view.program, name):
        if not isinstance(origin, ParameterOf) or origin.steps:
            continue
        for call in callers(view.program, origin.function):
            given = argument_of(call.node, origin.function.node, origin.parameter)
            if isinstance(given, tree.Name):
                hook = state_hook(view.program, call.to(given))
                if hook is not None and hook[1] == 1:
                    yield hook[0]


def _state_name(hook: At[tree.Call]) -> str | None:
    target = _target(hook)
    return target.text if target is not None else None


def _target(hook: At[tree.Node]) -> At[tree.Expr] | None:
    parent = hook.parent
    if (
        isinstance(parent, tree.Assign)
        and isinstance(parent.targets[0], tree.Sequence)
        and parent.targets[0].items
    ):
        return hook.to(parent.targets[0].items[0])
    return None


def is_shown(view: View, state: Change) -> bool:
    if state.kind == "state":
        target = _target(state.at)
        return target is not None and reach_of_target(view.program, target).reach is Reach.SHOWN
    store = state.at.node
    if not isinstance(store, tree.Call):
        return False
    for reader in readers(view.program, state.at.to(store)):
        for use in _reads_of_key(reader, state.key):
            if reach_of_use(view.program, use).reach is Reach.SHOWN:
                return True
    return False


def _reads_of_key(reader: At[tree.Call | tree.Parameter], key: str) -> Iterator[At[tree.Expr]]:
    """Where a store's reader takes a name out of the state."""
    node = reader.node
    if isinstance(node, tree.Parameter):
        function = reader.index.parents.get(node)
        if isinstance(function, tree.Function):
            for each in tree.walk(function.body):
                if isinstance(each, tree.Member) and each.name == key and isinstance(each.object, tree.Name):
                    yield reader.to(each)
        return
    parent = reader.parent
    if isinstance(parent, tree.Member) and parent.name == key:
        yield reader.to(parent)
    if isinstance(parent, tree.Assign) and isinstance(parent.targets[0], tree.Object):
        for entry in parent.targets[0].entries:
            if (
                isinstance(entry.key, tree.Literal)
                and entry.key.value == key
                and isinstance(entry.value, tree.Name)
            ):
                binding = reader.index.bindings.get(entry.value)
                for read in binding.reads if binding is not None else ():
                    yield reader.to(read)


def _is_own_text(view: View, value: At[tree.Expr]) -> bool:
    """Whether a state is set to a sentence that the code puts together, itself or by a name for it."""
    if _is_sentence(value.node):
        return True
    found = origins(view.program, value) if isinstance(value.node, tree.Name) else ()
    return bool(found) and all(
        isinstance(each, At) and isinstance(each.node, tree.Template) for each in found
    )


def _is_sentence(value: tree.Expr) -> bool:
    """A template with words of its own: `Could not load ${id}`; `${before}${part}` has none."""
    return isinstance(value, tree.Template) and any(
        isinstance(part, str) and _WORDS.search(part) for part in value.parts
    )


def _is_constant(value: tree.Expr) -> bool:
    """A value that says nothing of a message: a literal, an empty list, an error text."""
    match value:
        case tree.Literal():
            return True
        case tree.Sequence(items=items):
            return not items
        case tree.Object(entries=entries):
            return not entries
        case tree.Call(is_new=True, arguments=arguments):
            return not arguments
        case tree.Function(body=body):
            results = [each.value for each in body.statements if isinstance(each, tree.Return)]
            return len(results) == 1 and results[0] is not None and _is_constant(results[0])
        case _:
            return False


def _sets_constant(call: At[tree.Call], key: str) -> bool:
    if not call.node.arguments:
        return True
    value = call.node.arguments[0].value
    if key and isinstance(value, tree.Object):
        return all(
            _is_fixed(entry.value)
            for entry in value.entries
            if isinstance(entry.key, tree.Literal) and entry.key.value == key
        )
    return _is_fixed(value)


def _is_fixed(value: tree.Expr) -> bool:
    """A value that stands in the code, parts and all: `{ Chicken: { total: 0 } }`, `[]`, a sentence."""
    match value:
        case tree.Object(entries=entries):
            return all(each.key is not None and _is_fixed(each.value) for each in entries)
        case tree.Sequence(items=items):
            return all(not isinstance(each, tree.Spread) and _is_fixed(each) for each in items)
        case _:
            return _is_constant(value) or _is_sentence(value)


def _gives(call: At[tree.Call], value: bool) -> bool:
    arguments = call.node.arguments
    return (
        bool(arguments) and isinstance(arguments[0].value, tree.Literal) and arguments[0].value.value is value
    )


def _appends(value: tree.Expr) -> bool:
    """Whether a message is added to a list: `[...before, event]`, also cut to a length."""
    for node in tree.walk(value):
        if isinstance(node, tree.Sequence) and any(isinstance(item, tree.Spread) for item in node.items):
            return True
        if isinstance(node, tree.Member) and node.name in ("concat", "push", "unshift"):
            return True
        if isinstance(node, tree.Operation) and node.operator == "+":
            return True
    return False
